import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { dial } from '@skaha/engine/ports/dial.js';
import type { Run, Runner } from '@skaha/engine/ports/runner.js';
import { networksFor } from '@skaha/platform-local/container/container-networks.js';
import { Engine } from '@skaha/platform-local/container/engine.js';
import { processesOf } from '@skaha/platform-local/processes/processes.js';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../../../platform/tests/fixtures.js';
import { skipWithoutPodman, startPodman, type TestPodman } from './podman.js';
import { setUp } from './set-up.js';

const skipped = skipWithoutPodman();

/** Listens at a port on all addresses, and says who answers. */
const listening = (port: string) =>
  `exec python3 -u -c '
import os, socket
s = socket.create_server(("", int(os.path.expandvars("${port}"))))
print(os.environ["skaha_hostname"])
while True:
    c, _ = s.accept()
    c.sendall(os.environ["skaha_sessionid"].encode())
    c.close()
'`;

/** Asks who answers at addresses; nobody counts as refused. */
const asking = (places: readonly string[]) =>
  `exec python3 -c '
import socket, sys
for place in sys.argv[1:]:
    try:
        print(place, socket.create_connection(place.split(":"), 2).makefile().read())
    except OSError:
        print(place, "refused")
' ${places.join(' ')}`;

/** A port of this machine that answers with a word. */
async function answering(word: string): Promise<number> {
  const server = createServer((socket) => socket.on('error', () => undefined).end(word));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

describe.skipIf(skipped)('the network of a container', () => {
  let engine: TestPodman;
  let isLedOut = false;
  beforeAll(async () => {
    engine = await startPodman();
    const socket = engine.settings.socket ?? '';
    const tools = await networksFor(await Engine.connect(socket, 20_000));
    expect(tools, 'networks of users can be made where the engine can be started').toBeDefined();
    isLedOut = tools?.slirp !== undefined;
  });
  afterAll(async () => await engine.stop());

  const place = async () => {
    const { settings } = engine;
    const made = await setUp({ settings: { ...settings, network: undefined } });
    mkdirSync(join(made.root, 'gone'));
    const listener = async (runner: Runner, more: Partial<Run> = {}, port = '7000') => {
      const run = made.shell(listening(port), more);
      runner.launch(run);
      const address = await until(() => {
        const refused = made.refused.get(run.key);
        if (refused !== undefined) throw new Error(refused);
        return made.started.includes(run.key) ? made.log(run).trim() || undefined : undefined;
      });
      return { run, address };
    };
    const hears = async (runner: Runner, places: readonly string[], more: Partial<Run> = {}) => {
      const run = made.shell(asking(places), more);
      runner.launch(run);
      await made.over(run);
      return made.log(run).trimEnd().split('\n');
    };
    return { ...made, listener, hears };
  };

  test('sessions of one user reach each other on any port; nobody else reaches them', async () => {
    const { make, listener, hears, shell, over, log, notes } = await place();
    const runner = await make();
    const one = await listener(runner);
    const two = await listener(runner);
    const other = await listener(runner, { user: 'bob' });
    expect(new Set(['127.0.0.1', one.address, two.address]).size).toBe(3);
    expect(await hears(runner, [`${one.address}:7000`, `${two.address}:7000`])).toEqual([
      `${one.address}:7000 ${one.run.key}`,
      `${two.address}:7000 ${two.run.key}`,
    ]);
    const bobs = await hears(runner, [`${one.address}:7000`, `${two.address}:7000`], {
      user: 'bob',
    });
    expect(bobs.join()).not.toContain(one.run.key);
    expect(bobs.join()).not.toContain(two.run.key);
    const names = shell('hostname -i; getent hosts my-job | cut -d" " -f1; echo $skaha_hostname', {
      environment: { HOME: '/arc/home/adastra', HOSTNAME: 'my-job' },
    });
    runner.launch(names);
    await over(names);
    const said = log(names).trimEnd().split('\n');
    expect(said).toEqual([said[0], said[0], said[0]]);
    expect(said[0]).toMatch(/^10\.244\.\d+\.\d+$/);
    expect(notes.filter(({ reason }) => reason === 'NetworkNotReady')).toEqual([]);
    await Promise.all([one, two, other].map(async ({ run }) => await runner.terminate(run)));
    await until(async () => (await processesOf(one.run.key, undefined)).length === 0);
  });

  test('a later platform brings new sessions to those that still run, and takes all down', async () => {
    const { make, listener, hears, recover, over } = await place();
    const first = await make();
    const { run, address } = await listener(first);
    await first.close();
    const next = await make();
    expect(await recover(next, run)).toEqual({ state: 'running' });
    expect(await hears(next, [`${address}:7000`])).toEqual([`${address}:7000 ${run.key}`]);
    await next.terminate(run);
    await over(run);
    await until(async () => (await processesOf(run.key, undefined)).length === 0);
  });

  test('a session with a page is there too, led outwards, and found by the platform', async ({
    skip,
  }) => {
    skip(!isLedOut, 'nothing leads outwards here');
    const { make, listener, hears, recover, over, shell, log } = await place();
    const own = await answering('platform');
    const foreign = await answering('machine');
    const page = { port: 5000, socket: false };
    const interactive = { kind: 'contributed', network: 'outgoing', page } as const;
    const runner = await make();
    const shown = await listener(runner, { ...interactive, platformPort: own }, '$PORT');
    const job = await listener(runner);
    const bobs = await listener(runner, { ...interactive, user: 'bob' }, '$PORT');
    const heard = async (at: Runner, { key }: Run) =>
      await text(await dial(await until(async () => await at.endpoint(key))));
    expect(await heard(runner, shown.run)).toBe(shown.run.key);
    expect(await heard(runner, bobs.run)).toBe(bobs.run.key);
    expect(await hears(runner, [`${shown.address}:5000`])).toEqual([
      `${shown.address}:5000 ${shown.run.key}`,
    ]);
    const asks = [`${job.address}:7000`, `127.0.0.1:${own}`, `127.0.0.1:${foreign}`];
    expect(await hears(runner, asks, { network: 'outgoing', platformPort: own })).toEqual([
      `${asks[0]} ${job.run.key}`,
      `${asks[1]} platform`,
      `${asks[2]} refused`,
    ]);
    const way = shell('cat /proc/net/route /etc/resolv.conf', { network: 'outgoing' });
    runner.launch(way);
    await over(way);
    expect(log(way)).toMatch(/^tap0\s+00000000[\s\S]*nameserver 10\.0\.2\.3/m);

    await runner.close();
    const next = await make();
    expect(await recover(next, shown.run)).toMatchObject({ state: 'pending' });
    expect(await heard(next, shown.run)).toBe(shown.run.key);
    for (const { run } of [shown, job, bobs]) {
      await recover(next, run);
      await next.terminate(run);
      await over(run);
      await until(async () => (await processesOf(run.key, undefined)).length === 0);
    }
  });

  test('a network of the configuration is taken for sessions that are led outwards', async () => {
    const { make, shell, over, log } = await setUp(engine);
    const runner = await make();
    const run = shell('echo $skaha_hostname; ls /sys/class/net', { network: 'outgoing' });
    runner.launch(run);
    await over(run);
    expect(log(run)).toBe(`${run.key}\nlo\ntap0\n`);
  });
});
