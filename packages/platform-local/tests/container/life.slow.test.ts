import { readdirSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import type { Run } from '@skaha/engine/ports/runner.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../../platform/tests/fixtures.js';
import { skipWithoutPodman, startPodman, type TestPodman } from './podman.js';
import { setUp } from './set-up.js';

const skipped = skipWithoutPodman();

describe.skipIf(skipped)('the life of a container', () => {
  let engine: TestPodman;
  beforeAll(async () => {
    engine = await startPodman();
  });
  afterAll(async () => await engine.stop());

  const containersOf = async (run: Run) =>
    (await engine.docker.listContainers({ all: true })).filter(
      ({ Labels }) => Labels['skaha.session'] === run.key,
    );

  test('a run that does not listen is killed after the grace, and that is no lack of memory', async () => {
    const { make, shell, over, started } = await setUp(engine);
    const run = shell('trap "" TERM; setsid sleep 600 & sleep 600');
    const runner = await make();
    runner.launch(run);
    await until(() => started.length > 0);
    await runner.terminate(run);
    const end = await over(run);
    expect(end).toMatchObject({ status: 137 });
    expect(end.cause).toBeUndefined();
    expect(await containersOf(run)).toEqual([]);
    await runner.terminate(run);
  });

  test('a run that still runs is watched to its end by another runner, with its whole output', async () => {
    const { make, shell, over, recover, home, started, log } = await setUp(engine);
    const run = shell(
      'i=0; while [ ! -e go ]; do i=$((i+1)); echo $i; sleep 0.01; done; echo done; exit 7',
    );
    const first = await make();
    first.launch(run);
    await until(() => started.length > 0 && log(run).includes('5\n'));
    await first.close();
    expect(await recover(await make(), run)).toEqual({ state: 'running' });
    writeFileSync(join(home, 'go'), '');
    expect(await over(run)).toMatchObject({ status: 7 });
    const lines = log(run).trimEnd().split('\n');
    expect(lines.pop()).toBe('done');
    expect(lines).toEqual(lines.map((_, index) => String(index + 1)));
  });

  test('a container that was only made is not taken for a run; one that is gone is not run again', async () => {
    const { make, shell, recover, started, log } = await setUp(engine);
    const run = shell('echo once; sleep 600');
    const runner = await make();
    expect(await recover(runner, run)).toEqual({ state: 'unclaimed' });
    runner.launch(run);
    await until(() => started.length > 0 && log(run).includes('once'));
    await runner.close();
    for (const { Id } of await containersOf(run)) {
      await engine.docker.getContainer(Id).remove({ force: true });
    }
    expect(await recover(await make(), run)).toEqual({
      state: 'ended',
      end: { status: undefined },
    });
  });

  test('the engine may be restarted meanwhile', async () => {
    const { make, shell, over, home, started, log, troubles } = await setUp(engine);
    const run = shell('echo one; while [ ! -e go ]; do sleep 0.05; done; echo two; exit 5');
    const runner = await make();
    runner.launch(run);
    await until(() => started.length > 0 && log(run).includes('one'));
    await engine.restart(async () => {
      // The session goes on, and ends, while nobody answers.
      writeFileSync(join(home, 'go'), '');
    });
    expect(await over(run)).toMatchObject({ status: 5 });
    expect(log(run)).toBe('one\ntwo\n');
    // An engine that is back before it is asked again was never missed.
    for (const trouble of troubles.filter((one) => one !== undefined))
      expect(trouble).toMatch(/^the container engine: /);
    expect(troubles.at(-1)).toBeUndefined();
  });

  test('a run waits for an engine that does not answer', async () => {
    const { make, shell, over, reasons } = await setUp(engine);
    const run = shell('exit 6');
    const runner = await make();
    await engine.restart(async () => {
      runner.launch(run);
      await until(() => reasons(run).includes('FailedCreatePodSandBox'));
      await runner.terminate(run);
    });
    expect(await over(run)).toEqual({ status: undefined });
  });

  test('tidying removes the containers and files of sessions that are not known, and no others', async () => {
    const { make, shell, root, started } = await setUp(engine);
    const other = await setUp(engine);
    const run = shell('sleep 600');
    const foreign = other.shell('sleep 600');
    const first = await make();
    const second = await other.make();
    first.launch(run);
    second.launch(foreign);
    await until(() => started.length > 0 && other.started.length > 0);
    await first.close();
    const third = await make();
    await third.tidy(() => true);
    expect(await containersOf(run)).toHaveLength(1);
    await third.tidy(() => false);
    expect(await containersOf(run)).toEqual([]);
    expect(readdirSync(join(root, 'sessions'))).toEqual([]);
    expect(await containersOf(foreign)).toHaveLength(1);
    await second.terminate(foreign);
    await second.purge(foreign.key);
    expect(readdirSync(join(other.root, 'sessions'))).toEqual([]);
  });

  test('a page is reached at a port of this machine once it answers, and found again', async () => {
    const { make, shell, recover, started, over, log } = await setUp(engine);
    const run = shell('echo "port $PORT"; sleep 0.5; exec python3 -m http.server "$PORT"', {
      kind: 'contributed',
      network: 'host',
      page: { port: 5000, socket: false },
    });
    const runner = await make();
    runner.launch(run);
    expect(await runner.endpoint(run.key)).toBeUndefined();
    await until(() => started.length > 0);
    expect(log(run)).toContain('port 5000\n');
    const endpoint = await runner.endpoint(run.key);
    expect(endpoint).toEqual({ host: '127.0.0.1', port: expect.any(Number) });
    const status = await new Promise((resolve, reject) => {
      get({ ...endpoint, path: '/' }, ({ statusCode }) => resolve(statusCode)).on('error', reject);
    });
    expect(status).toBe(200);
    await runner.close();
    const next = await make();
    expect(await recover(next, run)).toEqual({ state: 'pending', queued: false });
    expect(await next.endpoint(run.key)).toEqual(endpoint);
    await next.terminate(run);
    await over(run);
  });
});
