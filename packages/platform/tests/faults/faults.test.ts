import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { IdentityFaultKind } from '@skaha/engine/faults/fault.js';
import { Faults } from '@skaha/engine/faults/faults.js';
import { holdOf } from '@skaha/engine/faults/holds.js';
import { RequestLog } from '@skaha/engine/faults/request-log.js';
import { createControls } from '@skaha/identity/controls.js';
import { applyIdentityFault } from '@skaha/identity/faults.js';
import { describe, expect, test } from 'vitest';
import { create, list, post, send, testPlatform, until } from '../fixtures.js';
import { ManualClock } from '../manual-clock.js';

const context = '/skaha/v1/context';
const session = '/skaha/v1/session';

const targets = (changed: () => void = () => undefined, controls = createControls()) => ({
  identity: (kind: IdentityFaultKind) => applyIdentityFault(kind, controls),
  changed,
});

const asked = (method: string, url: string) => {
  const request = new IncomingMessage(new Socket());
  return Object.assign(request, { method, url });
};

describe('which request meets a fault', () => {
  test('method, beginning of the path, every n-th, the first n', () => {
    const faults = new Faults([], targets());
    const meet = (method: string, path: string) => faults.meet(asked(method, path)).length;
    faults.inject({ kind: 'drop-connection', method: 'get', path: `${session}?view=stats` });
    expect([meet('GET', session), meet('POST', `${session}?view=stats`)]).toEqual([0, 0]);
    expect(meet('GET', `${session}?view=stats&x=1`)).toBe(1);
    faults.clear();
    faults.inject({ kind: 'lost-response', every: 3, first: 2 });
    const met = Array.from({ length: 12 }, () => meet('GET', context));
    expect(met).toEqual([0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  });

  test('a fault is lifted by its own function, or by name; others stay', () => {
    let changes = 0;
    const count = () => {
      changes += 1;
    };
    const faults = new Faults([{ kind: 'slow-queue' }], targets(count));
    const lift = faults.inject('slow,delayMs=5');
    expect(faults.active.map(({ kind }) => kind)).toEqual(['slow-queue', 'slow']);
    lift();
    expect(faults.active).toEqual([{ kind: 'slow-queue' }]);
    expect(holdOf(faults)).toBeDefined();
    expect(faults.meet(asked('GET', context))).toEqual([]);
    faults.inject('pull-failed');
    faults.clear('slow-queue');
    expect(faults.active).toEqual([{ kind: 'pull-failed' }]);
    faults.clear();
    expect(holdOf(faults)).toBeUndefined();
    expect(changes).toBe(5);
  });

  test('a fault of the identity services puts back what it found', () => {
    const controls = createControls();
    const faults = new Faults(
      ['oidc-down'],
      targets(() => undefined, controls),
    );
    expect(controls.oidc.down).toBe(true);
    controls.oidc.accessTokenSeconds = 77;
    const lift = faults.inject('short-tokens');
    expect(controls.oidc.accessTokenSeconds).toBe(10);
    lift();
    expect(controls.oidc).toMatchObject({ accessTokenSeconds: 77, down: true });
    faults.clear();
    expect(controls.oidc.down).toBe(false);
  });
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

test('the request log keeps the latest requests only', () => {
  const log = new RequestLog();
  for (let count = 0; count <= 10_000; count += 1) log.add('GET', `/${count}`, ['Host', 'x']);
  expect(log.entries.length).toBeLessThanOrEqual(10_000);
  expect(log.entries.at(-1)).toEqual({ method: 'GET', path: '/10000', headers: ['host'] });
});

test('requests are remembered up to a number, and up to a size', () => {
  const log = new RequestLog();
  for (let count = 0; count < 1_000; count += 1) {
    log.add('GET', `/${count}/${'a'.repeat(8_000)}`, ['b'.repeat(8_000), '']);
  }
  const characters = log.entries.reduce(
    (sum, { path, headers }) => sum + path.length + headers.join('').length,
    0,
  );
  expect(characters).toBeLessThanOrEqual(2 ** 22);
  expect(log.entries.length).toBeGreaterThan(100);
  expect(log.entries.at(-1)?.path.startsWith('/999/')).toBe(true);
});
