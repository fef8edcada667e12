import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { silent } from '../../src/logger.js';
import { ProcessRunner } from '../../src/runners/process-runner.js';
import { isAlive, parseIdentity, processesOf } from '../../src/runners/processes.js';
import { supervisorScript } from '../../src/runners/supervisor.js';
import type { Run, RunEnd } from '../../src/runners/types.js';
import { exists, temporaryDirectory, until } from '../fixtures.js';

let counter = 0;

/** A runner with everything it needs, and what it reported. */
function setUp(root = temporaryDirectory(), graceMs = 300) {
  for (const name of ['sessions', 'scratch', 'home']) {
    mkdirSync(join(root, name), { recursive: true });
  }
  const script = join(root, 'supervisor.sh');
  writeFileSync(script, supervisorScript);
  const home = join(root, 'home');
  const started: string[] = [];
  const ended = new Map<string, RunEnd>();
  const refused = new Map<string, string>();
  const make = () => {
    const runner = new ProcessRunner({
      sessions: join(root, 'sessions'),
      scratch: join(root, 'scratch'),
      script,
      clock: systemClock,
      logger: silent,
      graceMs,
      listener: {
        started: (key) => started.push(key),
        ended: (key, end) => ended.set(key, end),
        refused: (key, reason) => refused.set(key, reason),
      },
    });
    onTestFinished(() => runner.close());
    return runner;
  };
  const describeRun = (command: readonly string[], more: Partial<Run> = {}): Run => {
    counter += 1;
    const key = `r${process.pid}x${counter}`;
    const environment = { skaha_sessionid: key, HOME: home };
    return { key, id: key, kind: 'headless', image: 'i', command, environment, home, ...more };
  };
  const log = (run: Run) => readFileSync(join(root, 'sessions', run.key, 'log'), 'utf8');
  const over = async (run: Run) => await until(() => ended.get(run.key));
  const shell = (text: string, name = `s${counter}.sh`) => {
    writeFileSync(join(home, name), text);
    return describeRun(['sh', name]);
  };
  const scratch = (run: Run) => join(root, 'scratch', run.key);
  return { make, describeRun, shell, log, over, started, ended, refused, root, home, scratch };
}

/** A number that a script of the test writes to a file of the home. */
const pidIn = async (path: string) =>
  await until(() => existsSync(path) && Number(readFileSync(path, 'utf8')));

describe('running', () => {
  test('a run has its output, its exit status, and a scratch space that is emptied', async () => {
    const { make, shell, over, log, started, scratch } = setUp();
    const run = shell('echo out; echo err >&2; touch "$SCRATCH/x" "$TMPDIR/y"; pwd; exit 3');
    make().launch(run);
    expect(await over(run)).toMatchObject({ status: 3 });
    expect(log(run)).toBe(`out\nerr\n${run.home}\n`);
    expect(started).toEqual([run.key]);
    expect(existsSync(scratch(run))).toBe(false);
  });

  test('the environment is clean: nothing of the platform leaks, nothing of the user is lost', async () => {
    process.env['SKAHA_TEST_LEAK'] = 'swordfish';
    onTestFinished(() => {
      delete process.env['SKAHA_TEST_LEAK'];
    });
    const { make, describeRun, over, log } = setUp();
    const run = describeRun(['env']);
    const environment = { ...run.environment, ODD: 'a b=c\n"$x"', _skaha_state: 'mine' };
    make().launch({ ...run, environment });
    await over(run);
    const names = [...log(run).matchAll(/^([A-Za-z_]+)=/gm)].map(([, name]) => name);
    expect(new Set(names)).toEqual(
      new Set([
        'HOME',
        'LANG',
        'ODD',
        'PATH',
        'PWD',
        'SCRATCH',
        'TMPDIR',
        '_skaha_state',
        'skaha_sessionid',
        ...names.filter((name) => ['OLDPWD', 'SHLVL', '_'].includes(name ?? '')),
      ]),
    );
    expect(log(run)).toContain('ODD=a b=c\n"$x"\n');
  });

  test.each([
    ['a word that is no command', ['nosuch'], 127],
    ['an empty command', [''], 127],
    ['a shell builtin', ['exit', '5'], 127],
    ['a directory', ['/tmp'], 127],
    ['a missing path', ['./nothing'], 127],
    ['an option', ['-c', 'id'], 127],
  ])('%s fails with 127 and says so in the log', async (_, command, status) => {
    const { make, describeRun, over, log } = setUp();
    const run = describeRun(command);
    make().launch(run);
    expect(await over(run)).toMatchObject({ status });
    expect(log(run)).toBe(`cannot run "${command[0]}": no such command in this session\n`);
  });

  test('a command killed by a signal leaves 128 plus its number, and no word of the shell', async () => {
    const { make, shell, over, log } = setUp();
    const run = shell('kill -9 $$');
    make().launch(run);
    expect(await over(run)).toMatchObject({ status: 137 });
    expect(log(run)).toBe('');
  });

  test('a home that is missing refuses the run', async () => {
    const { make, describeRun, refused, root } = setUp();
    const run = describeRun(['true'], { home: join(root, 'gone') });
    make().launch(run);
    expect(await until(() => refused.get(run.key))).toMatch(/^Cannot start the session: /);
  });

  test('a run whose state cannot be written is refused, and its command never starts', async () => {
    const { make, shell, refused, root, home } = setUp();
    const run = shell('touch began');
    // A directory in the way stands for a disk that is full.
    const script = join(root, 'supervisor.sh');
    const blocked = supervisorScript.replace(
      'claim" || exit',
      'claim" "$_skaha_state/claim/pid.new" || exit',
    );
    writeFileSync(script, blocked);
    make().launch(run);
    expect(await until(() => refused.get(run.key))).toBe(
      'Cannot start the session: its state cannot be written',
    );
    expect(existsSync(join(home, 'began'))).toBe(false);
  });

  test('what cannot be run is said before it is tried', () => {
    const { make, describeRun } = setUp();
    const runner = make();
    expect(runner.obstacle(describeRun(['true']))).toBeUndefined();
    expect(runner.obstacle(describeRun([], { image: 'a/b:c' }))).toContain(
      'a/b:c names no command',
    );
    expect(runner.obstacle(describeRun([], { kind: 'carta' }))).toContain('cannot run a carta');
  });
});

describe('ending', () => {
  test('a run that listens to SIGTERM ends by it', async () => {
    const { make, shell, over, log, started } = setUp(undefined, 60_000);
    const run = shell(
      'exec 2>/dev/null; trap "echo bye; exit 0" TERM; echo up; while :; do sleep 0.01; done',
    );
    const runner = make();
    runner.launch(run);
    await until(() => started.length > 0 && log(run).includes('up'));
    await runner.terminate(run);
    expect(await over(run)).toMatchObject({ status: 0 });
    expect(log(run)).toBe('up\nbye\n');
  });

  test('a run that does not listen is killed after the grace, with all it started', async () => {
    const { make, shell, over, home } = setUp();
    const run = shell(
      [
        "trap '' TERM",
        '(trap "" TERM; sleep 600) & echo $! > child',
        'setsid sh -c "trap \\"\\" TERM; echo \\$\\$ > escaped; sleep 600" &',
        'sleep 600',
      ].join('\n'),
    );
    const runner = make();
    runner.launch(run);
    const pids = [await pidIn(join(home, 'child')), await pidIn(join(home, 'escaped'))];
    await runner.terminate(run);
    await over(run);
    await until(() => pids.every((pid) => !exists(pid)));
    expect(await processesOf(run.id, undefined)).toEqual([]);
  });

  test('what a finished command left running ends with it', async () => {
    const { make, shell, over, home } = setUp();
    const run = shell('setsid sleep 600 & sleep 600 & echo $! > left');
    make().launch(run);
    const left = await pidIn(join(home, 'left'));
    expect(await over(run)).toMatchObject({ status: 0 });
    await until(() => !exists(left));
    expect(await processesOf(run.id, undefined)).toEqual([]);
  });

  test('a run that is ended before it began never begins', async () => {
    const { make, shell, over, home } = setUp();
    const run = shell('touch began');
    const runner = make();
    runner.launch(run);
    await runner.terminate(run);
    await over(run);
    const claim = readdirSync(join(home, '..', 'sessions', run.key));
    expect(claim).toContain('claim');
    expect(existsSync(join(home, 'began'))).toBe(claim.includes('exit'));
  });

  test('ending a run twice, or one that is unknown, does nothing', async () => {
    const { make, describeRun, over } = setUp();
    const run = describeRun(['true']);
    const runner = make();
    runner.launch(run);
    await over(run);
    await runner.terminate(run);
    await runner.terminate(describeRun(['true']));
    expect(await runner.recover(run)).toMatchObject({ state: 'ended', end: { status: 0 } });
  });
});

describe('finding runs again', () => {
  test('a run that still runs is watched to its end by another runner', async () => {
    const { make, shell, over, home, started, log } = setUp();
    const run = shell('echo up; while [ ! -e go ]; do sleep 0.01; done; echo done; exit 7');
    const first = make();
    first.launch(run);
    await until(() => started.length > 0 && log(run).includes('up'));
    await first.close();
    expect(await make().recover(run)).toEqual({ state: 'running' });
    writeFileSync(join(home, 'go'), '');
    expect(await over(run)).toMatchObject({ status: 7 });
    expect(log(run)).toBe('up\ndone\n');
  });

  test('a run that ended meanwhile has its status and its time', async () => {
    const { make, shell, root } = setUp();
    const run = shell('exit 4');
    const first = make();
    first.launch(run);
    await first.close();
    await until(() => existsSync(join(root, 'sessions', run.key, 'exit')));
    const found = await make().recover(run);
    expect(found).toMatchObject({ state: 'ended', end: { status: 4, at: expect.any(Number) } });
  });

  test('a run nobody claimed can be launched; a second supervisor steps back', async () => {
    const { make, shell, over, log } = setUp();
    const run = shell('echo once');
    const runner = make();
    expect(await runner.recover(run)).toEqual({ state: 'unclaimed' });
    runner.launch(run);
    make().launch(run);
    expect(await over(run)).toMatchObject({ status: 0 });
    await pause(50);
    expect(log(run)).toBe('once\n');
  });

  test('a claim without a name is given up after a while', async () => {
    const { make, shell, root, over, log } = setUp();
    const run = shell('echo once');
    mkdirSync(join(root, 'sessions', run.key, 'claim'), { recursive: true });
    const runner = make();
    expect(await runner.recover(run)).toEqual({ state: 'unclaimed' });
    runner.launch(run);
    await over(run);
    expect(log(run)).toBe('once\n');
  });

  test('a process that merely has the number is not the run', async () => {
    const { make, shell, root } = setUp();
    const run = shell('true');
    const claim = join(root, 'sessions', run.key, 'claim');
    mkdirSync(claim, { recursive: true });
    writeFileSync(join(claim, 'pid'), `${process.pid}\n1\n`);
    const found = await make().recover(run);
    expect(found).toEqual({ state: 'ended', end: { status: undefined } });
    expect(await isAlive({ pid: process.pid, start: '1', boot: '' })).toBe(false);
    expect(await isAlive({ pid: process.pid, start: '1', boot: 'another boot' })).toBe(false);
    expect(parseIdentity('12')).toBeUndefined();
    expect(parseIdentity('x\n5')).toBeUndefined();
  });

  test('tidying ends and removes the runs of sessions that are not known', async () => {
    const { make, shell, root, home } = setUp();
    const run = shell('echo $$ > pid; sleep 600');
    const first = make();
    first.launch(run);
    const pid = await pidIn(join(home, 'pid'));
    await first.close();
    mkdirSync(join(root, 'scratch', 'orphan'));
    await make().tidy(() => true);
    expect(exists(pid)).toBe(true);
    await make().tidy(() => false);
    await until(() => !exists(pid));
    expect(readdirSync(join(root, 'sessions'))).toEqual([]);
    expect(readdirSync(join(root, 'scratch'))).toEqual([]);
  });
});
