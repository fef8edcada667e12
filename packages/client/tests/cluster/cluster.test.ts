import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { jobStore } from '../../src/batch/journal-files.js';
import { SkahaClient } from '../../src/client.js';
import { headScript, workerScript } from '../../src/cluster/engines.js';
import {
  type ClusterEngine,
  type ClusterSpec,
  connectCluster,
  createCluster,
  daskEngine,
  deleteCluster,
  listClusters,
  rayEngine,
  scaleCluster,
} from '../../src/cluster/index.js';
import { isSkahaError } from '../../src/errors/index.js';
import { rejection as rejectionOf, testPlatform } from '../fixtures.js';

async function rejection(promise: Promise<unknown>) {
  const error = await rejectionOf(promise);
  if (!isSkahaError(error)) throw error;
  return error;
}

/** The smallest engine there is: workers hold a line to a head, and end with it. */
const lineEngine = (port: number): ClusterEngine => ({
  name: 'line',
  port,
  head: () =>
    `exec node -e 'require("net").createServer((one) => one.on("error", () => {})).listen(${port}, process.argv[1])' "$here"`,
  worker: () =>
    `exec node -e 'require("net").connect(${port}, process.argv[1]).on("connect", () => console.log("joined", process.env.BAND)).on("error", () => {}).on("close", () => process.exit(3))' "$head"`,
  answers: () =>
    `node -e 'require("net").connect(+process.argv[2], process.argv[1]).on("connect", () => process.exit()).on("error", () => process.exit(1))' "$1" "$2"`,
  addressIn: (log) => /^line at (\S+)$/m.exec(log)?.[1],
  variables: (host) => ({ LINE: `${host}:${port}` }),
});

/** What an image runs that is made for such heads: the head, and its page. */
const ownHead = (port: number): string[] => [
  'node',
  '-e',
  `require("http").createServer((_, reply) => reply.end("lines")).listen(process.env.PORT, "127.0.0.1");
   require("net").createServer((one) => one.on("error", () => {}))
     .listen(${port}, "127.0.0.1", () => console.log("line at 127.0.0.1"));`,
];

let platform: Awaited<ReturnType<typeof testPlatform>>['platform'];
let client: SkahaClient;
const cleanUp: (() => Promise<unknown> | unknown)[] = [];
let port = 20_000 + (process.pid % 20_000);

const headPort = port;

beforeAll(async () => {
  const images = [
    { id: 'images.canfar.net/skaha/terminal:1.1.2', types: ['headless'], command: ['/bin/sh'] },
    {
      id: 'images.canfar.net/me/line:1',
      types: ['contributed', 'headless'],
      commands: { contributed: ownHead(headPort) },
    },
    {
      id: 'images.canfar.net/me/mute:1',
      types: ['contributed'],
      command: ['node', 'platform:webpage'],
    },
  ];
  const capacity = { cores: 64, memoryGiB: 256 };
  const given = await testPlatform({ config: { capacity, images } });
  platform = given.platform;
  const { url, token, ca } = platform;
  client = new SkahaClient({ url, token, ca });
  cleanUp.push(
    () => client.close(),
    () => given[Symbol.asyncDispose](),
  );
});

afterAll(async () => {
  for (const one of cleanUp) await one();
});

function store() {
  const directory = mkdtempSync(join(tmpdir(), 'skaha-clusters-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return jobStore(directory);
}

const quick = { intervalMs: 20 };

/** What the owner sees at an address of the platform. */
const page = (url: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${platform.token}` };
    get(url, { ca: readFileSync(platform.ca), headers }, (reply) => resolve(text(reply))).on(
      'error',
      reject,
    );
  });

/** A cluster that the test need not end. */
async function open(name: string, more: Partial<ClusterSpec> = {}) {
  port += 1;
  const jobs = store();
  const engine = lineEngine(port);
  const image = 'skaha/terminal:1.1.2';
  const change = await createCluster(client, jobs, { name, engine, image, ...more }, quick);
  onTestFinished(async () => {
    const left = await listClusters(client, jobs);
    for (const one of left) await deleteCluster(client, jobs, one.name);
  });
  return { jobs, engine, change, options: { ...quick, engine } };
}

/** Waits until a session has said something. */
async function said(id: string, text: string): Promise<void> {
  let log = '';
  for await (const line of client.sessions.follow(id, { intervalMs: 20 })) {
    log += line;
    if (log.includes(text)) return;
  }
  throw new Error(`${id} never said ${text}: ${log}`);
}

const listed = async (prefix: string) =>
  (await client.sessions.fetch()).filter(({ name }) => name.startsWith(prefix));

describe('a cluster', () => {
  test('has a head and workers that find it, grows, shrinks and leaves nothing', async () => {
    const { jobs, change, options } = await open('grow', { workers: 1 });
    expect(change.launched.map(({ name }) => name)).toEqual(['grow-head', 'grow-w1']);
    expect(change.failed).toEqual([]);
    const { host, variables } = await connectCluster(client, jobs, 'grow', options);
    expect(variables).toEqual({ LINE: `${host}:${options.engine.port}` });

    const more = await scaleCluster(client, jobs, 'grow', 4, options);
    expect(more.launched).toHaveLength(3);
    expect(more.cluster).toMatchObject({ live: 4, state: 'running', engine: 'line' });
    await client.sessions.wait(
      more.cluster.workers.flatMap(({ id }) => id ?? []),
      { until: 'running', intervalMs: 20 },
    );
    for (const { id } of more.launched) await said(id, `of ${host}\njoined`);

    const less = await scaleCluster(client, jobs, 'grow', 1, options);
    // The newest go, the first stays.
    expect(less.removed.map(({ name }) => name).sort()).toEqual([
      'grow-w2-1',
      'grow-w2-2',
      'grow-w2-3',
    ]);
    expect(less.cluster.live).toBe(1);

    const { removed, failed } = await deleteCluster(client, jobs, 'grow');
    expect([removed.length, failed.length]).toEqual([2, 0]);
    expect(await listed('grow')).toEqual([]);
    expect(await jobs.list()).toEqual([]);
    expect((await rejection(deleteCluster(client, jobs, 'grow'))).code).toBe('cluster.not_found');
  });

  test('a worker that is gone is replaced when it is asked for the same number', async () => {
    const { jobs, change, options } = await open('lost', { workers: 2 });
    const victim = change.launched.at(-1)?.id ?? '';
    await client.sessions.destroy([victim]);
    const again = await scaleCluster(client, jobs, 'lost', 2, options);
    expect(again.launched).toHaveLength(1);
    expect(again.cluster.live).toBe(2);
  });

  test('what waits counts to the limit; beyond it nothing is launched', async () => {
    const { jobs, options } = await open('cap', { workers: 2, maxWorkers: 3, cores: 40 });
    // Only one has room: the other waits.
    const before = await listed('cap');
    expect(before.map(({ status }) => status)).toContain('Pending');
    const refused = await rejection(scaleCluster(client, jobs, 'cap', 4, options));
    expect(refused).toMatchObject({ code: 'cluster.limit' });
    expect(await listed('cap')).toHaveLength(before.length);
    const full = await scaleCluster(client, jobs, 'cap', 3, options);
    expect(full.launched).toHaveLength(1);
    expect(full.cluster.live).toBe(3);
  });

  test('grows to more workers than one request launches', async () => {
    const size = { workers: 0, maxWorkers: 514, cores: 40 };
    const { jobs, options } = await open('wide', size);
    const { cluster, launched } = await scaleCluster(client, jobs, 'wide', 514, options);
    expect([cluster.live, launched.length]).toEqual([514, 514]);
    const limit = await rejection(scaleCluster(client, jobs, 'wide', 515, options));
    expect(limit.code).toBe('cluster.limit');
  });

  test('workers without their head end, and what is left is told and cleared away', async () => {
    const { jobs, change } = await open('head', { workers: 2 });
    const workers = change.cluster.workers.flatMap(({ id }) => id ?? []);
    for (const id of workers) await said(id, 'joined');
    await client.sessions.destroy([change.cluster.head.id ?? '']);
    const [orphaned] = await listClusters(client, jobs);
    expect(['orphaned', 'stopped']).toContain(orphaned?.state);
    await client.sessions.wait(workers, { until: 'finished', intervalMs: 20, timeoutMs: 90_000 });
    expect((await listClusters(client, jobs))[0]?.state).toBe('stopped');
    const refused = await rejection(scaleCluster(client, jobs, 'head', 3));
    expect(refused.code).toBe('request.invalid');
  });

  test('other sessions of the same names are not its own', async () => {
    const { ids } = await client.sessions.create({
      ...{ name: 'own-w1', image: 'skaha/terminal:1.1.2', cmd: 'sleep', args: ['600'] },
    });
    const { jobs } = await open('own', { workers: 1 });
    await deleteCluster(client, jobs, 'own');
    expect((await listed('own')).map(({ id }) => id)).toEqual(ids);
    await client.sessions.destroy(ids);
  });

  test('a launch that was interrupted goes on, and nothing is launched twice', async () => {
    const { jobs, options } = await open('cut', { workers: 0 });
    const stop = new AbortController();
    const onOutcome = () => stop.abort();
    const cut = { ...options, signal: stop.signal, onOutcome };
    await rejection(scaleCluster(client, jobs, 'cut', 6, cut));
    const done = await scaleCluster(client, jobs, 'cut', 6, options);
    expect(done.cluster.live).toBe(6);
    expect(await listed('cut-w')).toHaveLength(6);
  });

  test('a contributed head runs what its image says, and has a page', async () => {
    const engine = lineEngine(headPort);
    const heads = { headKind: 'contributed', headImage: 'me/line:1' } as const;
    const { jobs, change } = await open('page', {
      engine,
      workers: 0,
      env: { BAND: 'r' },
      ...heads,
    });
    expect(change.cluster).toMatchObject({ image: 'skaha/terminal:1.1.2', live: 0 });
    const options = { ...quick, engine };
    const more = await scaleCluster(client, jobs, 'page', 2, options);
    expect(more.cluster).toMatchObject({
      live: 2,
      image: 'images.canfar.net/skaha/terminal:1.1.2',
    });
    for (const { id } of more.launched) await said(id, 'of 127.0.0.1\njoined r');

    const { host, dashboard } = await connectCluster(client, jobs, 'page', options);
    const [head] = await client.sessions.info([more.cluster.head.id ?? '']);
    expect(head).toMatchObject({ kind: 'contributed', image: 'images.canfar.net/me/line:1' });
    expect([host, dashboard]).toEqual(['127.0.0.1', head?.connectUrl]);
    expect(await page(dashboard ?? '')).toBe('lines');

    const { removed } = await deleteCluster(client, jobs, 'page');
    expect(removed.map(({ name }) => name).sort()).toEqual(['page-head', 'page-w1-1', 'page-w1-2']);
    expect(await listed('page')).toEqual([]);
  });

  test('a contributed head that starts no engine is told what it needs', async () => {
    const jobs = store();
    const spec = { name: 'mute', image: 'skaha/terminal:1.1.2', headImage: 'me/mute:1' };
    const heads = { engine: daskEngine, headKind: 'contributed' } as const;
    const made = createCluster(
      client,
      jobs,
      { ...spec, ...heads },
      { ...quick, startTimeoutMs: 1 },
    );
    const error = await rejection(made);
    expect(error.code).toBe('wait.timeout');
    expect(error.hint).toContain('must start dask itself');
    await deleteCluster(client, jobs, 'mute');
    expect(await listed('mute')).toEqual([]);
  });

  test('a head that ends tells the end of its log', async () => {
    port += 1;
    const jobs = store();
    const broken = { ...lineEngine(port), head: () => 'echo "no such engine here" >&2; exit 5' };
    const spec = { name: 'broken', engine: broken, image: 'skaha/terminal:1.1.2' };
    const error = await rejection(createCluster(client, jobs, spec, quick));
    expect(error).toMatchObject({ code: 'cluster.head_failed' });
    expect(error.hint).toContain('no such engine here');
    await deleteCluster(client, jobs, 'broken');
    expect(await listed('broken')).toEqual([]);
  });

  test('a platform that cannot be asked what there is launches nothing', async () => {
    const { jobs, options } = await open('deaf', { workers: 1 });
    platform.faults.inject({
      kind: 'server-error',
      method: 'GET',
      path: '/skaha/v1/session',
    });
    onTestFinished(() => platform.faults.clear());
    await expect(scaleCluster(client, jobs, 'deaf', 3, options)).rejects.toThrow();
    platform.faults.clear();
    expect(await listed('deaf-w')).toHaveLength(1);
  });

  test('bad names and numbers cost no request', async () => {
    const spec = { engine: daskEngine, image: 'x/y' };
    const { addressIn: _, ...silent } = daskEngine;
    const all: (Partial<ClusterSpec> & { name: string })[] = [
      { name: 'a b' },
      { name: 'a'.repeat(41) },
      { name: 'a', maxWorkers: 0 },
      { name: 'a', workers: -1 },
      { name: 'a', engine: silent, headKind: 'contributed' },
    ];
    for (const wrong of all)
      expect((await rejection(createCluster(client, store(), { ...spec, ...wrong }))).code).toBe(
        'request.invalid',
      );
    const tooMany = createCluster(client, store(), {
      ...spec,
      name: 'a',
      workers: 3,
      maxWorkers: 2,
    });
    expect((await rejection(tooMany)).code).toBe('cluster.limit');
  });
});

test('words of a user stay words in the scripts', () => {
  const python = "it's $(x)/python";
  for (const engine of [daskEngine, rayEngine]) {
    for (const text of [
      headScript(engine, 'i', { python }),
      workerScript(engine, '10.0.0.1', { python }),
    ]) {
      expect(text).toContain(`'it'\\''s $(x)/python'`);
      expect(text.match(/\$\(x\)/g)).toHaveLength(
        text.match(/'it'\\''s \$\(x\)\/python'/g)?.length ?? 0,
      );
    }
  }
});

test.each([
  [
    daskEngine,
    'x - INFO -   Scheduler at:   tcp://10.244.0.9:8786\nx - INFO -   dashboard at:  http://10.244.0.9:5000/status\n',
  ],
  [
    rayEngine,
    '2026 INFO scripts.py:950 -- \u001b[37mLocal node IP\u001b[39m: \u001b[1m10.244.0.9\u001b[22m\n',
  ],
])('the newest address in the log of a head that an image started', (engine, line) => {
  expect(engine.addressIn?.('Starting\n')).toBeUndefined();
  expect(engine.addressIn?.(`Starting\n${line.replaceAll('.9', '.8')}again\n${line}`)).toBe(
    '10.244.0.9',
  );
});
