import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Run, Runner, RunnerOptions } from '@skaha/engine/ports/runner.js';
import { chooseLimiter } from '@skaha/platform-local/limits/choose.js';
import { probeSandbox } from '@skaha/platform-local/sandbox/probe.js';
import { sandboxRunner } from '@skaha/platform-local/sandbox/sandbox-runner.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { exists, until } from '../../../platform/tests/fixtures.js';
import { RunnerBench } from '../../../platform/tests/runners/set-up.js';

const probe = await probeSandbox();
const tools = 'tools' in probe ? probe.tools : undefined;
const limiter = chooseLimiter(`probe${process.pid}`);
const isPossible = limiter.name.startsWith('cgroup') && tools?.network?.kind === 'bridge';
limiter.close();

const make = (parts: RunnerOptions) => {
  if (tools === undefined) throw new Error('no sandboxes here');
  return sandboxRunner(tools)(parts);
};

/** Says where it is: its network and its address. */
const where = 'readlink /proc/self/ns/net; hostname -i';

/** A server and a client of its own, which part: the system remembers their connection for a while. */
const parting = `
const { connect, createServer } = require('node:net');
const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1', () =>
  connect(server.address().port, '127.0.0.1').resume().on('close', () => server.close()));
`;

const supervisorOf = (bench: RunnerBench, { key }: Run): number =>
  Number(readFileSync(join(bench.path('sessions'), `${key}.claim`), 'utf8').split('\n')[0]);

class Place {
  readonly bench: RunnerBench;
  readonly runner: Runner;

  private constructor(bench: RunnerBench, runner: Runner) {
    this.bench = bench;
    this.runner = runner;
  }

  static async open(): Promise<Place> {
    const bench = new RunnerBench(make);
    bench.homeInside = '/arc/home/ada';
    return new Place(bench, await bench.runner());
  }

  async run(command: readonly string[]) {
    const run = this.bench.run(command);
    this.runner.launch(run);
    expect(await this.bench.over(run)).toMatchObject({ status: 0 });
    const [network, address] = (await this.bench.log(run, this.runner)).trimEnd().split('\n');
    return { supervisor: supervisorOf(this.bench, run), network, address };
  }

  where() {
    return this.run(['/bin/sh', '-c', where]);
  }

  /** Runs that come one after the other, until two have the same supervisor. */
  async settled() {
    let last = await this.where();
    return await until(async () => {
      const found = await this.where();
      const isSame = found.supervisor === last.supervisor;
      last = found;
      return isSame ? found : undefined;
    });
  }
}

describe.skipIf(!isPossible)('a supervisor that stands ready in a network of its own', () => {
  test('gives it to the next session of its user, with the address', async () => {
    const place = await Place.open();
    const first = await place.settled();
    expect(first.address).toMatch(/^10\.244\./);
    expect(await place.where()).toEqual(first);
  });

  test('that is free makes room for one that another user can have', async () => {
    const { bench, runner } = await Place.open();
    mkdirSync(bench.path('arc/home/bob'));
    const many = Array.from({ length: 16 }, () => bench.run(['sleep', '0.5']));
    for (const run of many) runner.launch(run);
    for (const run of many) await bench.over(run);
    await until(async () => {
      const run = bench.run(['true'], { user: 'bob', volumes: [{ kind: 'home', user: 'bob' }] });
      runner.launch(run);
      expect(await bench.over(run)).toMatchObject({ status: 0 });
      return readFileSync(bench.path(`sessions/${run.key}.claim`), 'utf8').includes('/standby.');
    });
  });

  test('goes, where a connection is left in it', async () => {
    const place = await Place.open();
    const { supervisor, network } = await place.settled();
    // As long as it is held, the system gives its number to no other network.
    const held = openSync(`/proc/${supervisor}/ns/net`, 'r');
    onTestFinished(() => closeSync(held));
    writeFileSync(join(place.bench.home, 'part.cjs'), parting);
    expect(await place.run(['node', 'part.cjs'])).toMatchObject({ supervisor });
    await until(() => !exists(supervisor));
    expect((await place.where()).network).not.toBe(network);
  });

  test('is left with its session, which those of a later platform still reach', async () => {
    const place = await Place.open();
    const { bench, runner } = place;
    const { supervisor, address = '' } = await place.settled();
    const listening =
      "require('node:net').createServer((socket) => socket.end('here')).listen(7000, () => require('node:fs').writeFileSync(process.env.HOME + '/listens', ''))";
    const run = bench.run(['node', '-e', listening]);
    runner.launch(run);
    await until(() => existsSync(join(bench.home, 'listens')));
    expect(supervisorOf(bench, run)).toBe(supervisor);
    await runner.close();
    const second = await bench.runner();
    expect(await bench.recover(run, second)).toEqual({ state: 'running' });
    const asking = `require('node:net').connect(7000, '${address}').pipe(process.stdout)`;
    const other = bench.run(['node', '-e', asking]);
    second.launch(other);
    expect(await bench.over(other)).toMatchObject({ status: 0 });
    expect(await bench.log(other, second)).toBe('here');
    await second.terminate(run);
    await until(() => !exists(supervisor));
  });
});
