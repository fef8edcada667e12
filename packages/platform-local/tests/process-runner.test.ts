import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RunnerOptions } from '@skaha/engine/ports/runner.js';
import { chooseLimiter } from '@skaha/platform-local/limits/choose.js';
import type { Limiter } from '@skaha/platform-local/limits/limiter.js';
import { noLimits, rlimits } from '@skaha/platform-local/limits/limiter.js';
import { processRunner } from '@skaha/platform-local/process-runner.js';
import { isAlive, parseIdentity, processesOf } from '@skaha/platform-local/processes/processes.js';
import {
  installScripts,
  scriptsIn,
  starterScript,
  supervisorScript,
} from '@skaha/platform-local/supervisors/scripts.js';
import { describe, expect, test } from 'vitest';
import { exists, until } from '../../platform/tests/fixtures.js';
import { runnerContract } from '../../platform/tests/runners/contract.js';
import { RunnerBench } from '../../platform/tests/runners/set-up.js';

const makeWith = (limiter: (instance: string) => Limiter) => (parts: RunnerOptions) => {
  // One that a test has replaced stays.
  const isThere = existsSync(scriptsIn(parts.scripts).supervisor);
  const scripts = (isThere ? scriptsIn : installScripts)(parts.scripts);
  return processRunner(parts, limiter(parts.instance), scripts);
};
const make = makeWith(() => noLimits);

const limiter = chooseLimiter(`probe${process.pid}`);
limiter.close();
const holdsSessions = limiter.name.startsWith('cgroup');
if (!holdsSessions)
  process.stdout.write(`limits of sessions are not tried: only ${limiter.name} here\n`);

runnerContract('process runner', makeWith(chooseLimiter), {
  limits: holdsSessions,
  isolates: false,
  catchesAll: holdsSessions,
});

const setUp = async (graceMs = 300) => {
  const bench = new RunnerBench(make, graceMs);
  return { bench, runner: await bench.runner() };
};

/** A number that a script of the test writes to a file of the home. */
const pidIn = async (path: string) =>
  await until(() => existsSync(path) && Number(readFileSync(path, 'utf8')));

describe('running as processes', () => {
  test.each([
    ['an empty command', ['']],
    ['a shell builtin', ['exit', '5']],
    ['a directory', ['/tmp']],
    ['a missing path', ['./nothing']],
    ['an option', ['-c', 'id']],
  ])('%s fails with 127 and says so in the log', async (_, command) => {
    const { bench, runner } = await setUp();
    const run = bench.run(command);
    runner.launch(run);
    expect(await bench.over(run)).toMatchObject({ status: 127 });
    const words = `cannot run "${command[0]}": no such command in this session\n`;
    expect(await bench.log(run, runner)).toBe(words);
  });

  test('no word of the shell gets into the log', async () => {
    const { bench, runner } = await setUp();
    const run = bench.shell('kill -9 $$');
    runner.launch(run);
    expect(await bench.over(run)).toMatchObject({ status: 137 });
    expect(await bench.log(run, runner)).toBe('');
  });

  test('a run whose state cannot be written is refused, and its command never starts', async () => {
    const { bench, runner } = await setUp();
    const run = bench.shell('touch began');
    // A directory that is missing stands for a disk that is full.
    const blocked = supervisorScript.replace('_state.claim', '_state/nowhere/claim');
    writeFileSync(bench.path('supervisor.sh'), blocked);
    runner.launch(run);
    expect(await until(() => bench.refused.get(run.key))).toBe(
      'Cannot start the session: its state cannot be written',
    );
    expect(existsSync(join(bench.home, 'began'))).toBe(false);
  });

  test('a run whose limits cannot be put on is refused, and its command never starts', async () => {
    const nowhere: Limiter = {
      ...noLimits,
      prepare: () => ({ join: ['/nowhere/cgroup.procs'], ulimits: [] }),
    };
    const bench = new RunnerBench(makeWith(() => nowhere));
    const runner = await bench.runner();
    const run = bench.shell('touch began');
    runner.launch(run);
    expect(await until(() => bench.refused.get(run.key))).toBe(
      'Cannot start the session: its limits cannot be applied',
    );
    expect(existsSync(join(bench.home, 'began'))).toBe(false);
  });

  test.each(['/bin/sh', '/bin/bash', '/bin/busybox'].filter((shell) => existsSync(shell)))(
    'where env knows no variables of its own, %s hands them on unread',
    (shell) => {
      const bench = new RunnerBench(make);
      const values = ['A=$(id) `id` "\'\n', 'b.c-d=e', '-i=f', '_e1=g', 'IFS=0123456789'];
      const env = Object.fromEntries(values.map((value, index) => [`_e${index}`, value]));
      writeFileSync(bench.path('start.sh'), starterScript);
      const words = [...(shell.endsWith('busybox') ? ['sh'] : []), bench.path('start.sh')];
      const run = ['any', bench.home, '/usr/bin:/bin', String(values.length), 'env', '-0'];
      const printed = execFileSync(shell, [...words, ...run], { env, encoding: 'utf8' });
      expect(printed.split('\0').filter((pair) => pair !== '')).toEqual(values);
    },
  );

  // Elsewhere shells have no limit of data that holds.
  test.runIf(process.platform === 'linux')(
    'without control groups each process has its limit of memory',
    async () => {
      const bench = new RunnerBench(makeWith(() => rlimits));
      const runner = await bench.runner();
      const limits = { cores: 1, memory: 96 * 2 ** 20, processes: 256 };
      const run = bench.run(['/bin/sh', '-c', 'ulimit -d'], { limits });
      runner.launch(run);
      expect(await bench.over(run)).toMatchObject({ status: 0 });
      expect(await bench.log(run, runner)).toBe(`${96 * 1024}\n`);
    },
  );
});

describe('ending processes', () => {
  // Elsewhere the variables of other processes cannot be read.
  test.runIf(process.platform === 'linux')('what has left the group is found too', async () => {
    const { bench, runner } = await setUp();
    const run = bench.shell(
      [
        "trap '' TERM",
        '(trap "" TERM; sleep 600) & echo $! > child',
        'setsid sh -c "trap \\"\\" TERM; echo \\$\\$ > escaped; sleep 600" &',
        'sleep 600',
      ].join('\n'),
    );
    runner.launch(run);
    const pids = [await pidIn(join(bench.home, 'child')), await pidIn(join(bench.home, 'escaped'))];
    await runner.terminate(run);
    await bench.over(run);
    await until(() => pids.every((pid) => !exists(pid)));
    expect(await processesOf(run.id, undefined)).toEqual([]);
  });

  test('a run that is ended before it began never begins', async () => {
    const { bench, runner } = await setUp();
    const run = bench.shell('touch began');
    runner.launch(run);
    await runner.terminate(run);
    await bench.over(run);
    const claim = readFileSync(join(bench.path('sessions'), `${run.key}.claim`), 'utf8');
    // One that had begun may be ended before its first step.
    if (!/^exit /m.test(claim)) expect(existsSync(join(bench.home, 'began'))).toBe(false);
  });
});

describe('claims', () => {
  test('a second supervisor steps back', async () => {
    const { bench, runner } = await setUp();
    const run = bench.shell('echo once');
    runner.launch(run);
    (await bench.runner()).launch(run);
    expect(await bench.over(run)).toMatchObject({ status: 0 });
    await until(async () => (await processesOf(run.key, undefined)).length === 0);
    expect(await bench.log(run, runner)).toBe('once\n');
  });

  test('a claim without a name is given up after a while', async () => {
    const { bench, runner } = await setUp();
    const run = bench.shell('echo once');
    writeFileSync(join(bench.path('sessions'), `${run.key}.claim`), '');
    expect(await bench.recover(run, runner)).toEqual({ state: 'unclaimed' });
    runner.launch(run);
    await bench.over(run);
    expect(await bench.log(run, runner)).toBe('once\n');
  });

  test.each([
    ['now', '.claim'],
    ['in the last version', '/claimant'],
    ['in earlier versions', '/claim/pid'],
  ])(
    'a process that merely has the number is not the run, as it was claimed %s',
    async (_, name) => {
      const { bench, runner } = await setUp();
      const run = bench.shell('true');
      const claim = `${join(bench.path('sessions'), run.key)}${name}`;
      mkdirSync(dirname(claim), { recursive: true });
      writeFileSync(claim, `${process.pid}\n1\n`);
      expect(await bench.recover(run, runner)).toEqual({
        state: 'ended',
        end: { status: undefined },
      });
    },
  );

  test.each([
    ['now', { '.claim': '2147483647\n1\n\n\nexit 3\n', '.log': 'done\n' }],
    [
      'in earlier versions',
      { '/claimant': '2147483647\n1\n\n\n', '/exit': '3\n', '/log': 'done\n' },
    ],
  ])('how it ended and what it wrote are found, as they were kept %s', async (_, files) => {
    const { bench, runner } = await setUp();
    const run = bench.shell('true');
    const state = join(bench.path('sessions'), run.key);
    mkdirSync(state, { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(`${state}${name}`, text);
    expect(await bench.recover(run, runner)).toMatchObject({ state: 'ended', end: { status: 3 } });
    expect(await bench.log(run, runner)).toBe('done\n');
    await runner.purge(run.key);
    expect(readdirSync(bench.path('sessions'))).toEqual([]);
  });

  test('a process is told by when it began', async () => {
    expect(await isAlive({ pid: process.pid, start: '1', boot: '' })).toBe(false);
    expect(await isAlive({ pid: process.pid, start: '1', boot: 'another boot' })).toBe(false);
    expect(parseIdentity('12')).toBeUndefined();
    expect(parseIdentity('x\n5\n')).toBeUndefined();
    expect(parseIdentity('12\n5')).toBeUndefined();
    expect(parseIdentity('12\n5\n\n')).toEqual({ pid: 12, start: '5', boot: '' });
  });
});
