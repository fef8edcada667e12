import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ForwardedRequest, Portal } from '../src/portal.js';
import { PortalServer } from '../src/server.js';

interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
  text: string;
}

/** What reached the service behind the portal, newest last. */
const reached: {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}[] = [];

/** A service that answers as its address says. */
const service = createServer((incoming, response) => {
  if (incoming.url === '/arc/files/full') {
    // As a platform does: it answers at once, and reads the rest away.
    response.writeHead(413, { 'content-type': 'text/plain' }).write('QuotaExceeded');
    incoming.on('end', () => response.end()).resume();
    return;
  }
  let body = '';
  incoming.on('data', (chunk) => {
    body += chunk;
  });
  incoming.on('end', () => {
    const { method = '', url = '', headers } = incoming;
    reached.push({ method, url, headers, body });
    const root = `http://127.0.0.1:${(service.address() as AddressInfo).port}/arc`;
    if (url.startsWith('/arc/capabilities')) {
      response.writeHead(200, { 'content-type': 'text/xml' });
      response.end(`<accessURL>${root}/files</accessURL>`);
    } else if (url.startsWith('/arc/files')) {
      response.writeHead(206, { 'content-type': 'text/xml', 'content-range': 'bytes 0-3/9' });
      response.end(root.slice(0, 4));
    } else if (url.startsWith('/arc/moved')) {
      response.writeHead(303, { location: `${root}/jobs/1`, 'set-cookie': 'CADC_SSO=secret' });
      response.end();
    } else if (url.startsWith('/arc/synctrans')) {
      response.writeHead(200, { 'content-type': 'text/xml' }).end(transferTo(abroad()));
    } else if (url === '/arc/xfer/1') {
      response.writeHead(302, { location: `${abroad()}/minoc/files/preauth:granted/x` }).end();
    } else if (url.startsWith('/skaha/gone')) response.destroy();
    else response.writeHead(200, { etag: '"1"', 'x-internal': 'yes' }).end('[]');
  });
});

/** Another host that keeps the bytes: another port is another origin. */
const bytes = createServer((incoming, response) => {
  let body = '';
  incoming.on('data', (chunk) => {
    body += chunk;
  });
  incoming.on('end', () => {
    const { method = '', url = '', headers } = incoming;
    reached.push({ method, url, headers, body });
    response.writeHead(200, { 'content-type': 'text/html' }).end('<p>the bytes</p>');
  });
});
const abroad = () => `http://127.0.0.1:${(bytes.address() as AddressInfo).port}`;

/** What a storage service says about how a file can be had. */
const transferTo = (host: string) => `<?xml version="1.0"?>
<vos:transfer xmlns:vos="http://www.ivoa.net/xml/VOSpace/v2.0">
  <vos:protocol uri="ivo://ivoa.net/vospace/core#httpsput">
    <vos:endpoint>${host}/named/files/x</vos:endpoint>
    <vos:securityMethod uri="ivo://ivoa.net/sso#tls-with-certificate"/>
  </vos:protocol>
  <vos:protocol uri="ivo://ivoa.net/vospace/core#httpsput">
    <vos:endpoint>${host}/minoc/files/preauth:granted/x?a=1&amp;b=2</vos:endpoint>
  </vos:protocol>
  <vos:protocol uri="ivo://ivoa.net/vospace/core#httpput">
    <vos:endpoint>http://plain.example/files/preauth:granted/x</vos:endpoint>
  </vos:protocol>
</vos:transfer>`;

let now = 1_700_000_000_000;
let folder: string;
const portals: PortalServer[] = [];

async function passed({ method, url, headers, body, isGrant }: ForwardedRequest) {
  return await new Promise<{
    status: number;
    headers: Record<string, string>;
    body: IncomingMessage;
  }>((resolve, reject) => {
    const login = isGrant ? {} : { authorization: 'Bearer own' };
    const outgoing = request(url, { method, headers: { ...headers, ...login } });
    outgoing.once('error', reject).once('response', (incoming) => {
      const named = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]);
      resolve({
        status: incoming.statusCode ?? 0,
        headers: Object.fromEntries(named),
        body: incoming,
      });
    });
    const send = async () => {
      for await (const chunk of body ?? []) outgoing.write(chunk);
      outgoing.end();
    };
    send().catch(reject);
  });
}

/** A portal of this test's own. */
async function open(secret?: string, port = 0) {
  const root = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  const portal = new Portal({
    folder,
    secret,
    now: () => now,
    upstreamOf: (user) =>
      user === 'gone'
        ? undefined
        : {
            services: async () =>
              new Map([
                ['/skaha', `${root}/skaha`],
                ['/storage/arc', `${root}/arc`],
              ]),
            send: passed,
          },
    factsOf: async () => ({ name: 'test', server: root, version: 'v1', batches: false }),
    answer: async ({ method, path, user, json }) =>
      path[0] === 'echo' ? { method, user, body: await json() } : undefined,
    explain: (error) => ({ code: 'test', message: error instanceof Error ? error.message : '' }),
  });
  const server = new PortalServer(portal);
  await server.listen(port);
  portals.push(server);
  return { portal, server, origin: server.origin, port: Number(new URL(server.origin).port) };
}

type Opened = Awaited<ReturnType<typeof open>>;

async function ask(
  { port }: Opened,
  path: string,
  headers: Record<string, string> = {},
  { method = 'GET', body = '' } = {},
): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path, method, headers, agent: false });
    outgoing.once('error', reject).once('response', (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk) => chunks.push(chunk)).once('error', reject);
      incoming.once('end', () => {
        const whole = Buffer.concat(chunks);
        const { statusCode: status = 0, headers: named } = incoming;
        resolve({ status, headers: named, body: whole, text: whole.toString() });
      });
    });
    outgoing.end(body);
  });
}

/** Follows a link as a browser does, and gives what the page then sends along. */
async function enter(opened: Opened, user = 'ada'): Promise<Record<string, string>> {
  const { status, headers } = await ask(opened, opened.portal.link(user));
  expect(status).toBe(303);
  const key = /^\/#key=([\w-]+)$/.exec(headers.location ?? '')?.[1] ?? '';
  const cookie = headers['set-cookie']?.[0]?.split(';')[0] ?? '';
  return { cookie, 'x-skaha-dashboard': key };
}

let portal: Opened;

beforeAll(async () => {
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  await new Promise<void>((resolve) => bytes.listen(0, '127.0.0.1', resolve));
  folder = mkdtempSync(join(tmpdir(), 'skaha-portal-'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>page</title>');
  portal = await open();
});

afterAll(async () => {
  await Promise.all(portals.map((server) => server.close()));
  await new Promise((resolve) => service.close(resolve));
  await new Promise((resolve) => bytes.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

test('the page loads nothing inline or from elsewhere, and nobody can frame it', async () => {
  const { status, headers, body } = await ask(portal, '/', { 'accept-encoding': 'gzip, br' });
  expect(status).toBe(200);
  expect(brotliDecompressSync(body).toString()).toContain('<title>page</title>');
  const policy = headers['content-security-policy'] ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toMatch(/unsafe|https?:/);
  expect(headers['x-frame-options']).toBe('DENY');
});

test('a name that merely leads here is refused, whatever is asked for', async () => {
  const login = await enter(portal);
  for (const host of [
    'evil.example',
    `evil.example:${portal.port}`,
    `127.0.0.1:${portal.port + 1}`,
    '127.0.0.1',
  ]) {
    for (const path of ['/', '/skaha/v1/session', portal.portal.link('ada')]) {
      const { status } = await ask(portal, path, { ...login, host });
      expect([host, path, status]).toEqual([host, path, 421]);
    }
  }
  const own = await ask(portal, '/skaha/v1/session', {
    ...login,
    host: `localhost:${portal.port}`,
  });
  expect(own.status).toBe(200);
});

test('a page of another origin, or of another port, can do nothing', async () => {
  const login = await enter(portal);
  const foreign = [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: `http://127.0.0.1:${portal.port + 1}` },
    { origin: `http://localhost:${portal.port}` },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'none' },
  ];
  for (const headers of foreign) {
    const before = reached.length;
    const found = await ask(
      portal,
      '/skaha/v1/session/x',
      { ...login, ...headers },
      { method: 'DELETE' },
    );
    expect([headers, found.status, reached.length]).toEqual([headers, 403, before]);
  }
  const own = { origin: portal.origin, 'sec-fetch-site': 'same-origin' };
  const found = await ask(
    portal,
    '/skaha/v1/session/x',
    { ...login, ...own },
    { method: 'DELETE' },
  );
  expect(found.status).toBe(200);
});

test('neither the cookie nor the key is enough, and neither can be made up', async () => {
  const { cookie = '', ...key } = await enter(portal);
  const other = await enter(portal, 'bob');
  const forged = cookie.replace(/=([^.]+)/, `=${Buffer.from('root').toString('base64url')}`);
  const attempts = [{}, { cookie }, key, { ...key, cookie: forged }, { ...other, cookie }];
  for (const headers of attempts) {
    const found = await ask(portal, '/skaha/v1/session', headers);
    expect([headers, found.status]).toEqual([headers, 401]);
    expect(found.text).not.toContain('own');
  }
});

test('a link opens once, not for who only looks, and not for ever', async () => {
  const link = portal.portal.link('ada');
  expect((await ask(portal, link, { 'sec-purpose': 'prefetch' })).status).toBe(405);
  expect((await ask(portal, link, {}, { method: 'HEAD' })).status).toBe(405);
  expect((await ask(portal, link, { 'sec-fetch-dest': 'image' })).status).toBe(405);
  const first = await ask(portal, link);
  expect(first.headers['set-cookie']?.[0]).toMatch(/; HttpOnly; SameSite=Strict$/);
  const second = await ask(portal, link);
  expect(second.headers['set-cookie']).toBeUndefined();
  expect(second.headers.location).toBe('/#spent');
  const late = portal.portal.link('ada');
  now += 301_000;
  expect((await ask(portal, late)).headers.location).toBe('/#spent');
});

test('a login ends after a week, and outlives a restart with the same secret alone', async () => {
  const first = await open('kept');
  const login = await enter(first);
  await first.server.close();
  const again = await open('kept', first.port);
  expect((await ask(again, '/dashboard/v1/me', login)).status).toBe(200);
  now += 7 * 24 * 3_600_000 + 1;
  expect((await ask(again, '/dashboard/v1/me', login)).status).toBe(401);
  const fresh = await enter(again);
  await again.server.close();
  const other = await open('another', first.port);
  expect((await ask(other, '/dashboard/v1/me', fresh)).status).toBe(401);
});

test('a user who is there no more is nobody', async () => {
  const login = await enter(portal, 'gone');
  expect((await ask(portal, '/skaha/v1/session', login)).status).toBe(401);
});

test('what the page sends is passed on without its login, and with ours', async () => {
  const login = await enter(portal);
  const headers = {
    ...login,
    authorization: 'Bearer theirs',
    'content-type': 'application/x-www-form-urlencoded',
    'x-skaha-registry-auth': 'YTpi',
    'x-forwarded-for': '10.0.0.1',
  };
  const body = 'name=n&image=i';
  const { headers: back } = await ask(portal, '/skaha/v1/session?a=b', headers, {
    method: 'POST',
    body,
  });
  const last = reached.at(-1);
  expect(last).toMatchObject({ method: 'POST', url: '/skaha/v1/session?a=b', body });
  expect(last?.headers).toMatchObject({
    authorization: 'Bearer own',
    'x-skaha-registry-auth': 'YTpi',
  });
  expect(last?.headers).not.toHaveProperty('cookie');
  expect(last?.headers).not.toHaveProperty('x-skaha-dashboard');
  expect(last?.headers).not.toHaveProperty('x-forwarded-for');
  expect(back).not.toHaveProperty('x-internal');
  expect(back).toMatchObject({ etag: '"1"', 'cache-control': 'no-store' });
});

test('paths that climb, or that are of no service, lead nowhere', async () => {
  const login = await enter(portal);
  const before = reached.length;
  const paths = [
    '/skaha/../arc/files',
    '/skaha/%2e%2e/arc',
    '/skaha/.%2E/x',
    '/skahax',
    '/arc/files',
    '/storage/arc\\..\\x',
    '//evil.example/skaha',
  ];
  for (const path of paths) {
    const { status } = await ask(portal, path, login);
    expect([path, status, reached.length]).toEqual([path, 404, before]);
  }
});

test('a service names its addresses as the page can reach them; files stay as they are', async () => {
  const login = await enter(portal);
  const document = await ask(portal, '/storage/arc/capabilities', login);
  expect(document.text).toBe(
    `<accessURL>http://127.0.0.1:${portal.port}/storage/arc/files</accessURL>`,
  );
  const part = await ask(portal, '/storage/arc/files/x.xml', { ...login, range: 'bytes=0-3' });
  expect(part).toMatchObject({ status: 206, text: 'http' });
  expect(part.headers['content-range']).toBe('bytes 0-3/9');
  const moved = await ask(portal, '/storage/arc/moved', login, { method: 'POST' });
  expect(moved.status).toBe(200);
  expect(moved.headers['x-skaha-status']).toBe('303');
  expect(moved.headers['x-skaha-location']).toBe(
    `http://127.0.0.1:${portal.port}/storage/arc/jobs/1`,
  );
  expect(moved.headers['set-cookie']).toBeUndefined();
});

test('bytes on another host are reached through here, by who was sent there, without a login', async () => {
  const login = await enter(portal);
  const { text } = await ask(portal, '/storage/arc/synctrans', login, { method: 'POST' });
  const [named, granted, plain] = [...text.matchAll(/<vos:endpoint>([^<]*)</g)].map(
    ([, url = '']) => url,
  );
  // Where another host wants to know who asks, and where nothing is encrypted, nobody is led.
  expect(named).toBe(`${abroad()}/named/files/x`);
  expect(plain).toBe('http://plain.example/files/preauth:granted/x');
  expect(granted).toMatch(new RegExp(`^${portal.origin}/elsewhere/[\\w-]{24}/files$`));
  const path = new URL(granted ?? '').pathname;
  const headers = { ...login, 'content-type': 'image/fits', 'x-skaha-registry-auth': 'YTpi' };
  const put = await ask(portal, path, headers, { method: 'PUT', body: 'SIMPLE' });
  expect(put).toMatchObject({ status: 200, text: '<p>the bytes</p>' });
  expect(put.headers['content-security-policy']).toContain("default-src 'none'");
  const last = reached.at(-1);
  expect(last).toMatchObject({
    method: 'PUT',
    url: '/minoc/files/preauth:granted/x?a=1&b=2',
    body: 'SIMPLE',
    headers: { 'content-type': 'image/fits' },
  });
  for (const name of ['authorization', 'cookie', 'x-skaha-dashboard', 'x-skaha-registry-auth']) {
    expect(last?.headers).not.toHaveProperty(name);
  }
  expect((await ask(portal, path, {})).status).toBe(401);
  expect((await ask(portal, path, await enter(portal, 'bob'))).status).toBe(404);
  expect((await ask(portal, '/elsewhere/AAAAAAAAAAAAAAAAAAAAAAAA/files', login)).status).toBe(404);
  now += 3_600_001;
  expect((await ask(portal, path, login)).status).toBe(404);
});

test('a file that a service sends on to another host is followed there', async () => {
  const login = await enter(portal);
  const sent = await ask(portal, '/storage/arc/xfer/1', login);
  const first = new URL(sent.headers['x-skaha-location']?.toString() ?? '');
  expect(first.origin).toBe(portal.origin);
  expect((await ask(portal, first.pathname, login)).text).toBe('<p>the bytes</p>');
  expect(reached.at(-1)?.url).toBe('/minoc/files/preauth:granted/x');
  // A document that is no file leads to no other host.
  const moved = await ask(portal, '/storage/arc/moved', login);
  expect(moved.headers['x-skaha-location']).toContain('/storage/arc/jobs/1');
});

test('a platform that does not answer is told apart from a refusal', async () => {
  const login = await enter(portal);
  const { status, text } = await ask(portal, '/skaha/gone', login);
  expect(status).toBe(502);
  expect(JSON.parse(text).error.code).toBe('test');
});

test('calls to whoever serves the page carry their user; logging out takes the cookie away', async () => {
  const login = await enter(portal);
  const body = JSON.stringify({ a: 1 });
  const echo = await ask(portal, '/dashboard/v1/echo', login, { method: 'POST', body });
  expect(JSON.parse(echo.text)).toEqual({ method: 'POST', user: 'ada', body: { a: 1 } });
  const me = await ask(portal, '/dashboard/v1/me', login);
  expect(JSON.parse(me.text)).toMatchObject({
    user: 'ada',
    name: 'test',
    storage: ['/storage/arc'],
  });
  const out = await ask(portal, '/dashboard/v1/logout', login, { method: 'POST' });
  expect(out.headers['set-cookie']?.[0]).toContain('Max-Age=0');
  expect((await ask(portal, '/dashboard/v1/nothing', login)).status).toBe(404);
});

test('a page that still sends a large file hears why the service refused it', async () => {
  const login = await enter(portal);
  const size = 8 * 2 ** 20;
  const headers = { ...login, 'content-length': size, 'sec-fetch-site': 'same-origin' };
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const address = { host: '127.0.0.1', port: portal.port, agent };
  const refused = await new Promise<number>((resolve, reject) => {
    const path = '/storage/arc/files/full';
    const outgoing = request({ ...address, path, method: 'PUT', headers });
    const piece = Buffer.alloc(64 * 1024);
    let sent = 0;
    const send = () => {
      sent += piece.length;
      outgoing.write(piece, () => (sent < size ? send() : outgoing.end()));
    };
    outgoing.once('error', reject).once('response', (incoming) => {
      incoming.resume().once('end', () => {
        // Nobody broke the connection before all of it had been sent.
        outgoing.once('finish', () => resolve(incoming.statusCode ?? 0));
        if (outgoing.writableFinished) resolve(incoming.statusCode ?? 0);
      });
    });
    send();
  });
  expect(refused).toBe(413);
  agent.destroy();
});

test('every answer carries the policy, refusals and answers of the platform included', async () => {
  const login = await enter(portal);
  const asked: [path: string, headers: Record<string, string>, status: number][] = [
    ['/', {}, 200],
    ['/enter/guess', {}, 303],
    ['/skaha/v1/session', {}, 401],
    ['/skaha/v1/session', { ...login, origin: 'https://evil.example' }, 403],
    ['/skaha/v1/session', login, 200],
    ['/skaha/gone', login, 502],
    ['/nothing', login, 404],
    ['/dashboard/v1/%E0%A4%A', login, 404],
    ['/', { host: 'evil.example' }, 421],
  ];
  for (const [path, headers, status] of asked) {
    const answer = await ask(portal, path, headers);
    expect([path, answer.status]).toEqual([path, status]);
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
    expect(answer.headers['x-frame-options']).toBe('DENY');
    expect(answer.headers['referrer-policy']).toBe('no-referrer');
  }
});

test('nobody gets a web socket', async () => {
  const headers = { ...(await enter(portal)), connection: 'Upgrade', upgrade: 'websocket' };
  const { port } = portal;
  const before = reached.length;
  await expect(
    new Promise((resolve, reject) => {
      const outgoing = request({ host: '127.0.0.1', port, path: '/skaha/v1/session', headers });
      outgoing.once('error', reject).once('response', resolve).once('upgrade', resolve);
      outgoing.end();
    }),
  ).rejects.toThrow(/hang up|reset/i);
  expect(reached.length).toBe(before);
});
