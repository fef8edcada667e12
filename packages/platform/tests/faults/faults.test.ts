import { Faults } from '@skaha/engine/faults/faults.js';
import { createControls } from '@skaha/identity/controls.js';
import { applyIdentityFault } from '@skaha/identity/faults.js';
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../base/tests/manual-clock.js';
import { create, list, post, send, testPlatform, until } from '../fixtures.js';

const context = '/skaha/v1/context';
const session = '/skaha/v1/session';

test('a fault of the identity services puts back what it found', () => {
  const controls = createControls();
  const faults = new Faults(['oidc-down'], {
    identity: (kind) => applyIdentityFault(kind, controls),
    changed: () => undefined,
  });
  expect(controls.oidc.down).toBe(true);
  controls.oidc.accessTokenSeconds = 77;
  const lift = faults.inject('short-tokens');
  expect(controls.oidc.accessTokenSeconds).toBe(10);
  lift();
  expect(controls.oidc).toMatchObject({ accessTokenSeconds: 77, down: true });
  faults.clear();
  expect(controls.oidc.down).toBe(false);
});

describe('what a fault does', () => {
  const code = async (answer: Promise<unknown>) =>
    await answer.then(
      () => 'answered',
      (error: NodeJS.ErrnoException) => error.code,
    );

  test('lost-response does the work and loses the reply', async () => {
    const platform = await testPlatform();
    platform.faults.inject({ kind: 'lost-response', method: 'POST', first: 1 });
    expect(await code(post(platform, { name: 'lost', cmd: 'true' }))).toBe('ECONNRESET');
    expect(await list(platform)).toEqual([expect.objectContaining({ name: 'lost' })]);
    expect((await post(platform, { cmd: 'true' })).status).toBe(200);
  });

  test('drop-connection does not do the work', async () => {
    const platform = await testPlatform();
    platform.faults.inject({ kind: 'drop-connection', method: 'POST' });
    expect(await code(post(platform))).toBe('ECONNRESET');
    expect(await list(platform)).toEqual([]);
  });

  test('status-503 says when to come again, and names the path behind the endpoint', async () => {
    const platform = await testPlatform({
      faults: [{ kind: 'status-503', path: session, first: 2, retryAfterSeconds: 7 }],
    });
    const answer = await send(platform, 'GET', `${session}/ab12cd34`);
    expect(answer).toMatchObject({
      status: 503,
      headers: { 'retry-after': '7' },
      body: 'temporarily unavailable: ab12cd34\n',
    });
    expect((await send(platform, 'GET', session)).body).toBe('temporarily unavailable: null\n');
    expect((await send(platform, 'GET', session)).status).toBe(200);
  });

  test('reject-create refuses creates only, in the words given', async () => {
    const platform = await testPlatform();
    platform.faults.inject({ kind: 'reject-create', every: 2, message: 'Not today' });
    expect((await post(platform, { cmd: 'true' })).status).toBe(200);
    expect((await send(platform, 'GET', session)).status).toBe(200);
    expect(await post(platform)).toMatchObject({ status: 400, body: 'Not today\n' });
    expect((await post(platform, {}, { token: null })).status).toBe(401);
  });

  test('slow serves a request after its delay, by the clock', async () => {
    const clock = new ManualClock();
    const platform = await testPlatform({ clock });
    platform.faults.inject({ kind: 'slow', delayMs: 60_000, path: context });
    const asleep = clock.sleepers;
    const answer = send(platform, 'GET', context);
    await until(() => clock.sleepers > asleep);
    await clock.advance(60_000);
    expect((await answer).status).toBe(200);
  });

  test('slow-queue keeps sessions Pending until it is lifted', async () => {
    const platform = await testPlatform();
    const lift = platform.faults.inject({ kind: 'slow-queue' });
    await create(platform, { cmd: 'true' });
    expect(await list(platform, '?status=Pending')).toHaveLength(1);
    lift();
    await until(async () => (await list(platform, '?status=Completed')).length === 1);
  });
});
