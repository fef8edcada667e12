import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../base/tests/manual-clock.js';
import type { Platform } from '../../src/types.js';
import {
  create,
  events,
  form,
  formType,
  get,
  list,
  post,
  roomy,
  send,
  testPlatform,
  until,
  untilStatus,
} from '../fixtures.js';

const second = 1_000;
const day = 86_400 * second;

const renew = async (platform: Platform, id: string, action: string | null = 'renew') =>
  await send(platform, 'POST', `/skaha/v1/session/${id}`, {
    headers: formType,
    body: action === null ? '' : form([['action', action]]),
  });

async function sleeping(lifetimes: Readonly<Record<string, number>> = {}) {
  const clock = new ManualClock();
  const config = { ...roomy, lifetimes: { ...roomy.lifetimes, ...lifetimes } };
  const platform = await testPlatform({ clock, config });
  const id = await create(platform, { cmd: 'sleep', args: '600' });
  const session = await untilStatus(platform, id, 'Running');
  return { clock, platform, id, expiry: Date.parse(session.expiryTime ?? '') };
}

describe('renewal', () => {
  test('23: it sets the end to now + 345600 s, only when that is later; the reply is empty', async () => {
    const { clock, platform, id, expiry } = await sleeping();
    const expiryNow = async () => Date.parse((await get(platform, id))?.expiryTime ?? '');
    const answer = await renew(platform, id, 'RENEW');
    expect(answer).toMatchObject({ status: 200, body: '', headers: { 'content-length': '0' } });
    expect(answer.headers['content-type']).toBeUndefined();
    expect(await expiryNow()).toBe(expiry);
    await clock.advance(11 * day);
    await renew(platform, id);
    expect(await expiryNow()).toBe(clock.now() + 4 * day);
    await clock.advance(3 * day + 1);
    expect(await get(platform, id)).toMatchObject({ status: 'Running' });
  });

  test('24: a session that is queued or finished cannot be renewed', async () => {
    const platform = await testPlatform({ faults: [{ kind: 'slow-queue' }] });
    const uid = process.getuid?.() ?? 1000;
    const id = await create(platform, { cmd: 'true' });
    const refused = {
      status: 400,
      body: `No active job for user PosixPrincipal [uidNumber=${uid},null,adastra] with session ${id}\n`,
    };
    expect(await renew(platform, id)).toMatchObject(refused);
    platform.faults.clear();
    await untilStatus(platform, id, 'Completed');
    expect(await renew(platform, id)).toMatchObject(refused);
    expect((await renew(platform, 'nothere1')).body).toContain('with session nothere1');
  });

  test('other actions are refused', async () => {
    const { platform, id } = await sleeping();
    expect(await renew(platform, id, 'stop')).toMatchObject({ body: 'unrecognized action\n' });
    expect(await renew(platform, id, null)).toMatchObject({
      status: 400,
      body: 'Cannot modify an existing session\n',
    });
  });
});

describe('ends', () => {
  test('an expired session is ended, and its events say why', async () => {
    const { clock, platform, id } = await sleeping({ headlessSeconds: 60 });
    await clock.advance(59 * second);
    expect(await get(platform, id)).toMatchObject({ status: 'Running' });
    await clock.advance(second);
    await untilStatus(platform, id, 'Failed');
    expect(await events(platform, id)).toMatch(/Warning +DeadlineExceeded +The session reached/);
  });

  test('31: a finished headless session is listed for an hour', async () => {
    const clock = new ManualClock();
    const platform = await testPlatform({ clock });
    const id = await create(platform, { cmd: 'true' });
    await untilStatus(platform, id, 'Completed');
    await clock.advance(3_600 * second - 1);
    expect(await list(platform)).toHaveLength(1);
    await clock.advance(1);
    expect(await list(platform)).toEqual([]);
    expect((await send(platform, 'GET', `/skaha/v1/session/${id}?view=events`)).status).toBe(404);
  });

  test('31: a finished interactive session is listed for a day', async () => {
    const clock = new ManualClock();
    const platform = await testPlatform({ clock });
    const id = await create(platform, { type: 'firefly' });
    await untilStatus(platform, id, 'Failed');
    await clock.advance(day - 1);
    expect(await get(platform, id)).toBeDefined();
    await clock.advance(1);
    expect(await get(platform, id)).toBeUndefined();
  });

  test('30: DELETE is always an empty 200; the id is unknown from then on', async () => {
    const { platform, id } = await sleeping();
    const path = `/skaha/v1/session/${id}`;
    for (const target of [path, path, '/skaha/v1/session/nothere1']) {
      expect(await send(platform, 'DELETE', target)).toMatchObject({
        status: 200,
        body: '',
        headers: { 'content-length': '0' },
      });
      expect((await send(platform, 'GET', path)).status).toBe(404);
    }
    expect(await list(platform)).toEqual([]);
  });

  test('a name and its place are free again at once', async () => {
    const { platform, id } = await sleeping();
    await send(platform, 'DELETE', `/skaha/v1/session/${id}`);
    expect((await post(platform, { name: 'test' })).status).toBe(200);
    await until(async () => (await list(platform)).every((session) => session.id !== id));
  });
});
