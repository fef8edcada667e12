import { execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Run, Runner } from '@skaha/engine/ports/runner.js';
import { chooseLimiter } from '@skaha/platform-local/limits/choose.js';
import { processRunner } from '@skaha/platform-local/process-runner.js';
import { writersOf } from '@skaha/platform-local/processes/processes.js';
import { installScripts, standbyScript } from '@skaha/platform-local/supervisors/scripts.js';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { exists, temporaryDirectory, until } from '../../../platform/tests/fixtures.js';
import { RunnerBench } from '../../../platform/tests/runners/set-up.js';

const limiter = chooseLimiter(`probe${process.pid}`);
const hasGroups = limiter.name.startsWith('cgroup');
limiter.close();

const gated = (name: string) => `while [ ! -e ${name}.go ]; do sleep 0.02; done; exit 3`;

/** The supervisor of a run. */
const supervisorOf = (bench: RunnerBench, { key }: Run): number =>
  Number(readFileSync(join(bench.path('sessions'), `${key}.claim`), 'utf8').split('\n')[0]);

/** Runs that come one after the other, until two have the same supervisor. */
async function reused(bench: RunnerBench, runner: Runner): Promise<number> {
  let before = 0;
  return await until(async () => {
    const run = bench.run(['true']);
    runner.launch(run);
    await bench.over(run);
    const last = before;
    before = supervisorOf(bench, run);
    return last === before ? last : undefined;
  });
}

/** A runner with a supervisor that stands ready. */
async function withStandby() {
  const bench = new RunnerBench(processRunner);
  const runner = await bench.runner();
  const pid = await reused(bench, runner);
  const inIt = async (run: Run): Promise<void> => {
    runner.launch(run);
    await until(() => claimed(bench, run));
    expect(supervisorOf(bench, run)).toBe(pid);
  };
  return { bench, runner, pid, inIt };
}

const isStopped = (pid: number | undefined): boolean =>
  /\) T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

function claimed(bench: RunnerBench, run: Run): boolean {
  try {
    return supervisorOf(bench, run) > 1;
  } catch {
    return false;
  }
}

describe.skipIf(!hasGroups)('a supervisor that stands ready (needs control groups)', () => {
  test('gives each session its own words and variables as they are, and nothing of another', async () => {
    const { bench, runner, inIt } = await withStandby();
    const odd = `it's "odd" \\ $(touch harm) \${HOME} \`x\`\nand\n two  lines; éè \u0001`;
    const home = bench.homeInside || bench.home;
    const environment = { HOME: home, ODD: odd, 'not-a.name': odd, LONG: 'x'.repeat(20_000) };
    const first = bench.run(['printf', '<%s>', odd, '', '-n', '*'], {
      environment: { ...environment, skaha_sessionid: 'first' },
    });
    await inIt(first);
    expect(await bench.over(first)).toMatchObject({ status: 0 });
    expect(await bench.log(first, runner)).toBe(`<${odd}><><-n><*>`);
    const second = bench.run(['env', '-0'], { environment: { ...environment, LONG: 'y' } });
    await inIt(second);
    await bench.over(second);
    const variables = (await bench.log(second, runner)).split('\0');
    expect(variables).toContain(`ODD=${odd}`);
    expect(variables).toContain(`not-a.name=${odd}`);
    expect(variables).toContain('LONG=y');
    const third = bench.run(['env']);
    await inIt(third);
    await bench.over(third);
    const names = (await bench.log(third, runner)).split('\n').map((line) => line.split('=')[0]);
    expect(names.filter((name) => /^(ODD|LONG|not-a|_)/.test(name ?? ''))).toEqual([]);
  });

  test('counts the memory of each session by itself', async () => {
    const { bench, runner, inIt } = await withStandby();
    const large = bench.shell('head -c 100000000 /dev/zero | tail -c 100000000 | wc -c');
    await inIt(large);
    await bench.over(large);
    const small = bench.shell(gated('small'));
    await inIt(small);
    const usage = await until(() => bench.usage(small, runner));
    expect(usage.peakMemory).toBeGreaterThan(0);
    expect(usage.peakMemory).toBeLessThan(50e6);
    writeFileSync(join(bench.home, 'small.go'), '');
    await bench.over(small);
  });

  test('goes with what a session leaves behind, and the next session runs', async () => {
    const { bench, runner, pid, inIt } = await withStandby();
    const run = bench.shell('setsid sleep 300 & echo $!; exit 4');
    await inIt(run);
    expect(await bench.over(run)).toMatchObject({ status: 4 });
    expect(exists(Number(await bench.log(run, runner)))).toBe(false);
    expect(exists(pid)).toBe(false);
    const next = bench.shell('exit 5');
    runner.launch(next);
    expect(await bench.over(next)).toMatchObject({ status: 5 });
  });

  test('that is killed takes its session with it, and no other', async () => {
    const { bench, runner, pid, inIt } = await withStandby();
    const run = bench.shell('sleep 300');
    await inIt(run);
    process.kill(pid, 'SIGKILL');
    expect(await bench.over(run)).toMatchObject({ status: undefined });
    const next = bench.shell('echo x >> count');
    runner.launch(next);
    expect(await bench.over(next)).toMatchObject({ status: 0 });
    expect(readFileSync(join(bench.home, 'count'), 'utf8')).toBe('x\n');
  });

  test('is killed while it waits: the next session runs all the same, once', async () => {
    const { bench, runner, pid } = await withStandby();
    process.kill(pid, 'SIGKILL');
    const next = bench.shell('echo x >> count');
    runner.launch(next);
    expect(await bench.over(next)).toMatchObject({ status: 0 });
    expect(readFileSync(join(bench.home, 'count'), 'utf8')).toBe('x\n');
  });

  test('is killed after it claimed a session and before it said so: the session runs, once', async () => {
    const { bench, runner, pid } = await withStandby();
    const run = bench.shell('echo x >> count');
    process.kill(pid, 'SIGSTOP');
    runner.launch(run);
    await until(() => bench.started.includes(run.key));
    writeFileSync(join(bench.path('sessions'), `${run.key}.claim`), '');
    process.kill(pid, 'SIGKILL');
    expect(await bench.over(run)).toMatchObject({ status: 0 });
    expect(readFileSync(join(bench.home, 'count'), 'utf8')).toBe('x\n');
  });

  test('is stopped after it claimed a session, and another platform recovers that: it runs once', async () => {
    const bench = new RunnerBench(processRunner);
    const runner = await bench.runner();
    const claimed = '_skaha_report=unrecorded\n';
    expect(standbyScript).toContain(claimed);
    const stopping = standbyScript.split(claimed).join(`${claimed}kill -STOP $$\n`);
    writeFileSync(bench.path('standby.sh'), stopping);
    const run = bench.shell('echo x >> count');
    runner.launch(run);
    const [pid = 0] = await until(async () => {
      const claim = join(bench.path('sessions'), `${run.key}.claim`);
      const writers = existsSync(claim) ? await writersOf(claim) : [];
      return writers.length > 0 && isStopped(writers[0]) && writers;
    });
    await runner.close();
    const second = await bench.runner();
    // Who only reads it, as a backup does, goes on.
    const reader = await open(join(bench.path('sessions'), `${run.key}.claim`));
    expect(await bench.recover(run, second)).toEqual({ state: 'unclaimed' });
    await until(() => !exists(pid));
    await reader.close();
    second.launch(run);
    expect(await bench.over(run)).toMatchObject({ status: 0 });
    expect(readFileSync(join(bench.home, 'count'), 'utf8')).toBe('x\n');
  });

  test('that does not report in time is ended, and another one takes its place', async () => {
    const bench = new RunnerBench(processRunner);
    const runner = await bench.runner();
    const path = bench.path('standby.sh');
    writeFileSync(path, 'echo $$ > "$1/../silent"; exec sleep 300');
    const run = bench.shell('echo x >> count');
    runner.launch(run);
    const silent = await until(() => Number(textOf(bench.path('silent'))) || undefined);
    writeFileSync(path, standbyScript);
    expect(await bench.over(run)).toMatchObject({ status: 0 });
    expect(readFileSync(join(bench.home, 'count'), 'utf8')).toBe('x\n');
    await until(() => !exists(silent));
    // For some seconds none is made.
    const now = performance.now();
    vi.spyOn(performance, 'now').mockReturnValue(now + 60_000);
    onTestFinished(() => void vi.restoreAllMocks());
    await reused(bench, runner);
  });

  test('begins no session whose log cannot be made', async () => {
    const { bench, runner } = await withStandby();
    const run = bench.shell('echo x >> count');
    mkdirSync(join(bench.path('sessions'), `${run.key}.log`));
    runner.launch(run);
    await until(() => bench.refused.has(run.key));
    expect(bench.refused.get(run.key)).toContain('cannot be written');
    expect(existsSync(join(bench.home, 'count'))).toBe(false);
  });

  test('leaves a session to another that may be too long for the system', async () => {
    const { bench, runner } = await withStandby();
    const run = bench.run(['true', 'x'.repeat(140_000)]);
    runner.launch(run);
    await until(() => bench.refused.has(run.key));
    expect(bench.refused.get(run.key)).toContain('too long for this machine');
  });

  test('ends its session without a platform; of those before it another platform ends nothing', async () => {
    const { bench, runner, pid, inIt } = await withStandby();
    const [before, forgotten, run] = ['exit 6', 'exit 7', gated('one')].map((text) =>
      bench.shell(text),
    ) as [Run, Run, Run];
    for (const one of [before, forgotten]) {
      await inIt(one);
      await bench.over(one);
    }
    await inIt(run);
    await runner.close();
    const second = await bench.runner();
    await second.tidy((key) => key === before.key || key === run.key);
    expect(await bench.recover(before, second)).toMatchObject({
      state: 'ended',
      end: { status: 6 },
    });
    expect(await bench.recover(run, second)).toEqual({ state: 'running' });
    writeFileSync(join(bench.home, 'one.go'), '');
    expect(await bench.over(run)).toMatchObject({ status: 3 });
    await until(() => !exists(pid));
  });
});

test('a supervisor that stands ready ends what is left of its session when its platform was killed', async () => {
  const sessions = temporaryDirectory();
  const { standby, starter } = installScripts(temporaryDirectory());
  const order = join(sessions, 'order');
  writeFileSync(
    order,
    `set -- . ${starter} any / ${process.env['PATH']} 0 sh -c 'sleep 300 & echo $!; read -r _ < ${sessions}/go'\nreturn 0\n`,
  );
  execFileSync('mkfifo', [join(sessions, 'go')]);
  const descriptor = openSync(order, 'r');
  const child = spawn('/bin/sh', [standby, sessions], {
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore', descriptor],
  });
  closeSync(descriptor);
  child.stdin?.end('one\n');
  const left = await until(() => Number(textOf(join(sessions, 'one.log'))));
  // As the end of a platform closes it.
  child.stdout?.destroy();
  await until(() => child.stdout?.closed);
  writeFileSync(join(sessions, 'go'), 'now\n');
  await until(() => textOf(join(sessions, 'one.claim')).endsWith('\nexit 0\n'));
  await until(() => !exists(left));
});

const textOf = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');
