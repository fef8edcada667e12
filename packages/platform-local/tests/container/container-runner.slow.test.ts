import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Run } from '@skaha/engine/ports/runner.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../../platform/tests/fixtures.js';
import { skipWithoutPodman, startPodman, type TestPodman } from './podman.js';
import { setUp } from './set-up.js';

const skipped = skipWithoutPodman();

describe.skipIf(skipped)('a container', () => {
  let engine: TestPodman;
  beforeAll(async () => {
    engine = await startPodman();
  });
  afterAll(async () => await engine.stop());

  const containersOf = async (run: Run) =>
    (await engine.docker.listContainers({ all: true })).filter(
      ({ Labels }) => Labels['skaha.session'] === run.key,
    );

  test('runs a session: home, scratch, account, environment, log, status', async () => {
    const { make, shell, over, log, started, reasons, said, home } = await setUp(engine);
    writeFileSync(join(home, 'data'), 'of the user\n');
    const run = shell(
      [
        'pwd; cat data; id -un; echo "$HOME|$ODD|$SCRATCH"',
        'echo kept > made; echo x > /scratch/x; cat /arc/projects/nova/plan; hostname',
        'echo err >&2; printf partial; exit 3',
      ].join('\n'),
    );
    mkdirSync(join(home, '../nova'));
    writeFileSync(join(home, '../nova/plan'), 'plan\n');
    const volumes = [...run.volumes, { kind: 'project', name: 'nova' } as const];
    const environment = { ...run.environment, ODD: ` a=b "c" $d 'é\n` };
    (await make()).launch({ ...run, environment, volumes });
    expect(await over(run)).toEqual({ status: 3, at: expect.any(Number) });
    const lines = log(run);
    expect(lines).toContain(
      `/arc/home/adastra\nof the user\nadastra\n/arc/home/adastra| a=b "c" $d 'é\n|/scratch\nplan\n${run.key}\n`,
    );
    expect(lines).toContain('err\n');
    expect(lines).toContain('partial');
    expect(readFileSync(join(home, 'made'), 'utf8')).toBe('kept\n');
    expect(existsSync(join(home, '../scratch', run.key))).toBe(false);
    expect(started).toEqual([run.key]);
    expect(reasons(run)).toEqual(['Pulled', 'Created']);
    expect(said(run)[0]).toContain('already present on machine');
    expect(await containersOf(run)).toEqual([]);
  });

  test('out of memory is told as such, a kill of its own is not', async () => {
    const { make, describeRun, shell, over } = await setUp(engine);
    const greedy = describeRun(['python3', '-c', 'x = bytearray(300 * 1024 * 1024)'], {
      limits: { cores: 1, memory: 64 * 2 ** 20, processes: 50 },
    });
    const suicide = shell("/bin/sh -c 'kill -9 $$'; exit $?");
    const runner = await make();
    runner.launch(greedy);
    runner.launch(suicide);
    expect(await over(greedy)).toMatchObject({
      status: 137,
      cause: { reason: 'OOMKilled' },
    });
    expect(await over(suicide)).toEqual({ status: 137, at: expect.any(Number) });
  });

  test.each([
    ['an empty command', ['']],
    ['a directory', ['/tmp']],
  ])('%s fails with 127 and says so in the log', async (_, command) => {
    const { make, describeRun, over, log, started } = await setUp(engine);
    const run = describeRun(command);
    (await make()).launch(run);
    expect(await over(run)).toMatchObject({ status: 127 });
    expect(log(run)).toBe(`cannot run "${command[0]}": no such command in this session\n`);
    expect(started).toEqual([]);
    expect(await containersOf(run)).toEqual([]);
  });

  test('a home that is missing refuses the run, and nothing is made in its place', async () => {
    const { make, describeRun, refused, root } = await setUp(engine);
    const run = describeRun(['true'], { user: 'nobody-here' });
    (await make()).launch(run);
    expect(await until(() => refused.get(run.key))).toMatch(/^Cannot start the session: /);
    expect(existsSync(join(root, 'gone'))).toBe(false);
    expect(await containersOf(run)).toEqual([]);
  });

  test('a session without a command is what its image is; one that has none is refused', async () => {
    const { make, describeRun, refused } = await setUp(engine);
    const run = describeRun([]);
    (await make()).launch(run);
    expect(await until(() => refused.get(run.key))).toMatch(/^Cannot start the session: .*command/);
  });

  test('limits hold: cores, memory, processes; no capability is left, and no network but that of its user', async () => {
    const { make, shell, over, log } = await setUp(engine);
    const run = shell(
      [
        'grep -h ^CapEff /proc/self/status; grep -h ^NoNewPrivs /proc/self/status',
        'for i in $(seq 40); do sleep 2 & done 2>&1 | grep -c -i fork; ls /sys/class/net',
      ].join('\n'),
      { limits: { cores: 0.5, memory: 96 * 2 ** 20, processes: 20 } },
    );
    const runner = await make();
    runner.launch(run);
    const { HostConfig } = await until(async () => {
      const [found] = await containersOf(run);
      return found === undefined ? undefined : engine.docker.getContainer(found.Id).inspect();
    });
    expect(HostConfig).toMatchObject({
      NanoCpus: 5e8,
      Memory: 96 * 2 ** 20,
      MemorySwap: 96 * 2 ** 20,
      PidsLimit: 20,
    });
    await over(run);
    expect(log(run)).toMatch(/^CapEff:\t0{16}\nNoNewPrivs:\t1\n[1-9]\d*\neth0\nlo\n$/);
  });
});
