import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Platform } from '../../src/types.js';
import { discard, openPlatform, send } from '../fixtures.js';
import { config, type Page, page, upgrade } from './web-app.js';

let platform: Platform;
let mine: Page;
let second: Page;

beforeAll(async () => {
  const data = mkdtempSync(join(tmpdir(), 'skaha-platform-'));
  platform = await openPlatform({ data, port: 0, user: 'adastra', config });
  mine = await page(platform);
  second = await page(platform);
});

afterAll(async () => {
  await platform.stop();
  await discard(platform.data);
});

const nobody = { token: null };
const guest = () => ({ token: platform.users[1]?.token });
const unknown = '/session/contrib/nothere1/';

test('nobody gets in without a token, and does not learn what there is', async () => {
  for (const path of [mine.path, unknown, `${mine.path}?token=guess`, `${mine.path}?token=`]) {
    expect(await send(platform, 'GET', path, nobody)).toMatchObject({
      status: 401,
      body: 'Unauthorized\n',
    });
  }
});

test('to another user a page looks like none, whatever they bring', async () => {
  const none = await send(platform, 'GET', unknown, guest());
  expect(none.status).toBe(404);
  const cookie = { headers: { cookie: mine.cookie } };
  for (const [path, sending] of [
    [mine.path, guest()],
    [mine.path, { ...guest(), ...cookie }],
    [`${mine.path}sub`, guest()],
    [mine.path.slice(0, -1), guest()],
  ] as const) {
    const answer = await send(platform, 'GET', path, sending);
    expect([answer.status, answer.body]).toEqual([none.status, none.body]);
  }
  const lines = [`authorization: Bearer ${guest().token}`, `cookie: ${mine.cookie}`];
  expect(await upgrade(platform, mine.path, lines)).toMatch(/^HTTP\/1\.1 403 /);
});

test('the cookie of one page opens no other, and nothing of the API', async () => {
  const cookie = { headers: { cookie: second.cookie } };
  const wrongKind = `/session/notebook/${mine.id}/`;
  const own = { headers: { cookie: mine.cookie } };
  expect((await send(platform, 'GET', wrongKind, { ...nobody, ...own })).status).toBe(404);
  expect((await send(platform, 'GET', mine.path, { ...nobody, ...cookie })).status).toBe(401);
  for (const path of ['/skaha/v1/context', '/skaha/v1/session']) {
    expect((await send(platform, 'GET', path, { ...nobody, ...cookie })).status).toBe(401);
  }
});

test('a crafted path is the business of the session it names', async () => {
  const cookie = { ...nobody, headers: { cookie: second.cookie } };
  for (const tail of ['../', '%2e%2e/', '..%2f', '//', '%00', '\\..\\', 'a/../../']) {
    const path = `${second.path}${tail}${mine.id}/x`;
    const answer = await send(platform, 'GET', path, cookie);
    expect(answer.status).toBe(200);
    // It reached the session of the cookie, and nothing was resolved on the way.
    expect(JSON.parse(answer.body).url).toBe(`/${tail}${mine.id}/x`);
  }
  for (const path of [
    `/session/contrib/${mine.id}%2f..%2f${second.id}/`,
    `/session/contrib/../contrib/${mine.id}/`,
    `/session/contrib//${mine.id}/`,
    `/session/contrib/${mine.id}${'x'.repeat(2_000)}/`,
    '/session/contrib/',
    '/session/contrib/%00/',
    '/session/contrib/__proto__/',
  ]) {
    const answer = await send(platform, 'GET', path, cookie);
    expect([401, 404]).toContain(answer.status);
  }
});

test('the page of another site changes nothing with the cookie of its visitor', async () => {
  const headers = { cookie: mine.cookie, origin: 'https://127.0.0.1:1' };
  const foreign = await send(platform, 'POST', mine.path, { ...nobody, headers, body: 'x' });
  expect(foreign.status).toBe(403);
  const own = { ...headers, origin: `https://127.0.0.1:${platform.port}` };
  const sending = { ...nobody, headers: own, body: 'x' };
  expect((await send(platform, 'POST', mine.path, sending)).status).toBe(200);
});
