import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Platform } from '../../src/types.js';
import {
  create,
  discard,
  events,
  openPlatform,
  send,
  testPlatform,
  untilStatus,
} from '../fixtures.js';
import { appImage, config, nothingImage, type Page, page, upgrade } from './web-app.js';

const nobody = { token: null };
const html = { accept: 'text/html,*/*' };

describe('the page of a contributed session', () => {
  let platform: Platform;
  let app: Page;

  beforeAll(async () => {
    const data = mkdtempSync(join(tmpdir(), 'skaha-platform-'));
    platform = await openPlatform({ data, port: 0, user: 'adastra', config });
    app = await page(platform);
  });

  afterAll(async () => {
    await platform.stop();
    await discard(platform.data);
  });

  test('its address holds no secret: the cookie of the page opens it, and the owner needs none', async () => {
    const { path, session } = app;
    expect(session.connectURL).toBe(`https://127.0.0.1:${platform.port}${path}`);
    const stranger = await send(platform, 'GET', path, { ...nobody, headers: html });
    expect(stranger.status).toBe(401);
    expect(stranger.body).toContain('skaha open');
    const headers = { cookie: app.cookie };
    const inside = await send(platform, 'GET', `${path}sub/page?q=1`, { ...nobody, headers });
    expect(inside).toMatchObject({ status: 200, headers: { 'x-inner': 'yes' } });
    expect(JSON.parse(inside.body)).toMatchObject({ method: 'GET', url: '/sub/page?q=1' });
    expect((await send(platform, 'GET', path)).status).toBe(200);
    expect(await send(platform, 'GET', path.slice(0, -1))).toMatchObject({
      status: 302,
      headers: { location: path },
    });
  });

  test('a token in the address opens nothing, belongs to the session, and is in no log', async () => {
    const { path, cookie } = app;
    const [, secret = ''] = cookie.split('=');
    expect((await send(platform, 'GET', `${path}?token=${secret}`, nobody)).status).toBe(401);
    const answer = await send(platform, 'PUT', `${path}x?a=1&token=own`, { body: 'text' });
    expect(JSON.parse(answer.body)).toMatchObject({ method: 'PUT', url: '/x?a=1&token=own' });
    expect(JSON.stringify(platform.requests)).not.toContain(secret);
    expect(JSON.stringify(platform.requests)).toContain(`${path}?token=…`);
  });

  test('S8: a session sees no credential of the platform; what else is sent arrives', async () => {
    const { path } = app;
    const answer = await send(platform, 'POST', path, {
      headers: { cookie: 'CADC_SSO=a; mine=b; skaha_session=c', 'x-mine': 'd' },
      body: 'some text',
    });
    // A cookie of the platform that proves nothing does not hide the owner's token.
    const { headers, body } = JSON.parse(answer.body);
    expect(body).toBe('some text');
    expect(headers).toMatchObject({
      cookie: 'mine=b',
      'x-mine': 'd',
      'x-forwarded-proto': 'https',
      'x-forwarded-prefix': path.slice(0, -1),
    });
    expect(JSON.stringify(headers)).not.toContain(platform.token);
  });

  test('a WebSocket passes through, but not for the page of another site', async () => {
    const { path, cookie } = app;
    const own = await upgrade(platform, `${path}socket?x=1`, [`cookie: ${cookie}`], 'hello');
    expect(own).toMatch(/^HTTP\/1\.1 101 [\s\S]*\/socket\?x=1\|hello$/);
    const lines = [`cookie: ${cookie}`, 'origin: https://elsewhere.example'];
    expect(await upgrade(platform, `${path}socket`, lines)).toMatch(/^HTTP\/1\.1 403 /);
    expect(await upgrade(platform, `${path}socket`, [])).toMatch(/^HTTP\/1\.1 403 /);
    expect(await upgrade(platform, '/skaha', [])).toBe('');
    const other = await upgrade(platform, `${path}refused`, [`cookie: ${cookie}`]);
    expect(other).toMatch(/^HTTP\/1\.1 418 Teapot\r\n[\s\S]*x-why: tea\r\n[\s\S]*\r\n\r\nno\n$/);
  });

  test('without a command in the catalogue it fails and says so; a broken one fails too', async () => {
    const none = await create(platform, { type: 'contributed', image: nothingImage });
    await untilStatus(platform, none, 'Failed');
    expect(await events(platform, none)).toContain('has no program for a contributed session');
    const address = `/session/contrib/${none}/`;
    expect(await send(platform, 'GET', address)).toMatchObject({
      status: 410,
      body: 'This session has ended\n',
    });
    const shown = await send(platform, 'GET', address, { headers: html });
    expect(shown.body).toContain('<h1>This session has ended</h1>');
    writeFileSync(join(platform.home, 'echo.cjs'), 'process.exit(3)');
    const broken = await create(platform, { type: 'contributed', image: appImage });
    await untilStatus(platform, broken, 'Failed');
  });

  test('one that waits says so, and asks again by itself in a browser', async () => {
    const platform = await testPlatform({
      config: { ...config, capacity: { cores: 1, memoryGiB: 64 } },
    });
    const first = await page(platform);
    const second = await create(platform, { type: 'contributed', image: appImage });
    const address = `/session/contrib/${second}/`;
    expect(await send(platform, 'GET', address)).toMatchObject({
      status: 503,
      headers: { 'retry-after': '2' },
      body: 'This session is not running yet\n',
    });
    const shown = await send(platform, 'GET', address, { headers: html });
    expect(shown).toMatchObject({ status: 503, headers: { refresh: '2' } });
    expect(await upgrade(platform, address, [`cookie: ${first.cookie}`])).toMatch(
      /^HTTP\/1\.1 403 /,
    );
  });

  test('a later platform on the same state still leads to it', async () => {
    const first = await testPlatform({ config });
    const { path, cookie } = await page(first);
    await first.stop({ sessions: 'leave' });
    const second = await testPlatform({ data: first.data, config });
    expect((await send(second, 'GET', path)).status).toBe(200);
    const sending = { ...nobody, headers: { cookie } };
    expect((await send(second, 'GET', path, sending)).status).toBe(200);
  });

  test('a strict platform has the addresses of the real one, and the id opens the page', async () => {
    const platform = await testPlatform({
      config: { ...config, compatibility: { strict: ['open-pages'] } },
    });
    const { id, path, session } = await page(platform);
    expect(session.connectURL).toBe(`https://127.0.0.1:${platform.port}/session/contrib/${id}/`);
    expect((await send(platform, 'GET', path, nobody)).status).toBe(200);
    const guest = { token: platform.users[1]?.token };
    expect((await send(platform, 'GET', path, guest)).status).toBe(404);
  });
});

describe('the web page of the home', () => {
  test('it lists and shows files, read-only, and nothing outside', async () => {
    const platform = await testPlatform();
    mkdirSync(join(platform.home, 'a b'));
    writeFileSync(join(platform.home, 'a b', 'x&y.txt'), 'content');
    symlinkSync('/etc', join(platform.home, 'out'));
    const id = await create(platform, {
      type: 'contributed',
      image: 'images.canfar.net/skaha/webpage:latest',
    });
    await untilStatus(platform, id, 'Running');
    const at = async (path: string, method: 'GET' | 'POST' = 'GET') =>
      await send(platform, method, `/session/contrib/${id}/${path}`);
    expect((await at('')).body).toContain('<a href="./a%20b/">a b/</a>');
    expect((await at('a%20b')).headers.location).toBe('./a%20b/');
    expect((await at('a%20b/')).body).toContain('x&amp;y.txt');
    const file = await at('a%20b/x%26y.txt');
    expect(file).toMatchObject({ status: 200, body: 'content' });
    expect(file.headers['content-security-policy']).toContain('sandbox');
    for (const path of ['out/passwd', '..%2f..%2fetc%2fpasswd', '../../etc/passwd', 'nothing']) {
      expect((await at(path)).status).toBe(404);
    }
    expect((await at('', 'POST')).status).toBe(405);
  });
});
