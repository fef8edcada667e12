import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FaultKind } from '@skaha/engine/faults/fault.js';
import { faultKinds } from '@skaha/engine/faults/parse-fault.js';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { clearFaults, listFaults, setFault } from '../../src/control/fault-client.js';
import type { Platform } from '../../src/types.js';
import {
  create,
  discard,
  events,
  get,
  openPlatform,
  post,
  roomy,
  send,
  temporaryDirectory,
  until,
  untilStatus,
} from '../fixtures.js';

let platform: Platform;

beforeAll(async () => {
  const data = mkdtempSync(join(tmpdir(), 'skaha-faults-'));
  platform = await openPlatform({ data, port: 0, user: 'adastra', config: roomy });
});

afterEach(() => platform.faults.clear());

afterAll(async () => {
  await platform.stop();
  await discard(platform.data);
});

const session = '/skaha/v1/session';

test('each can be put in force and lifted', () => {
  for (const kind of faultKinds) platform.faults.inject(kind)();
  expect(platform.faults.active).toEqual([]);
});

describe('what a request meets', () => {
  test.each<[FaultKind, number, string | RegExp]>([
    ['status-503', 503, 'temporarily unavailable: null\n'],
    ['503-burst', 503, 'temporarily unavailable: null\n'],
    ['bad-gateway', 502, /^<html>/],
    ['server-error', 500, /^unexpected exception: java\./],
    ['garbled-response', 200, /^<html>/],
    ['expired-token', 401, 'Token has expired'],
    ['not-authorized', 403, 'Not authorized to use the skaha system\n'],
    ['no-posix-account', 403, 'No POSIX Principal\n'],
  ])('%s is %i', async (kind, status, body) => {
    platform.faults.inject(kind);
    const answer = await send(platform, 'GET', session);
    expect(answer.status).toBe(status);
    expect(answer.body).toEqual(typeof body === 'string' ? body : expect.stringMatching(body));
  });

  test('a burst ends after five requests', async () => {
    platform.faults.inject('503-burst');
    const statuses = [];
    for (let count = 0; count < 7; count += 1) {
      const { status, headers } = await send(platform, 'GET', session);
      statuses.push(status);
      if (status === 503) expect(headers['retry-after']).toBe('1');
    }
    expect(statuses).toEqual([503, 503, 503, 503, 503, 200, 200]);
  });

  test('a gateway can have another status', async () => {
    platform.faults.inject('bad-gateway,status=429');
    expect(await send(platform, 'GET', session)).toMatchObject({
      status: 429,
      headers: { 'retry-after': '1' },
    });
  });

  test('certificates expire apart from tokens', async () => {
    platform.faults.inject('expired-certificate');
    const { certificate } = platform;
    expect(await send(platform, 'GET', session, { certificate })).toMatchObject({
      status: 401,
      body: 'client certificate has expired',
    });
    expect((await send(platform, 'GET', session)).status).toBe(200);
  });

  test('a token is expired for the identity services too', async () => {
    platform.faults.inject('expired-token');
    expect((await send(platform, 'GET', '/ac/whoami')).status).toBe(401);
    expect((await send(platform, 'GET', '/cred/generate?daysValid=1')).status).toBe(401);
  });

  test('connections break before the identity services, too', async () => {
    platform.faults.inject('drop-connection,path=/reg/');
    await expect(send(platform, 'GET', '/reg/resource-caps')).rejects.toMatchObject({
      code: 'ECONNRESET',
    });
    expect((await send(platform, 'GET', '/srcnet/reg/resource-caps')).status).toBe(200);
  });

  test('a cut reply breaks in the middle', async () => {
    platform.faults.inject('cut-response');
    await expect(send(platform, 'GET', '/skaha/v1/context')).rejects.toMatchObject({
      code: 'ECONNRESET',
    });
  });

  test('a clock that is off shows in the header, in sessions and in tokens', async () => {
    const id = await create(platform, { cmd: 'sleep', args: '60' });
    const before = await untilStatus(platform, id, 'Running');
    platform.faults.inject('clock-skew,skewMs=7200000');
    const answer = await send(platform, 'GET', `${session}/${id}`);
    const ahead = Date.parse(answer.headers.date ?? '') - Date.now();
    expect(Math.abs(ahead - 7_200_000)).toBeLessThan(60_000);
    const after = JSON.parse(answer.body);
    expect(Date.parse(after.startTime) - Date.parse(before.startTime ?? '')).toBe(7_200_000);
    expect(Date.parse(after.expiryTime) - Date.parse(before.expiryTime ?? '')).toBe(7_200_000);
    const token = platform.issueToken('adastra', 3_600_000);
    expect((await send(platform, 'GET', session, { token })).body).toBe('Token has expired');
    platform.faults.clear();
    expect((await send(platform, 'GET', session, { token })).status).toBe(200);
    await send(platform, 'DELETE', `${session}/${id}`);
  });
});

test('an image that cannot be pulled leaves its session pending, with the events of it', async () => {
  const lift = platform.faults.inject('pull-failed');
  const id = await create(platform, { cmd: 'true' });
  const told = await until(async () => {
    const text = await events(platform, id);
    return text.includes('ImagePullBackOff') ? text : undefined;
  });
  expect(told).toMatch(
    /Warning +Failed +Failed to pull image "images\.canfar\.net\/\S+": not found/,
  );
  expect(await get(platform, id)).toMatchObject({ status: 'Pending' });
  lift();
  await untilStatus(platform, id, 'Completed');
});

test('batch work can be refused to everybody', async () => {
  platform.faults.inject('no-headless');
  expect((await post(platform, { cmd: 'true' })).body).toBe(
    'Not authorized to create a headless session\n',
  );
});

describe('from another process', () => {
  test('faults are listed, set and cleared', async () => {
    const { data } = platform;
    expect(await listFaults({ data })).toEqual([]);
    const active = await setFault('slow,delayMs=1,path=/skaha/v1/image', { data });
    expect(active).toEqual([{ kind: 'slow', delayMs: 1, path: '/skaha/v1/image' }]);
    await setFault('oidc-down', { data });
    expect(platform.faults.active).toHaveLength(2);
    expect(platform.identity.controls.oidc.down).toBe(true);
    expect(await clearFaults('oidc-down', { data })).toEqual(active);
    expect(platform.identity.controls.oidc.down).toBe(false);
    expect(await clearFaults(undefined, { data })).toEqual([]);
  });

  test('an unknown name is refused; without a platform there is nothing to ask', async () => {
    const { data } = platform;
    await expect(setFault('nonsense', { data })).rejects.toMatchObject({ code: 'config.invalid' });
    await expect(clearFaults('toString', { data })).rejects.toMatchObject({
      code: 'config.invalid',
    });
    await expect(listFaults({ data: temporaryDirectory() })).rejects.toMatchObject({
      code: 'platform.not_running',
    });
  });

  test('only with the secret of the server file, which no user of the API has', async () => {
    for (const method of ['GET', 'POST', 'DELETE'] as const) {
      const answer = await send(platform, method, '/control/v1/faults?set=oidc-down');
      expect(answer.status).toBe(401);
    }
    expect(platform.faults.active).toEqual([]);
  });
});
