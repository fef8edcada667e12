import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Platform } from '../../src/types.js';
import { discard, openPlatform, send, until } from '../fixtures.js';
import { config, converse, dial, type Page, page } from './web-app.js';

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

/** What the app is asked to answer with, as a browser gets it. */
const answered = async (headers: readonly (readonly [string, string])[]) => {
  const query = headers.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  return await send(platform, 'GET', `${app.path}answer?${query}`);
};

describe('what a session answers stays within its page', () => {
  test.each([
    ['/', '{page}'],
    ['/a/b?c=1#d', '{page}a/b?c=1#d'],
    ['{page}a', '{page}a'],
    ['a/b', 'a/b'],
    ['?x=1', '?x=1'],
    ['http://127.0.0.1:5000/a', '{page}a'],
    ['http://localhost:5000', '{page}'],
    ['http://{host}/a', '{page}a'],
    ['//{host}/a', '{page}a'],
    ['https://elsewhere.example/a', 'https://elsewhere.example/a'],
    ['//elsewhere.example/a', '//elsewhere.example/a'],
  ])('a redirect to %s leads to %s', async (location, expected) => {
    const fill = (text: string) =>
      text.replace('{page}', app.path).replace('{host}', `127.0.0.1:${platform.port}`);
    const answer = await answered([['location', fill(location)]]);
    expect(answer).toMatchObject({ status: 302, headers: { location: fill(expected) } });
  });

  test('cookies are for its page alone, and none is one of the platform', async () => {
    const answer = await answered([
      ['set-cookie', 'plain=1'],
      ['set-cookie', 'root=2; Path=/; Domain=127.0.0.1; HttpOnly'],
      ['set-cookie', 'deep=3; path=/a/b; Max-Age=5'],
      ['set-cookie', `own=4; Path=${app.path}c; Secure`],
      ['set-cookie', 'CADC_SSO=stolen; Path=/'],
      ['set-cookie', 'skaha_session=forged'],
      ['set-cookie', '_session=forged; Path=/'],
    ]);
    expect(answer.headers['set-cookie']).toEqual([
      `plain=1; Path=${app.path}`,
      `root=2; HttpOnly; Path=${app.path}`,
      `deep=3; Max-Age=5; Path=${app.path}a/b`,
      `own=4; Secure; Path=${app.path}c`,
    ]);
  });

  test('headers that reach beyond the page or are for the next hop are dropped', async () => {
    const answer = await answered([
      ['service-worker-allowed', '/'],
      ['clear-site-data', '"*"'],
      ['strict-transport-security', 'max-age=1'],
      ['x-hop', 'a'],
      ['connection', 'x-hop'],
      ['x-two', 'a'],
      ['x-two', 'b'],
    ]);
    expect(answer.headers['x-two']).toBe('a, b');
    for (const name of [
      'service-worker-allowed',
      'clear-site-data',
      'strict-transport-security',
      'x-hop',
    ]) {
      expect(answer.headers).not.toHaveProperty(name);
    }
  });
});

describe('bodies pass as they come', () => {
  test('large ones both ways', async () => {
    const body = randomBytes(8 << 20);
    expect((await send(platform, 'PUT', `${app.path}count`, { body })).body).toBe(
      String(body.length),
    );
    expect((await send(platform, 'GET', `${app.path}many?MiB=16`)).body.length).toBe(16 << 20);
  });

  test('piece by piece, before the request is complete', async () => {
    const head = [
      `POST ${app.path}drip HTTP/1.1`,
      'host: localhost',
      `cookie: ${app.cookie}`,
      'transfer-encoding: chunked',
    ];
    const received = await converse(
      platform,
      `${head.join('\r\n')}\r\n\r\n4\r\nmore\r\n`,
      (text) => text.includes('first') && text.includes('more'),
    );
    expect(received).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('a body without a length cannot become a second request, whatever the method', async () => {
    const inside = `GET ${app.path}smuggled HTTP/1.1\r\nhost: x\r\n\r\n`;
    const head = [
      `DELETE ${app.path}x HTTP/1.1`,
      'host: localhost',
      `cookie: ${app.cookie}`,
      'connection: close',
      'transfer-encoding: chunked',
    ];
    const chunk = `${inside.length.toString(16)}\r\n${inside}\r\n0\r\n\r\n`;
    const received = await converse(platform, `${head.join('\r\n')}\r\n\r\n${chunk}`);
    expect(received.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
    expect(received).toContain('"method":"DELETE"');
    expect(received).toContain('"body":"GET /session');
  });

  test('what only a proxy may say is not taken from a browser', async () => {
    const answer = await send(platform, 'GET', app.path, {
      headers: {
        connection: 'close, x-secret-hop',
        'x-secret-hop': '1',
        'x-forwarded-for': '10.0.0.1',
        'x-forwarded-prefix': '/evil',
        forwarded: 'for=10.0.0.1',
        'x-auth-token-skaha': 'abc',
      },
    });
    const { headers } = JSON.parse(answer.body);
    expect(headers).toMatchObject({ 'x-forwarded-for': '127.0.0.1' });
    expect(headers).not.toHaveProperty('x-secret-hop');
    expect(headers).not.toHaveProperty('forwarded');
    expect(headers).not.toHaveProperty('x-auth-token-skaha');
    expect(answer.body).not.toContain('evil');
  });

  test('a session that breaks off is told from one that is done', async () => {
    expect(await send(platform, 'GET', `${app.path}drop`)).toMatchObject({
      status: 502,
      body: 'The session does not answer\n',
    });
    await expect(send(platform, 'GET', `${app.path}half`)).rejects.toThrow();
    await until(async () => (await send(platform, 'GET', app.path)).status === 200);
  });

  test('who goes away takes the request along; one session holds so many, and no more', async () => {
    const request = `GET ${app.path}hold HTTP/1.1\r\nhost: x\r\ncookie: ${app.cookie}\r\n\r\n`;
    const sockets = Array.from({ length: 256 }, () => {
      const socket = dial(platform);
      socket.write(request);
      return socket;
    });
    const held = async () => await send(platform, 'GET', `${app.path}held`);
    await until(async () => (await held()).status === 503);
    expect((await held()).body).toBe('This session has too many open connections\n');
    for (const socket of sockets) socket.destroy();
    await until(async () => (await held()).body === '0');
  });
});
