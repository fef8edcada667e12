import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../../base/tests/manual-clock.js';
import type { Platform } from '../../src/types.js';
import { create, form, formType, type Sending, send, terminal, testPlatform } from '../fixtures.js';
import { linkTo, type Page, page, config as pages, plainly } from './web-app.js';

const config = { ...pages, images: [...pages.images, { id: terminal, types: ['headless'] }] };

let platform: Platform;
let app: Page;
/** Of the pages. */
let origin: string;

beforeEach(async () => {
  platform = await testPlatform({ config });
  app = await page(platform);
  origin = new URL(await linkTo(platform, app.id)).origin;
});
afterEach(() => platform.stop());

const cookieOf = (headers: { 'set-cookie'?: string[] | undefined }) =>
  (headers['set-cookie']?.[0] ?? '').split(';')[0] ?? '';

const ask = (id: string, sending: Sending = {}, method: 'GET' | 'POST' = 'POST') =>
  send(platform, method, '/skaha/page-links', {
    ...sending,
    headers: { ...formType, ...sending.headers },
    body: form([['id', id]]),
  });

/** Asks to change the protocol on the origin of the pages; the first line of the answer. */
const upgrade = (lines: readonly string[]): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(origin).port) });
    let received = '';
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      if (received.includes('\r\n')) socket.destroy();
    });
    socket.on('close', () => resolve(received.split('\r\n')[0] ?? ''));
    socket.on('error', () => socket.destroy());
    const head = [
      `GET ${app.path}socket HTTP/1.1`,
      ...lines,
      'connection: Upgrade',
      'upgrade: echo',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
  });

describe('a link to a page', () => {
  test('opens it once, and leads to its plain address with a cookie for it alone', async () => {
    const link = await linkTo(platform, app.id);
    expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/enter\/[\w-]{43}$/);
    expect(origin).not.toContain(`:${platform.port}`);
    const first = await plainly(link);
    expect(first).toMatchObject({
      status: 302,
      headers: {
        location: app.path,
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
      },
    });
    expect(first.headers['set-cookie']).toEqual([
      expect.stringMatching(
        new RegExp(`^skaha_session=[^;]+; Path=${app.path}; HttpOnly; SameSite=Lax$`),
      ),
    ]);
    const cookie = cookieOf(first.headers);
    const inside = await plainly(`${origin}${app.path}sub?q=1`, { cookie: `${cookie}; mine=1` });
    expect(JSON.parse(inside.body)).toMatchObject({
      url: '/sub?q=1',
      headers: { cookie: 'mine=1', 'x-forwarded-proto': 'http' },
    });
    const again = await plainly(link);
    expect(again.status).toBe(410);
    expect(again.headers['set-cookie']).toBeUndefined();
    expect(JSON.stringify(platform.requests)).not.toContain(link.split('/').at(-1));
  });

  test('is not used up by looking, and a made-up one opens nothing', async () => {
    const link = await linkTo(platform, app.id);
    expect((await plainly(link, {}, 'HEAD')).status).toBe(405);
    expect((await plainly(link, { 'sec-purpose': 'prefetch' })).status).toBe(405);
    for (const secret of ['', 'x', '__proto__', `${link.split('/').at(-1)}x`])
      expect((await plainly(`${origin}/enter/${secret}`)).status).toBe(410);
    expect((await plainly(link)).status).toBe(302);
  });

  test('waits two minutes; of many, the newest', async () => {
    const clock = new ManualClock();
    const other = await testPlatform({ config, clock });
    const id = await create(other, { type: 'contributed', image: config.images[0]?.id ?? '' });
    const late = await linkTo(other, id);
    await clock.advance(119_000);
    const inTime = await linkTo(other, id);
    await clock.advance(1_000);
    expect((await plainly(late)).status).toBe(410);
    expect((await plainly(inTime)).status).toBe(302);
    const links: string[] = [];
    for (let count = 0; count < 33; count += 1) links.push(await linkTo(other, id));
    expect((await plainly(links[0] ?? '')).status).toBe(410);
    expect((await plainly(links[1] ?? '')).status).toBe(302);
  });

  test('is made for the owner of the session only, who proves it by token or certificate', async () => {
    const guest = platform.users[1];
    expect((await ask(app.id, { token: guest?.token })).status).toBe(404);
    expect((await ask('nothere1', { token: guest?.token })).body.replace('nothere1', app.id)).toBe(
      (await ask(app.id, { token: guest?.token })).body,
    );
    expect((await ask(app.id, { token: null })).status).toBe(401);
    expect((await ask(app.id, { token: null, headers: { cookie: app.cookie } })).status).toBe(401);
    expect((await ask(app.id, { certificate: platform.certificate })).status).toBe(200);
    expect((await ask(app.id, {}, 'GET')).status).toBe(405);
    const batch = await create(platform, { cmd: 'sleep', args: '60' });
    expect((await ask(batch)).status).toBe(404);
  });
});

describe('the origin of the pages', () => {
  test('has pages and nothing else, for their cookie and nothing else', async () => {
    const authorization = `Bearer ${platform.token}`;
    const paths = [
      '/',
      '/skaha',
      '/skaha/v1/session',
      '/skaha/page-links',
      '/metrics',
      '/control/v1/status',
      '/cred/priv',
    ];
    for (const path of paths)
      expect((await plainly(`${origin}${path}`, { authorization })).status).toBe(404);
    const page = `${origin}${app.path}`;
    for (const headers of [{}, { authorization }, { cookie: 'skaha_session=x' }]) {
      const answer = await plainly(page, { accept: 'text/html', ...headers });
      expect(answer.status).toBe(401);
      expect(answer.body).toContain('skaha open');
    }
    expect((await plainly(page, { cookie: app.cookie })).status).toBe(200);
  });

  test('is not led to by another name', async () => {
    for (const host of [
      'evil.example',
      '127.0.0.1.evil.example',
      'localhost.evil:80',
      '10.0.0.1',
    ]) {
      const answer = await plainly(`${origin}${app.path}`, { host, cookie: app.cookie });
      expect(answer.status).toBe(421);
      expect(await upgrade([`host: ${host}`, `cookie: ${app.cookie}`])).toContain(' 421 ');
      const link = await linkTo(platform, app.id);
      expect((await plainly(link, { host })).headers['set-cookie']).toBeUndefined();
    }
    const { port } = new URL(origin);
    for (const host of [`localhost:${port}`, `[::1]:${port}`, '127.0.0.1:9'])
      expect((await plainly(`${origin}${app.path}`, { host, cookie: app.cookie })).status).toBe(
        200,
      );
  });

  test('hears no page of another site, not even of another port', async () => {
    const host = new URL(origin).host;
    const lines = [`host: ${host}`, `cookie: ${app.cookie}`];
    expect(await upgrade([...lines, `origin: ${origin}`])).toContain(' 101 ');
    for (const other of ['http://127.0.0.1:9', `https://${host}`, 'https://evil.example', 'null']) {
      expect(await upgrade([...lines, `origin: ${other}`])).toContain(' 403 ');
      const headers = { cookie: app.cookie, origin: other };
      expect((await plainly(`${origin}${app.path}`, headers, 'POST')).status).toBe(403);
    }
    const get = async (site: string, dest: string) =>
      (
        await plainly(`${origin}${app.path}`, {
          cookie: app.cookie,
          'sec-fetch-site': site,
          'sec-fetch-dest': dest,
        })
      ).status;
    for (const site of ['same-site', 'cross-site']) {
      expect(await get(site, 'document')).toBe(200);
      for (const dest of ['iframe', 'image', 'script', 'empty'])
        expect(await get(site, dest)).toBe(403);
    }
    expect(await get('same-origin', 'script')).toBe(200);
    expect(await get('none', 'document')).toBe(200);
  });

  test('is the same after a restart, and so is the cookie', async () => {
    await platform.stop({ sessions: 'leave' });
    const again = await testPlatform({ data: platform.data, config });
    expect(new URL(await linkTo(again, app.id)).origin).toBe(origin);
    expect((await plainly(`${origin}${app.path}`, { cookie: app.cookie })).status).toBe(200);
    await again.stop();
  });

  test('sets no cookie of a session that is for TLS only', async () => {
    const query = new URLSearchParams({ 'set-cookie': 'a=1; Secure; SameSite=None; HttpOnly' });
    const { headers } = await plainly(`${origin}${app.path}answer?${query}`, {
      cookie: app.cookie,
    });
    expect(headers['set-cookie']).toEqual([`a=1; HttpOnly; Path=${app.path}`]);
  });
});
