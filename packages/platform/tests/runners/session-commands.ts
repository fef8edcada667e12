import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { Entry, EntryPlan, Run, Runner } from '@skaha/engine/ports/runner.js';
import { expect } from 'vitest';
import { until } from '../fixtures.js';
import type { RunnerBench } from './set-up.js';

type Check = (title: string, body: (bench: RunnerBench, runner: Runner) => Promise<void>) => void;

/** All that a stream has said so far. */
function heard(stream: Readable | undefined): { text: string } {
  const all = { text: '' };
  stream?.on('data', (chunk: Buffer) => {
    all.text += chunk.toString('utf8');
  });
  return all;
}

async function begin(bench: RunnerBench, runner: Runner, more: Partial<Run> = {}): Promise<Run> {
  // It hears SIGTERM: the first process of a container does so only when it asks to.
  const stays = 'trap "exit 0" TERM; echo here > mine; sleep 600 & wait';
  const shell = bench.shell(stays, more);
  const environment = { ...shell.environment, OWN: "it's $HOME" };
  const run = { ...shell, environment };
  runner.launch(run);
  await bench.hasStarted(run);
  return run;
}

async function said(runner: Runner, run: Run, plan: EntryPlan) {
  const entry = await runner.enter(run, plan);
  const [out, err] = [heard(entry.output), heard(entry.errors)];
  return { entry, out, err };
}

const sh = (text: string, ...words: string[]): EntryPlan => ({
  command: ['/bin/sh', '-c', text, 'sh', ...words],
});

/** What a further command is in every runner. */
export function furtherCommands(check: Check, terms: { limits: boolean; isolates: boolean }): void {
  check(
    'a further command runs where the session is, and says how it ended',
    async (bench, runner) => {
      const run = await begin(bench, runner);
      const plan = sh('cat mine; echo "$OWN|$1|$HOME"; pwd; echo wrong >&2; exit 3', "a 'b' $c");
      const { entry, out, err } = await said(runner, run, plan);
      expect(await entry.ended).toBe(3);
      const home = bench.homeInside;
      expect(out.text).toBe(`here\nit's $HOME|a 'b' $c|${home}\n${home}\n`);
      expect(err.text).toBe('wrong\n');
      await runner.terminate(run);
    },
  );

  check('it reads what it is given, to its end', async (bench, runner) => {
    const run = await begin(bench, runner);
    const { entry, out } = await said(runner, run, { command: ['wc', '-c'] });
    for (let piece = 0; piece < 20; piece += 1) {
      if (!entry.input.write(Buffer.alloc(50_000, 'x'))) await once(entry.input, 'drain');
    }
    entry.input.end();
    expect(await entry.ended).toBe(0);
    expect(out.text.trim()).toBe('1000000');
    await runner.terminate(run);
  });

  check('what is not there is told, and ends with 127', async (bench, runner) => {
    const run = await begin(bench, runner);
    const { entry, err } = await said(runner, run, { command: ['no-such-program'] });
    expect(await entry.ended).toBe(127);
    expect(err.text).toContain('no-such-program');
    await runner.terminate(run);
  });

  check('a terminal has its size, changes it, and hears Ctrl-C', async (bench, runner) => {
    const run = await begin(bench, runner);
    const terminal = { columns: 101, rows: 33, type: 'dumb' };
    const { entry, out, err } = await said(runner, run, { command: ['/bin/sh'], terminal });
    entry.input.write('PS1=; stty -echo; stty size; echo "$TERM"; echo re""ady\n');
    await until(() => out.text.includes('ready'));
    expect(out.text).toContain('33 101\r\ndumb\r\n');
    await entry.resize({ columns: 44, rows: 11 });
    entry.input.write('stty size\n');
    await until(() => out.text.includes('11 44'));
    entry.input.write(
      'exec sh -c \'trap "echo caught; exit 7" INT; echo a""wake; while :; do sleep 0.05; done\'\n',
    );
    await until(() => out.text.includes('awake'));
    entry.input.write('\u0003');
    expect(await entry.ended).toBe(7);
    expect(out.text).toContain('caught');
    expect(err.text).toBe('');
    await runner.terminate(run);
  });

  check('a signal reaches it, and its end is told as such', async (bench, runner) => {
    const run = await begin(bench, runner);
    const { entry, out } = await said(runner, run, sh('echo up; exec sleep 600'));
    await until(() => out.text === 'up\n');
    await entry.signal('SIGTERM');
    expect(await entry.ended).toBe(143);
    await runner.terminate(run);
  });

  check('it ends with its session, and when it is let go of', async (bench, runner) => {
    const run = await begin(bench, runner);
    const let_go = await said(runner, run, sh('echo up; exec sleep 600'));
    const left = await said(runner, run, sh('echo up; exec sleep 600'));
    await until(() => let_go.out.text + left.out.text === 'up\nup\n');
    let_go.entry.end();
    expect(await let_go.entry.ended).toBeGreaterThan(128);
    await runner.terminate(run);
    expect(await ended(left.entry)).toBeGreaterThan(0);
    await expect(runner.enter(run, sh('true'))).rejects.toThrow(/ is not running$/);
  });

  check('nothing can be run in what has ended by itself', async (bench, runner) => {
    const run = bench.run(['true']);
    runner.launch(run);
    await bench.over(run);
    await expect(runner.enter(run, sh('true'))).rejects.toThrow(/ is not running$/);
  });

  if (terms.limits) {
    check('it is within the limits of its session', async (bench, runner) => {
      const run = await begin(bench, runner, {
        limits: { cores: 1, memory: 64 * 2 ** 20, processes: 64 },
      });
      const hog = {
        command: [process.execPath, '-e', 'const a=[];for(;;)a.push(Buffer.alloc(1e6,1))'],
      };
      const { entry } = await said(runner, run, hog);
      expect(await ended(entry)).toBeGreaterThan(0);
      await runner.terminate(run);
    });
  }

  if (terms.isolates) {
    check('it sees no more than its session, and has no more rights', async (bench, runner) => {
      const run = await begin(bench, runner);
      const look =
        'id -u; ls -l /proc/self/fd >&2; grep -h "^\\(Cap\\|NoNewPrivs\\)" /proc/self/status; ls -d "$1" 2>&1; grep -lsa sleep /proc/[0-9]*/cmdline | wc -l; ls -d /proc/[0-9]* | wc -l';
      const { entry, out, err } = await said(runner, run, sh(look, bench.root));
      expect(await entry.ended).toBe(0);
      const lines = out.text.split('\n');
      expect(lines[0]).not.toBe('0');
      // What the tests themselves have inherited is covered.
      expect(err.text.match(/ ([0-9]+) -> (?!\/dev\/null)/g)).toHaveLength(4);
      expect(lines.filter((line) => /^Cap(Inh|Prm|Eff|Bnd|Amb):/.test(line))).toEqual(
        ['Inh', 'Prm', 'Eff', 'Bnd', 'Amb'].map((name) => `Cap${name}:\t0000000000000000`),
      );
      expect(out.text).toContain('NoNewPrivs:\t1');
      expect(out.text).toMatch(/No such file or directory/);
      const [own, all] = lines.slice(-3).map(Number);
      expect(own).toBeGreaterThan(0);
      expect(all).toBeLessThan(16);
      await runner.terminate(run);
    });
  }
}

const ended = async ({ ended: status }: Entry): Promise<number> => await status;
