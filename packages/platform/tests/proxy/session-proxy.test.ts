import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { describe, expect, test } from 'vitest';
import type { Platform } from '../../src/types.js';
import { create, events, roomy, send, testPlatform, until, untilStatus } from '../fixtures.js';

/** A page that says what reached it, and speaks back to whoever switches protocols. */
const program = `
const http = require('http');
const server = http.createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => { body += chunk; });
  request.on('end', () => {
    response.setHeader('x-inner', 'yes');
    response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }));
  });
});
server.on('upgrade', (request, socket, head) => {
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nconnection: Upgrade\\r\\nupgrade: echo\\r\\n\\r\\n' + request.url + '|');
  socket.write(head);
  socket.pipe(socket);
});
server.listen(process.env.PORT, '127.0.0.1');
`;

const image = 'images.canfar.net/own/echo:1';
const config = {
  ...roomy,
  images: [
    { id: image, types: ['contributed'], command: ['node', 'echo.cjs'] },
    { id: 'images.canfar.net/own/none:1', types: ['contributed'] },
  ],
};

async function page(platform: Platform) {
  writeFileSync(join(platform.home, 'echo.cjs'), program);
  const id = await create(platform, { type: 'contributed', image });
  const session = await untilStatus(platform, id, 'Running');
  return {
    id,
    path: `/session/contrib/${id}/`,
    session,
    connect: new URL(session.connectURL ?? ''),
  };
}

const nobody = { token: null };

describe('the page of a contributed session', () => {
  test('its address opens it once, becomes a cookie for this page alone, and the owner needs none', async () => {
    const platform = await testPlatform({ config });
    const { path, connect: address } = await page(platform);
    expect(address.origin).toBe(`https://127.0.0.1:${platform.port}`);
    expect(address.pathname).toBe(path);
    const opened = await send(platform, 'GET', address.pathname + address.search, nobody);
    expect(opened).toMatchObject({ status: 302, headers: { location: path } });
    const [cookie = ''] = opened.headers['set-cookie'] ?? [];
    expect(cookie).toMatch(new RegExp(`; Path=${path}; HttpOnly; Secure; SameSite=Lax$`));
    const headers = { cookie: cookie.split(';')[0] ?? '' };
    const inside = await send(platform, 'GET', `${path}sub/page?q=1`, { ...nobody, headers });
    expect(inside).toMatchObject({ status: 200, headers: { 'x-inner': 'yes' } });
    expect(JSON.parse(inside.body)).toMatchObject({ method: 'GET', url: '/sub/page?q=1' });
    expect((await send(platform, 'GET', path)).status).toBe(200);
    expect(await send(platform, 'GET', path.slice(0, -1))).toMatchObject({
      status: 302,
      headers: { location: path },
    });
  });

  test('nobody else gets in, and to others it looks like none', async () => {
    const platform = await testPlatform({ config });
    const { path } = await page(platform);
    const other = await page(platform);
    const guest = { token: platform.users[1]?.token };
    expect((await send(platform, 'GET', path, nobody)).status).toBe(401);
    expect((await send(platform, 'GET', path, guest)).status).toBe(401);
    expect((await send(platform, 'GET', `${path}?token=guess`, nobody)).status).toBe(401);
    expect((await send(platform, 'GET', path + other.connect.search, nobody)).status).toBe(401);
    expect((await send(platform, 'GET', '/session/contrib/nothere1/', nobody)).status).toBe(401);
    expect((await send(platform, 'GET', '/session/contrib/nothere1/')).status).toBe(404);
    const cookie = `skaha_session=${other.connect.searchParams.get('token')}`;
    const withOther = await send(platform, 'GET', path, { ...nobody, headers: { cookie } });
    expect(withOther.status).toBe(401);
    const api = await send(platform, 'GET', '/skaha/v1/context', {
      ...nobody,
      headers: { cookie },
    });
    expect(api.status).toBe(401);
  });

  test('S8: a session sees no credential of the platform; what else is sent arrives', async () => {
    const platform = await testPlatform({ config });
    const { path } = await page(platform);
    const answer = await send(platform, 'POST', path, {
      headers: { cookie: 'CADC_SSO=a; mine=b; skaha_session=c', 'x-mine': 'd' },
      body: 'some text',
    });
    const { headers, body } = JSON.parse(answer.body);
    expect(body).toBe('some text');
    expect(headers).toMatchObject({
      cookie: 'mine=b',
      'x-mine': 'd',
      'x-forwarded-proto': 'https',
      'x-forwarded-prefix': path,
    });
    expect(JSON.stringify(headers)).not.toContain(platform.token);
  });

  test('a WebSocket passes through, but not for the page of another site', async () => {
    const platform = await testPlatform({ config });
    const { path, connect: address } = await page(platform);
    const cookie = `skaha_session=${address.searchParams.get('token')}`;
    const own = await upgrade(platform, `${path}socket?x=1`, [`cookie: ${cookie}`], 'hello');
    expect(own).toMatch(/^HTTP\/1\.1 101 [\s\S]*\/socket\?x=1\|hello$/);
    const lines = [`cookie: ${cookie}`, 'origin: https://elsewhere.example'];
    expect(await upgrade(platform, `${path}socket`, lines)).toMatch(/^HTTP\/1\.1 403 /);
    expect(await upgrade(platform, `${path}socket`, [])).toMatch(/^HTTP\/1\.1 403 /);
    expect(await upgrade(platform, '/skaha', [])).toBe('');
  });

  test('without a command in the catalogue it fails and says so; a broken one fails too', async () => {
    const platform = await testPlatform({ config });
    const none = await create(platform, {
      type: 'contributed',
      image: 'images.canfar.net/own/none:1',
    });
    const session = await untilStatus(platform, none, 'Failed');
    expect(session.connectURL).toBe(`https://127.0.0.1:${platform.port}/session/contrib/${none}/`);
    expect(await events(platform, none)).toContain('cannot run a contributed session');
    expect((await send(platform, 'GET', `/session/contrib/${none}/`)).status).toBe(503);
    const broken = await create(platform, { type: 'contributed', image });
    await untilStatus(platform, broken, 'Failed');
  });

  test('a later platform on the same state still leads to it', async () => {
    const first = await testPlatform({ config });
    const { path, connect: address } = await page(first);
    await first.stop({ sessions: 'leave' });
    const second = await testPlatform({ data: first.data, config });
    expect((await send(second, 'GET', path)).status).toBe(200);
    expect((await send(second, 'GET', path + address.search, nobody)).status).toBe(302);
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
    const at = async (path: string, method = 'GET') =>
      await send(platform, method, `/session/contrib/${id}/${path}`);
    expect((await at('')).body).toContain('<a href="./a%20b/">a b/</a>');
    expect((await at('a%20b')).headers.location).toBe('./a%20b/');
    expect((await at('a%20b/')).body).toContain('x&amp;y.txt');
    const file = await at('a%20b/x%26y.txt');
    expect(file).toMatchObject({ status: 200, body: 'content' });
    expect(file.headers['content-security-policy']).toContain('sandbox');
    for (const path of ['out/passwd', '..%2f..%2fetc%2fpasswd', 'nothing']) {
      expect((await at(path)).status).toBe(404);
    }
    expect((await at('', 'POST')).status).toBe(405);
  });
});

/** Asks to switch protocols, sends a word, and returns all that came until `until` or the end. */
async function upgrade(
  platform: Platform,
  path: string,
  lines: readonly string[],
  word = '',
): Promise<string> {
  const socket = connect({
    host: '127.0.0.1',
    port: platform.port,
    ca: readFileSync(platform.ca),
  });
  let received = '';
  let closed = false;
  socket.on('error', () => undefined);
  socket.on('close', () => {
    closed = true;
  });
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString();
  });
  const head = [`GET ${path} HTTP/1.1`, `host: 127.0.0.1:${platform.port}`, ...lines];
  socket.write(`${[...head, 'connection: Upgrade', 'upgrade: echo'].join('\r\n')}\r\n\r\n${word}`);
  await until(() => closed || (word !== '' && received.endsWith(word)));
  socket.destroy();
  return received;
}
