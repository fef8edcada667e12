import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../base/tests/manual-clock.js';
import {
  create,
  events,
  get,
  list,
  logs,
  roomy,
  send,
  temporaryDirectory,
  testPlatform,
  until,
  untilStatus,
} from '../fixtures.js';

const path = '/skaha/v1/session';

describe('a list that did not change', () => {
  test('is told so, and any change of a session is seen at once', async () => {
    const platform = await testPlatform({ faults: [{ kind: 'slow-queue' }] });
    const first = await create(platform, { name: 'one' });
    const whole = await send(platform, 'GET', path);
    const etag = String(whole.headers.etag);
    expect(etag).toMatch(/^"[\w-]+"$/);
    const known = { headers: { 'if-none-match': etag } };
    const again = await send(platform, 'GET', path, known);
    expect(again).toMatchObject({ status: 304, body: '', headers: { etag } });
    const second = await create(platform, { name: 'two' });
    const changed = await send(platform, 'GET', path, known);
    expect(changed.status).toBe(200);
    expect(
      JSON.parse(changed.body)
        .map(({ id }: { id: string }) => id)
        .sort(),
    ).toEqual([first, second].sort());
    const later = { headers: { 'if-none-match': String(changed.headers.etag) } };
    expect((await send(platform, 'GET', path, later)).status).toBe(304);
    await send(platform, 'DELETE', `${path}/${second}`);
    expect(await send(platform, 'GET', path, later)).toMatchObject({
      status: 200,
      body: whole.body,
    });
  });

  test('is not told so to another user', async () => {
    const config = { ...roomy, users: [{ name: 'adastra' }, { name: 'bea' }] };
    const platform = await testPlatform({ config, faults: [{ kind: 'slow-queue' }] });
    await create(platform);
    const own = await send(platform, 'GET', path);
    const headers = { 'if-none-match': String(own.headers.etag) };
    const token = platform.issueToken('bea', 60_000);
    const others = await send(platform, 'GET', path, { token, headers });
    expect(others).toMatchObject({ status: 200, body: '[]' });
  });

  test('is told so to each of many users who ask in turn', async () => {
    const names = ['adastra', ...Array.from({ length: 11 }, (_, index) => `user${index}`)];
    const config = { ...roomy, users: names.map((name) => ({ name })) };
    const platform = await testPlatform({ config, faults: [{ kind: 'slow-queue' }] });
    await create(platform);
    const ask = (name: string, etag = '') =>
      send(platform, 'GET', path, {
        token: platform.issueToken(name, 60_000),
        headers: { 'if-none-match': etag },
      });
    const seen = new Map<string, string>();
    for (const name of names) seen.set(name, String((await ask(name)).headers.etag));
    for (const name of names) {
      expect(await ask(name, seen.get(name)), name).toMatchObject({ status: 304 });
    }
  });

  test('follows a session through its life, each filter by itself', async () => {
    const platform = await testPlatform();
    const id = await create(platform, { cmd: 'sleep', args: '600' });
    await until(async () => (await list(platform, '?status=Running'))[0]?.id === id);
    expect(await list(platform, '?status=Pending')).toEqual([]);
    expect(await list(platform, '?type=notebook')).toEqual([]);
    expect(await list(platform, '?view=all')).toHaveLength(1);
    await send(platform, 'DELETE', `${path}/${id}`);
    expect(await list(platform)).toEqual([]);
    expect(await list(platform, '?view=all')).toEqual([]);
  });
});

test('a long list is sent whole, byte for byte as one text', async () => {
  const platform = await testPlatform({ faults: [{ kind: 'slow-queue' }] });
  await Promise.all(
    Array.from({ length: 150 }, (_, index) => create(platform, { name: `n${index}` })),
  );
  const { body, headers } = await send(platform, 'GET', path);
  expect(Number(headers['content-length'])).toBe(Buffer.byteLength(body));
  const sessions = JSON.parse(body) as { id: string }[];
  expect(sessions).toHaveLength(150);
  expect(body).toBe(JSON.stringify(sessions, null, 2));
  const ids = sessions.map(({ id }) => id);
  expect(ids).toEqual([...ids].sort());
  const head = await send(platform, 'HEAD', path);
  expect(head.status).not.toBe(500);
});

test('sessions that ended before a restart are there after it, until they are forgotten', async () => {
  const data = temporaryDirectory();
  const clock = new ManualClock();
  const first = await testPlatform({ data, clock });
  const kept = await create(first, { name: 'kept', cmd: 'echo', args: 'words' });
  const deleted = await create(first, { name: 'deleted', cmd: 'true' });
  await untilStatus(first, kept, 'Completed');
  await untilStatus(first, deleted, 'Completed');
  await first.stop();
  const platform = await testPlatform({ data, clock });
  expect((await list(platform)).map(({ name }) => name).sort()).toEqual(['deleted', 'kept']);
  expect(await get(platform, kept)).toMatchObject({ name: 'kept', status: 'Completed' });
  expect(await events(platform, kept)).toContain('The command ended with exit status 0');
  expect(await logs(platform, kept)).toBe('words\n');
  await send(platform, 'DELETE', `${path}/${deleted}`);
  expect((await list(platform)).map(({ name }) => name)).toEqual(['kept']);
  expect(await get(platform, deleted)).toBeUndefined();
  await clock.advance(365 * 86_400_000);
  await until(async () => (await list(platform)).length === 0);
  expect(await logs(platform, kept)).toBe('');
});

test('of very many, the first to start may be asked for', async () => {
  const clock = new ManualClock();
  const platform = await testPlatform({ clock });
  const names = async (query: string) => (await list(platform, query)).map(({ name }) => name);
  for (const name of ['one', 'two', 'three']) {
    const id = await create(platform, {
      name,
      cmd: name === 'three' ? 'sleep' : 'true',
      args: '600',
    });
    await untilStatus(platform, id, 'Completed', 'Running', 'Failed');
    await clock.advance(1_000);
  }
  await create(platform, { name: 'waits', cores: '8' });
  expect(await names('?limit=1')).toEqual(['one']);
  expect((await names('?limit=3')).sort()).toEqual(['one', 'three', 'two']);
  expect(await names('?limit=9')).toHaveLength(4);
  expect(await names('?limit=1&type=headless')).toHaveLength(4);
  expect(await names('?limit=none')).toHaveLength(4);
});
