import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { layKeys } from '../../../scripts/tests/platform-keys.js';
import { withPostgres } from '../../platform/tests/store/database.js';
import { openKubernetes } from '../src/open.js';
import { namespaceIn, testCluster } from './cluster.js';

const cluster = testCluster({ simulatedNodes: 2 });
const program = fileURLToPath(new URL('../../../container/platform/serve.mjs', import.meta.url));
const image = 'images.example.org/tests/machine:1';

const simulated = {
  nodeSelector: { type: 'kwok' },
  tolerations: [{ key: 'kwok.x-k8s.io/node', operator: 'Exists' }],
  annotations: {
    'pod-complete.stage.kwok.x-k8s.io/delay': '3600s',
    'pod-complete.stage.kwok.x-k8s.io/jitter-delay': '3601s',
  },
};

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly retryAfter: string | undefined;
}

/** One of several platforms on the same data folder, as a process. */
class Replica {
  readonly #data: string;
  readonly #port: number;
  #process: ChildProcess | undefined;
  log = '';

  constructor(data: string, port: number) {
    this.#data = data;
    this.#port = port;
    onTestFinished(() => void this.#process?.kill('SIGKILL'));
  }

  start(): void {
    const child = spawn(process.execPath, [program], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        PLATFORM_DATA: join(this.#data, 'platform'),
        PLATFORM_CONFIG: join(this.#data, 'platform.yaml'),
        PLATFORM_PORT: String(this.#port),
        PLATFORM_USER: 'ada',
      },
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (piece) => {
        this.log += piece;
      });
    }
    this.#process = child;
  }

  /** Sends a signal to the process that was started here. */
  signal(name: NodeJS.Signals): void {
    this.#process?.kill(name);
  }

  async ended(): Promise<void> {
    const child = this.#process;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      await once(child, 'exit');
    }
  }

  /** Undefined when nothing answers. */
  async ask(path: string, form?: Record<string, string>): Promise<Answer | undefined> {
    const data = join(this.#data, 'platform');
    // One that waits for the keys of the other.
    if (!existsSync(join(data, 'private/users/ada.token'))) return undefined;
    const token = readFileSync(join(data, 'private/users/ada.token'), 'utf8').trim();
    return await new Promise((resolve) => {
      const asked = request(
        {
          host: '127.0.0.1',
          port: this.#port,
          path,
          agent: false,
          timeout: 4_000,
          method: form === undefined ? 'GET' : 'POST',
          ca: readFileSync(join(data, 'ca.pem')),
          headers: {
            authorization: `Bearer ${token}`,
            ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
          },
        },
        async (answer) => {
          const body = await text(answer).catch(() => '');
          const { statusCode: status = 0, headers } = answer;
          resolve({ status, body, retryAfter: headers['retry-after'] });
        },
      );
      asked.on('timeout', () => asked.destroy()).on('error', () => resolve(undefined));
      asked.end(form && new URLSearchParams(form).toString());
    });
  }

  async isReady(): Promise<boolean> {
    return (await this.ask('/readyz'))?.status === 200;
  }
}

const patience = { timeout: 60_000, interval: 250 };

function newFolder(): string {
  const data = mkdtempSync(join(tmpdir(), 'skaha-replicas-'));
  onTestFinished(() => rmSync(data, { recursive: true, force: true }));
  return data;
}

/** @param store - a database, in place of a folder that both have */
async function replicas(seconds: number, store?: string) {
  const namespace = namespaceIn(cluster);
  const data = newFolder();
  layKeys(join(data, 'platform'));
  const kubernetes = {
    kubeconfig: cluster.kubeconfig,
    namespace,
    replicas: { seconds },
    ...simulated,
  };
  const images = [{ id: image, types: ['headless'], command: ['sleep', '900'] }];
  const config = { runner: 'kubernetes', runners: { kubernetes }, images, store };
  const folders = [data, store === undefined ? data : newFolder()] as const;
  for (const folder of folders)
    writeFileSync(join(folder, 'platform.yaml'), JSON.stringify(config));
  const both = [
    new Replica(folders[0], await freePort()),
    new Replica(folders[1], await freePort()),
  ] as const;
  return { namespace, both };
}

/** @param store - whose keys the second one borrows from the first, which makes them */
async function startAll([first, second]: readonly [Replica, Replica], store?: string) {
  first.start();
  if (store !== undefined) await expect.poll(() => first.isReady(), patience).toBe(true);
  second.start();
}

/** Which of the two works; both are never ready together. */
async function leaderOf(both: readonly [Replica, Replica]): Promise<[Replica, Replica]> {
  let found: [Replica, Replica] | undefined;
  await expect
    .poll(async () => {
      const [one, other] = await Promise.all(both.map((replica) => replica.isReady()));
      expect(one && other).toBe(false);
      if (one) found = [both[0], both[1]];
      if (other) found = [both[1], both[0]];
      return found !== undefined;
    }, patience)
    .toBe(true);
  return found as [Replica, Replica];
}

/** Creates a session; the id where it was acknowledged. */
async function create(replica: Replica, name: string): Promise<string | undefined> {
  const answer = await replica.ask('/skaha/v1/session', { name, image });
  return answer?.status === 200 ? answer.body.trim() : undefined;
}

/** What is acknowledged is known, each with one Job; there is no other Job. */
async function account(leader: Replica, namespace: string, acknowledged: readonly string[]) {
  const listed = JSON.parse((await leader.ask('/skaha/v1/session'))?.body ?? '[]');
  const known: string[] = listed.map(({ id }: { id: string }) => id).sort();
  expect(known).toEqual(expect.arrayContaining([...acknowledged]));
  const jobs = () =>
    JSON.parse(cluster.kubectl(['-n', namespace, 'get', 'jobs', '-o', 'json'])).items.map(
      ({ metadata }: { metadata: { labels: Record<string, string> } }) =>
        metadata.labels['canfar.net/id'],
    );
  await expect.poll(() => jobs().sort(), patience).toEqual(known);
}

async function takesOver(store?: string): Promise<void> {
  const { namespace, both } = await replicas(4, store);
  await startAll(both, store);
  const [first, second] = await leaderOf(both);
  await expect.poll(async () => (await second.ask('/healthz'))?.status, patience).toBe(200);
  const waiting = await second.ask('/skaha/v1/session');
  expect(waiting).toMatchObject({ status: 503, retryAfter: '5' });
  const acknowledged: string[] = [];
  const creating = (async () => {
    for (let number = 0; number < 60; number += 1) {
      const id = await create(first, `before-${number}`);
      if (id !== undefined) acknowledged.push(id);
      if (acknowledged.length === 12) first.signal('SIGKILL');
      if (id === undefined) return;
    }
  })();
  await creating;
  await first.ended();
  await expect.poll(async () => await second.isReady(), patience).toBe(true);
  for (let number = 0; number < 8; number += 1) {
    acknowledged.push((await create(second, `after-${number}`)) ?? 'refused');
  }
  await account(second, namespace, acknowledged);
  // It comes back as the one that waits, and is handed the place when the other ends.
  first.start();
  await expect.poll(async () => (await first.ask('/readyz'))?.status, patience).toBe(503);
  second.signal('SIGTERM');
  await expect.poll(async () => await first.isReady(), patience).toBe(true);
  await second.ended();
  await account(first, namespace, acknowledged);
}

test('one works, the other waits and takes over when it is killed: nothing is lost, nothing twice', async () => {
  await takesOver();
});

withPostgres('with PostgreSQL, and no folder of both', (database) => {
  test('one takes over from the other', async () => {
    await takesOver(database.store);
  });

  test('one that was held up keeps nobody out, writes nothing more, and ends', async () => {
    const { store } = database;
    const { namespace, both } = await replicas(3, store);
    await startAll(both, store);
    const [first, second] = await leaderOf(both);
    const acknowledged = [(await create(first, 'one')) ?? 'refused'];
    first.signal('SIGSTOP');
    await expect.poll(async () => await second.isReady(), patience).toBe(true);
    acknowledged.push((await create(second, 'two')) ?? 'refused');
    first.signal('SIGCONT');
    await first.ended();
    expect(first.log).toContain('platform gives up its place');
    await account(second, namespace, acknowledged);
  });
});

test('a platform that was held up for too long writes nothing more, and makes room', async () => {
  const { namespace, both } = await replicas(3);
  for (const replica of both) replica.start();
  const [first, second] = await leaderOf(both);
  const acknowledged = [await create(first, 'one'), await create(first, 'two')].map(
    (id) => id ?? 'refused',
  );
  first.signal('SIGSTOP');
  // Its lock on the state keeps the other one out, whatever the Lease says.
  await expect
    .poll(() => second.log, patience)
    .toContain('still held by one that has lost its place');
  expect(await second.isReady()).toBe(false);
  first.signal('SIGCONT');
  await first.ended();
  expect(first.log).toContain('platform gives up its place');
  await expect.poll(async () => await second.isReady(), patience).toBe(true);
  acknowledged.push((await create(second, 'three')) ?? 'refused');
  await account(second, namespace, acknowledged);
});

test('an account that may not hold a Lease is told so before anything begins', async () => {
  const namespace = namespaceIn(cluster);
  const token = cluster.kubectl(['-n', namespace, 'create', 'token', 'default']).trim();
  const kubeconfig = cluster.writeConfigFor('nobody', { token });
  expect(await openKubernetes({ kubeconfig, namespace, replicas: {} })).toEqual({
    obstacle: expect.stringMatching(/get, create, update on leases \(coordination\.k8s\.io\)/),
  });
});
