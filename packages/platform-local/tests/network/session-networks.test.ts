import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { dial } from '@skaha/engine/ports/dial.js';
import type { Run, Runner, RunnerOptions } from '@skaha/engine/ports/runner.js';
import { rlimits } from '@skaha/platform-local/limits/limiter.js';
import { UserNetwork } from '@skaha/platform-local/network/user-network.js';
import type { SandboxTools } from '@skaha/platform-local/sandbox/arguments.js';
import { probeSandbox } from '@skaha/platform-local/sandbox/probe.js';
import { sandboxRunner } from '@skaha/platform-local/sandbox/sandbox-runner.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../../../platform/tests/fixtures.js';
import { RunnerBench } from '../../../platform/tests/runners/set-up.js';

const probe = await probeSandbox();
const tools = 'tools' in probe ? probe.tools : undefined;
const network = tools?.network;
const obstacle =
  tools === undefined || network === undefined ? 'no networks of users here' : undefined;
if (obstacle !== undefined) process.stdout.write(`networks of sessions: ${obstacle}\n`);

const makeWith = (given: SandboxTools | undefined) => (parts: RunnerOptions) => {
  if (given === undefined) throw new Error('no sandboxes here');
  return sandboxRunner(given)(parts, rlimits);
};

/** Listens on every address of its own, says who answers, and where it is. */
const listening = `
const { createServer } = require('node:net');
const { writeFileSync } = require('node:fs');
const here = process.env.skaha_hostname;
createServer((socket) => socket.end(process.env.skaha_sessionid)).listen(7000, process.argv[2] ?? '0.0.0.0', () =>
  writeFileSync(process.env.HOME + '/' + process.env.skaha_sessionid, here));
`;

/** Asks who answers at each of some addresses. */
const asking = `
const { connect } = require('node:net');
for (const place of process.argv.slice(2)) {
  const [host, port = '7000'] = place.split(':');
  let said = '';
  connect({ host, port })
    .setTimeout(2000, function () { this.destroy(new Error('silence')); })
    .on('data', (data) => { said += data; })
    .on('error', () => console.log(place + ' refused'))
    .on('end', () => console.log(place + ' ' + said));
}
`;

class Place {
  readonly bench: RunnerBench;
  runner: Runner;

  private constructor(bench: RunnerBench, runner: Runner) {
    this.bench = bench;
    this.runner = runner;
  }

  static async open(given = tools): Promise<Place> {
    const bench = new RunnerBench(makeWith(given));
    return new Place(bench, await bench.runner());
  }

  #run(user: string, script: string, words: readonly string[], more: Partial<Run> = {}): Run {
    const home = join(this.bench.root, 'arc', 'home', user);
    mkdirSync(home, { recursive: true });
    const { key } = this.bench.run([]);
    writeFileSync(join(home, `${key}.cjs`), script);
    return {
      ...this.bench.run(['node', `${key}.cjs`, ...words], { user, ...more }),
      environment: { skaha_sessionid: key, HOME: `/arc/home/${user}`, HOSTNAME: 'my-session' },
      key,
      id: key,
      volumes: [
        { kind: 'home', user },
        { kind: 'scratch', key },
      ],
    };
  }

  /** Starts one that listens; gives its address. */
  async listener(user: string, words: readonly string[] = [], more: Partial<Run> = {}) {
    return await this.start(user, listening, words, more);
  }

  /** Starts a script that writes down its address once it is there. */
  async start(user: string, script: string, words: readonly string[], more: Partial<Run>) {
    const run = this.#run(user, script, words, more);
    this.runner.launch(run);
    const address = await until(() => {
      try {
        return (
          readFileSync(join(this.bench.root, 'arc', 'home', user, run.key), 'utf8') || undefined
        );
      } catch {
        return undefined;
      }
    });
    return { run, address };
  }

  /** What another session of a user hears at addresses. */
  async hears(
    user: string,
    addresses: readonly string[],
    more: Partial<Run> = {},
  ): Promise<string[]> {
    const run = this.#run(user, asking, addresses, { ...more, page: undefined });
    this.runner.launch(run);
    await this.bench.over(run);
    return (await this.bench.log(run, this.runner)).trimEnd().split('\n').sort();
  }

  async end(...runs: readonly Run[]): Promise<void> {
    await Promise.all(runs.map(async (run) => await this.runner.terminate(run)));
  }
}

/** Empty for what is gone. */
function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
}

describe.skipIf(obstacle !== undefined)('sessions in a network', () => {
  test('those of one user reach each other on any port; nobody else reaches them', async () => {
    const place = await Place.open();
    const one = await place.listener('ada');
    const two = await place.listener('ada', network?.kind === 'bridge' ? [] : [one.address]);
    const other = await place.listener('bob', network?.kind === 'bridge' ? [] : ['127.9.9.9']);

    expect(new Set(['127.0.0.1', one.address, two.address]).size).toBe(3);
    const all = [one, two].map(({ run, address }) => `${address} ${run.key}`).sort();
    expect(await place.hears('ada', [one.address, two.address])).toEqual(all);
    const bobs = await place.hears('bob', [one.address, two.address]);
    expect(bobs.join()).not.toContain(one.run.key);
    expect(bobs.join()).not.toContain(two.run.key);
    await place.end(one.run, two.run, other.run);
  });

  test('a later platform brings new sessions to those that still run', async () => {
    const place = await Place.open();
    const { run, address } = await place.listener('ada');
    await place.runner.close();

    place.runner = await place.bench.runner();
    expect(await place.bench.recover(run, place.runner)).toEqual({ state: 'running' });

    expect(await place.hears('ada', [address])).toEqual([`${address} ${run.key}`]);
    await place.end(run);
  });

  test('its names and its variable tell a session its address, a further command too', async () => {
    const place = await Place.open();
    const { bench, runner } = place;
    bench.homeInside = '/arc/home/ada';
    const words = 'hostname -i; getent hosts my-session | cut -d" " -f1; echo $skaha_hostname';
    const run = bench.run(['/bin/sh', '-c', `${words}; sleep 60`], {
      environment: { HOME: '/arc/home/ada', HOSTNAME: 'my-session' },
    });
    runner.launch(run);
    const lines = await until(async () => {
      const found = (await bench.log(run, runner)).trimEnd().split('\n');
      return found.length === 3 ? found : undefined;
    });
    expect(lines[0]).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    expect(new Set(lines).size).toBe(1);
    const entry = await runner.enter(run, { command: ['/bin/sh', '-c', words] });
    let said = '';
    entry.output.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    expect(await entry.ended).toBe(0);
    expect(said.trimEnd().split('\n')).toEqual(lines);
    await place.end(run);
  });

  test('a session with the network of the machine has an address of its own in it', async () => {
    const place = await Place.open();
    const { bench, runner } = place;
    bench.homeInside = '/arc/home/ada';
    const [one, two] = [1, 2].map(() =>
      bench.run(['/bin/sh', '-c', 'hostname -i; echo $skaha_hostname'], { network: 'host' }),
    ) as [Run, Run];
    for (const run of [one, two]) runner.launch(run);
    await Promise.all([bench.over(one), bench.over(two)]);
    const said = await Promise.all(
      [one, two].map(async (run) => (await bench.log(run, runner)).trimEnd().split('\n')),
    );
    expect(said.flat()).toEqual(said.flatMap(([first]) => [first, first]));
    expect(new Set([...said.flat(), '127.0.0.1']).size).toBe(3);
    expect(said.flat().join(' ')).toMatch(/^127\./);
  });

  test('where no network can be tied together, the sessions of a user share one', async () => {
    if (tools === undefined || network === undefined) return;
    const { nsenter } = network;
    const place = await Place.open({
      ...tools,
      network: { kind: 'shared', nsenter, bwrap: tools.bwrap },
    });
    const one = await place.listener('ada', ['127.1.0.1']);
    const two = await place.listener('ada', ['127.1.0.2']);
    expect([one.address, two.address]).toEqual(['127.1.0.1', '127.1.0.2']);
    const all = [one, two].map(({ run, address }) => `${address} ${run.key}`);
    expect(await place.hears('ada', [one.address, two.address])).toEqual(all);
    expect(await place.hears('bob', [one.address])).toEqual([`${one.address} refused`]);
    await place.end(one.run, two.run);
  });

  test('where there can be none, a session is alone, and this is told', async () => {
    if (tools === undefined) return;
    const place = await Place.open({ ...tools, network: undefined });
    const { run, address } = await place.listener('ada');
    expect(address).toBe('127.0.0.1');
    expect(place.bench.notes.map(([, { reason }]) => reason)).toEqual(['NetworkNotReady']);
    expect(await place.hears('ada', [address])).toEqual([`${address} refused`]);
    await place.end(run);
  });

  test('a network that cannot be made says why', async () => {
    const broken = {
      kind: 'bridge',
      nsenter: '/bin/false',
      unshare: '/bin/false',
      ip: '',
    } as const;
    await expect(UserNetwork.make(broken)).rejects.toThrow('it ended');
  });
});

/** A page that says its port, at the loopback address only; listens beside it; asks around when told. */
const page = `
const { createServer, connect } = require('node:net');
const { writeFileSync } = require('node:fs');
const here = process.env.skaha_hostname;
const answer = (socket) => socket.on('error', () => undefined).end(process.env.skaha_sessionid + ' ' + process.env.PORT);
createServer(answer).listen(Number(process.env.PORT), '127.0.0.1', () =>
  createServer(answer).listen(7000, process.argv[2] ?? '0.0.0.0', () =>
    writeFileSync(process.env.HOME + '/' + process.env.skaha_sessionid, here)));
`;

/** What is heard at a port, from the platform's side. */
async function heard(runner: Runner, key: string): Promise<string> {
  const endpoint = await until(async () => await runner.endpoint(key));
  const socket = await until(async () => await dial(endpoint).catch(() => undefined));
  return await text(socket);
}

/** A port of this machine that answers with a word. */
async function answering(word: string): Promise<number> {
  const server = createServer((socket) => socket.on('error', () => undefined).end(word));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const isLedOut = network?.kind === 'bridge' && network.slirp !== undefined;
const interactive = { network: 'outgoing', page: { port: 5000, socket: false } } as const;

describe.skipIf(!isLedOut)('a session with a page', () => {
  test('is in the network of its user, at the usual port, and found by the platform', async () => {
    const place = await Place.open();
    const own = await answering('platform');
    const foreign = await answering('machine');
    const shown = await place.start('ada', page, [], { ...interactive, platformPort: own });
    const headless = await place.listener('ada');
    const other = await place.start('bob', page, [], interactive);

    expect(await heard(place.runner, shown.run.key)).toBe(`${shown.run.key} 5000`);
    expect(await heard(place.runner, other.run.key)).toBe(`${other.run.key} 5000`);
    await place.bench.hasStarted(shown.run);

    expect(await place.hears('ada', [shown.address])).toEqual([
      `${shown.address} ${shown.run.key} 5000`,
    ]);
    expect((await place.hears('bob', [shown.address])).join()).not.toContain(shown.run.key);
    const asks = [`${headless.address}:7000`, `127.0.0.1:${own}`, `127.0.0.1:${foreign}`];
    expect(await place.hears('ada', asks, { ...interactive, platformPort: own })).toEqual(
      [`${asks[0]} ${headless.run.key}`, `${asks[1]} platform`, `${asks[2]} refused`].sort(),
    );
    await place.end(shown.run, headless.run, other.run);
  });

  test('has a way to the world beyond, and to who knows names there', async () => {
    const { bench, runner } = await Place.open();
    bench.homeInside = '/arc/home/ada';
    const words = 'cat /proc/net/route /etc/resolv.conf';
    const run = bench.run(['/bin/sh', '-c', words], { network: 'outgoing' });
    runner.launch(run);
    await bench.over(run);
    const said = await bench.log(run, runner);
    expect(said).toMatch(/^tap0\s+00000000/m);
    expect(said).toContain('nameserver 10.0.2.3');
    expect(bench.notes).toEqual([]);
    const left = readdirSync('/proc').filter((pid) => environmentOf(pid).includes(run.id));
    expect(left).toEqual([]);
  });

  test('is found again by a later platform, with its way', async () => {
    const place = await Place.open();
    const own = await answering('platform');
    const { run } = await place.start('ada', page, [], { ...interactive, platformPort: own });
    await heard(place.runner, run.key);
    await place.runner.close();

    place.runner = await place.bench.runner();
    expect(await place.bench.recover(run, place.runner, true)).toEqual({ state: 'running' });
    expect(await heard(place.runner, run.key)).toBe(`${run.key} 5000`);
    const asks = `require('node:net').connect(${own}).on('data', (data) => console.log(String(data)))`;
    const said = await until(async () => {
      const entry = await place.runner.enter(run, { command: ['node', '-e', asks] });
      const found = await text(entry.output);
      return found.includes('platform') ? found : undefined;
    });
    expect(said).toBe('platform\n');
    await place.end(run);
  });

  test('where sessions of a user share a network, its page is found there', async () => {
    if (tools === undefined || network === undefined) return;
    const { nsenter } = network;
    const shared = { kind: 'shared', nsenter, bwrap: tools.bwrap } as const;
    const place = await Place.open({ ...tools, network: shared });
    const how = { ...interactive, network: 'none' } as const;
    const { run, address } = await place.start('ada', page, ['127.1.0.1'], how);
    const said = await heard(place.runner, run.key);
    expect(await place.hears('ada', [address])).toEqual([`${address} ${said}`]);
    await place.end(run);
  });

  test('where nothing leads outwards, it has the network of the machine, and this is told', async () => {
    if (tools === undefined || network?.kind !== 'bridge') return;
    const noWay = 'slirp4netns does not work here (open("/dev/net/tun"): Permission denied)';
    const place = await Place.open({ ...tools, network: { ...network, slirp: undefined, noWay } });
    const { run, address } = await place.start('ada', page, [], interactive);
    expect(address).toMatch(/^127\./);
    expect(await heard(place.runner, run.key)).toMatch(new RegExp(`^${run.key} \\d{4,5}$`));
    expect(place.bench.notes.map(([, { reason }]) => reason)).toEqual(['NetworkNotReady']);
    expect(place.bench.notes[0]?.[1].message).toMatch(/network of this machine.*Permission denied/);
    await place.end(run);
  });
});
