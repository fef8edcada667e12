import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ManualClock } from '../../../../base/tests/manual-clock.js';
import { until } from '../../fixtures.js';
import { layerOfLinks } from './engine.js';
import { skipWithoutPodman, startPodman, type TestPodman } from './podman.js';
import { startRegistry, type TestRegistry } from './registry.js';
import { setUp } from './set-up.js';

const skipped = skipWithoutPodman();

describe.skipIf(skipped)('images', () => {
  let open: TestRegistry;
  let closed: TestRegistry;
  let engine: TestPodman;
  beforeAll(async () => {
    const layer = layerOfLinks();
    open = await startRegistry(layer);
    closed = await startRegistry(layer, 'ada:swordfish');
    engine = await startPodman([open.host, closed.host]);
  });
  afterAll(async () => {
    await engine.stop();
    await open.stop();
    await closed.stop();
  });

  const login = { username: 'ada', secret: 'swordfish', isPrivate: true };

  test('an image is pulled once, runs its own command, and is here the next time', async () => {
    const { make, describeRun, over, log, reasons, said } = await setUp(engine);
    const runner = await make();
    const first = describeRun([], { image: open.image });
    runner.launch(first);
    expect(await over(first)).toMatchObject({ status: 0 });
    expect(log(first)).toBe('own words\n');
    expect(reasons(first)).toEqual(['Pulling', 'Pulled', 'Created']);
    expect(said(first)[0]).toBe(`Pulling image "${open.image}"`);
    expect(said(first)[1]).toMatch(/^Successfully pulled image "[^"]+" in \d+\.\ds$/);
    const asked = open.requests.length;
    const second = describeRun([], { image: open.image, args: ['other', 'args'] });
    runner.launch(second);
    await over(second);
    expect(log(second)).toBe('own other args\n');
    expect(reasons(second)).toEqual(['Pulled', 'Created']);
    expect(open.requests).toHaveLength(asked);
  });

  test('a private image is for those whose login the registry takes, also when it is here', async () => {
    const { make, describeRun, over, said, reasons, root } = await setUp({
      ...engine,
      clock: new ManualClock(),
    });
    const runner = await make();
    const run = describeRun([], { image: closed.image });
    await runner.keepLogin?.(run.key, login);
    const kept = join(root, 'sessions', run.key, 'registry-login');
    expect(statSync(kept).mode & 0o777).toBe(0o600);
    runner.launch(run);
    expect(await over(run)).toMatchObject({ status: 0 });
    expect(existsSync(kept)).toBe(false);
    expect(closed.requests.at(-1)).toMatchObject({ login: 'ada:swordfish' });

    const stranger = describeRun([], { image: closed.image });
    await runner.keepLogin?.(stranger.key, { ...login, username: 'eve', secret: 'rosebud' });
    runner.launch(stranger);
    await until(() => reasons(stranger).includes('BackOff'));
    expect(said(stranger).join('\n')).not.toContain('rosebud');
    expect(JSON.stringify([...said(run), ...said(stranger)])).not.toContain('swordfish');
    await runner.terminate(stranger);
    expect(await over(stranger)).toEqual({ status: undefined });
  });

  test('a pull that fails is told as a cluster tells it, and tried again with growing pauses', async () => {
    const clock = new ManualClock();
    const { make, describeRun, over, said, reasons, started } = await setUp({ ...engine, clock });
    const runner = await make();
    open.offers = false;
    const image = `${open.host}/team/tool:1.0`;
    const run = describeRun([], { image });
    await runner.keepLogin?.(run.key, login);
    runner.launch(run);
    const attempts = () => reasons(run).filter((reason) => reason === 'BackOff').length;
    await until(() => attempts() === 1 && clock.sleepers === 1);
    expect(reasons(run)).toEqual(['Pulling', 'Failed', 'Failed', 'BackOff', 'Failed']);
    expect(said(run)[1]).toMatch(/^Failed to pull image "[^"]+": .*manifest/);
    expect(said(run).slice(2)).toEqual([
      'Error: ErrImagePull',
      `Back-off pulling image "${image}"`,
      'Error: ImagePullBackOff',
    ]);
    await clock.advance(10_000);
    await until(() => attempts() === 2 && clock.sleepers === 1);
    await clock.advance(19_000);
    expect(attempts()).toBe(2);
    expect(started).toEqual([]);
    open.offers = true;
    await clock.advance(1_000);
    expect(await over(run)).toMatchObject({ status: 0 });
  });

  test('an image that is not here and may not be pulled is told as such', async () => {
    const { make, describeRun, said, reasons, over } = await setUp({
      clock: new ManualClock(),
      settings: { ...engine.settings, pull: 'never' },
    });
    const runner = await make();
    const run = describeRun([], { image: `${open.host}/team/other:1.0` });
    runner.launch(run);
    await until(() => said(run).length === 2);
    expect(reasons(run)).toEqual(['Failed', 'Failed']);
    expect(said(run)[1]).toBe('Error: ErrImageNeverPull');
    await runner.terminate(run);
    await over(run);
  });
});
