import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunnerOptions } from '@skaha/engine/ports/runner.js';
import { rlimits } from '@skaha/platform-local/limits/limiter.js';
import { processRunner } from '@skaha/platform-local/process-runner.js';
import { expect, test } from 'vitest';
import { exists, until } from '../../../platform/tests/fixtures.js';
import { RunnerBench } from '../../../platform/tests/runners/set-up.js';

const gated = (name: string) =>
  `while [ ! -e ${name}.go ]; do sleep 0.02; done; echo ${name}; exit 3`;

/** Where no groups hold the limits, no supervisor stands ready. */
const makeWithoutGroups = (parts: RunnerOptions) => processRunner(parts, rlimits);

/** Runs that come close together, until a launcher starts them. */
async function withLauncher() {
  const bench = new RunnerBench(makeWithoutGroups);
  const runner = await bench.runner();
  const note = bench.path('launcher');
  await until(async () => {
    const run = bench.run(['true']);
    runner.launch(run);
    await bench.over(run);
    return existsSync(note);
  });
  const pid = Number(readFileSync(note, 'utf8').split('\n')[0]);
  return { bench, runner, pid };
}

test('what comes close together is started by a launcher, which goes with its platform', async () => {
  const { bench, runner, pid } = await withLauncher();
  expect(exists(pid)).toBe(true);
  const run = bench.shell(gated('one'));
  runner.launch(run);
  await bench.hasStarted(run);
  const claim = join(bench.path('sessions'), `${run.key}.claim`);
  const leader = await until(
    () => existsSync(claim) && (Number(readFileSync(claim, 'utf8').split('\n')[0]) || undefined),
  );
  if (process.platform === 'linux')
    expect(readFileSync(`/proc/${leader}/status`, 'utf8')).toContain(`PPid:\t${pid}\n`);
  await runner.close();
  await until(() => !exists(pid));
  // What it started goes on, and another platform finds it.
  const second = await bench.runner();
  expect(await bench.recover(run, second)).toEqual({ state: 'running' });
  writeFileSync(join(bench.home, 'one.go'), '');
  expect(await bench.over(run)).toMatchObject({ status: 3 });
});

test('no run is lost with a launcher that is killed', async () => {
  const { bench, runner, pid } = await withLauncher();
  const runs = ['one', 'two'].map((name) => bench.shell(gated(name)));
  for (const run of runs) runner.launch(run);
  for (const run of runs) await bench.hasStarted(run);
  process.kill(pid, 'SIGKILL');
  // Not known to be gone yet, or known: it is started all the same, and once.
  const late = bench.shell('echo late; echo x >> count');
  runner.launch(late);
  for (const name of ['one', 'two']) writeFileSync(join(bench.home, `${name}.go`), '');
  for (const run of runs) expect(await bench.over(run)).toMatchObject({ status: 3 });
  expect(await bench.over(late)).toMatchObject({ status: 0 });
  expect(readFileSync(join(bench.home, 'count'), 'utf8')).toBe('x\n');
});

test('a directory that a session left as it was is the next one\u2019s; what it changed is not', async () => {
  const bench = new RunnerBench(processRunner);
  const runner = await bench.runner();
  const seen: string[] = [];
  for (const text of [
    'true',
    'ls -A "$SCRATCH"',
    'chmod 777 "$SCRATCH"',
    'stat -c %a "$SCRATCH"',
    'echo x > "$SCRATCH/x"; rm "$SCRATCH/x"',
    'ls -A "$SCRATCH"',
  ]) {
    const run = bench.shell(text);
    runner.launch(run);
    await bench.over(run);
    seen.push(await bench.log(run, runner));
  }
  expect(seen).toEqual(['', '', '', '700\n', '', '']);
  expect(readdirSync(bench.path('scratch'))).toEqual([]);
});
