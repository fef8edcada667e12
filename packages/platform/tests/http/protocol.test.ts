import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Platform } from '../../src/types.js';
import {
  form,
  formType,
  get,
  notebook,
  openPlatform,
  post,
  roomy,
  send,
  terminal,
  until,
} from '../fixtures.js';

let platform: Platform;
let data: string;

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'skaha-platform-'));
  platform = await openPlatform({ data, port: 0, user: 'adastra', config: roomy });
});

afterAll(async () => {
  await platform.stop();
  rmSync(data, { recursive: true, force: true });
});

const query = `name=asked&image=${encodeURIComponent(terminal)}&cmd=true`;

describe('addresses and methods', () => {
  test('1: HEAD of the root without a slash leads to 200', async () => {
    const answer = await send(platform, 'HEAD', '/skaha', { token: null });
    expect(answer).toMatchObject({ status: 302, headers: { location: '/skaha/' } });
    expect((await send(platform, 'GET', '/skaha/', { token: null })).status).toBe(200);
  });

  test.each(['/skaha/v0/session', '/skaha/v2/session', '/skaha/v1/nothing', '/', '/other'])(
    '2: %s is 404 with a page',
    async (path) => {
      const answer = await send(platform, 'GET', path);
      expect(answer.status).toBe(404);
      expect(answer.headers['content-type']).toMatch(/^text\/html/);
    },
  );

  test.each([
    ['PUT', 'session', 'GET, POST, DELETE'],
    ['HEAD', 'session', 'GET, POST, DELETE'],
    ['POST', 'image', 'GET'],
    ['DELETE', 'context', 'GET'],
    ['HEAD', 'repository', 'GET'],
  ])('47: %s /%s is 405 also without credentials', async (method, name, allow) => {
    const answer = await send(platform, method, `/skaha/v1/${name}`, { token: null });
    expect(answer.status).toBe(405);
    expect(answer.headers).toMatchObject({ allow });
    expect(answer.headers['server']).toBeUndefined();
    expect(answer.headers['content-type']).toMatch(/^text\/plain/);
    if (method !== 'HEAD') expect(answer.body).toBe(`unsupported: HTTP ${method}\n`);
  });

  test('47: odd paths of /session/', async () => {
    expect(await send(platform, 'POST', '/skaha/v1/session/', { headers: formType })).toMatchObject(
      {
        status: 400,
        body: 'Cannot modify an existing session\n',
      },
    );
    expect(await send(platform, 'DELETE', '/skaha/v1/session/')).toMatchObject({
      status: 200,
      body: '',
    });
    expect(await send(platform, 'DELETE', '/skaha/v1/session')).toMatchObject({
      status: 400,
      body: 'Cannot kill all sessions.\n',
    });
    expect(await send(platform, 'GET', '/skaha/v1/session/a/app/b/c')).toMatchObject({
      status: 400,
      body: 'Invalid request: a/app/b/c\n',
    });
    expect(
      await send(platform, 'GET', '/skaha/v1/session/', { token: platform.users[1]?.token }),
    ).toMatchObject({ status: 404, body: 'session  not found\n' });
  });

  test('47: GET /session/ is the first session; a slash behind an id is harmless', async () => {
    const id = (await post(platform)).body.trim();
    const first = await send(platform, 'GET', '/skaha/v1/session/');
    expect(JSON.parse(first.body)).toHaveProperty('id');
    const slashed = await send(platform, 'GET', `/skaha/v1/session/${id}/`);
    expect(JSON.parse(slashed.body)).toMatchObject({ id });
  });

  test('OPTIONS lists the methods', async () => {
    const answer = await send(platform, 'OPTIONS', '/skaha/v1/image', { token: null });
    expect(answer).toMatchObject({ status: 200, headers: { allow: 'GET' } });
  });

  test('an id that is no label is refused in the words of the cluster', async () => {
    expect(await send(platform, 'GET', '/skaha/v1/session/a%20b')).toMatchObject({
      status: 400,
      body: 'canfar.net/id label value must match Kubernetes label value syntax\n',
    });
    expect((await send(platform, 'GET', '/skaha/v1/session/%zz')).status).toBe(400);
  });
});

describe('parameters', () => {
  test('3: query parameters with an empty urlencoded body create a session', async () => {
    const answer = await send(platform, 'POST', `/skaha/v1/session?${query}`, {
      headers: formType,
    });
    expect(answer.status).toBe(200);
  });

  test('3: a form body works, with a charset too; of both, the query wins', async () => {
    const answer = await send(platform, 'POST', `/skaha/v1/session?name=from-query`, {
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' },
      body: form([
        ['name', 'from-body'],
        ['image', terminal],
      ]),
    });
    expect(await get(platform, answer.body.trim())).toMatchObject({ name: 'from-query' });
  });

  test.each([undefined, 'application/json', 'text/plain'])(
    '4: content type %s gives no parameters at all',
    async (type) => {
      const answer = await send(platform, 'POST', `/skaha/v1/session?${query}`, {
        headers: type === undefined ? {} : { 'content-type': type },
        body: '{"name":"x"}',
      });
      expect(answer).toMatchObject({ status: 400, body: "Missing parameter 'image'\n" });
    },
  );

  test('5: multipart creates, and ignores the query string', async () => {
    const part = (name: string, value: string) =>
      `--edge\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
    const answer = await send(platform, 'POST', '/skaha/v1/session?name=from-query&type=bogus', {
      headers: { 'content-type': 'multipart/form-data; boundary=edge' },
      body: `${part('name', 'from-part')}${part('image', terminal)}--edge--\r\n`,
    });
    expect(await get(platform, answer.body.trim())).toMatchObject({ name: 'from-part' });
  });

  test('5: a broken multipart body is refused', async () => {
    const broken = { headers: { 'content-type': 'multipart/form-data' }, body: 'x' };
    expect((await send(platform, 'POST', '/skaha/v1/session', broken)).status).toBe(400);
  });

  // An error that nobody catches ends the platform; here it fails the run of the tests.
  test.each([
    ['nothing', ''],
    ['a boundary alone', '--edge'],
    ['half a head', '--edge\r\ncontent-disposition: form-data; name="a"'],
    ['half a field', '--edge\r\ncontent-disposition: form-data; name="a"\r\n\r\nx'],
    ['half a file', '--edge\r\ncontent-disposition: form-data; name="f"; filename="f"\r\n\r\nx'],
    [
      'half a second file',
      `${'--edge\r\ncontent-disposition: form-data; name="f"; filename="f"\r\n\r\nx\r\n'.repeat(2)}--edg`,
    ],
    ['a file that is too long', `--edge\r\n${'x'.repeat(500_000)}`],
  ])('5: a multipart body that breaks off after %s stops nothing', async (_, body) => {
    const headers = { 'content-type': 'multipart/form-data; boundary=edge' };
    expect((await send(platform, 'POST', '/skaha/v1/session', { headers, body })).status).toBe(400);
  });

  test('6: parameter names are case-insensitive; two spellings of one are refused', async () => {
    const odd = `NAME=odd&Image=${encodeURIComponent(terminal)}`;
    const created = await send(platform, 'POST', `/skaha/v1/session?${odd}`, { headers: formType });
    expect(created.status).toBe(200);
    const filtered = await send(platform, 'GET', '/skaha/v1/session?TYPE=notebook');
    expect(filtered.body).toBe('[]');
    const twice = await send(platform, 'GET', '/skaha/v1/session?type=a&TYPE=b');
    expect(twice).toMatchObject({ status: 400, body: 'null\n' });
  });

  test('a body beyond the limit is refused', async () => {
    const answer = await send(platform, 'POST', '/skaha/v1/session', {
      headers: formType,
      body: `name=${'x'.repeat(1_100_000)}`,
    }).catch((error: NodeJS.ErrnoException) => error.code);
    // The server may close the connection before all of it was sent.
    expect(['EPIPE', 'ECONNRESET', 413]).toContain(
      typeof answer === 'object' ? answer.status : answer,
    );
  });
});

describe('replies', () => {
  test('7: error bodies are text/plain, end with one LF and carry their length', async () => {
    const answer = await send(platform, 'GET', '/skaha/v1/session/nothere1');
    expect(answer).toMatchObject({
      status: 404,
      body: 'session nothere1 not found\n',
      headers: { 'content-type': 'text/plain', 'content-length': '27' },
    });
  });

  test('8: authenticated replies carry x-vo-authenticated, also errors', async () => {
    for (const path of ['context', 'session/nothere1', 'image?type=x']) {
      const { headers } = await send(platform, 'GET', `/skaha/v1/${path}`);
      expect(headers['x-vo-authenticated']).toBe('adastra');
      expect(headers['server']).toBe('OpenCADC/cadc-rest');
    }
  });

  test('8: anonymous replies carry www-authenticate, also on 200', async () => {
    for (const path of ['capabilities', 'availability']) {
      const { status, headers } = await send(platform, 'GET', `/skaha/${path}`, { token: null });
      expect(status).toBe(200);
      expect(headers['www-authenticate']).toContain('Bearer');
      expect(headers['x-vo-authenticated']).toBeUndefined();
    }
  });

  test('28: JSON is pretty on session, image and stats, and on one line elsewhere', async () => {
    const body = async (path: string) => (await send(platform, 'GET', `/skaha/v1/${path}`)).body;
    for (const path of ['image', 'session?view=stats', 'session']) {
      expect(await body(path)).toMatch(/^[[{]\n {2}\S/);
    }
    expect(await body('context')).toMatch(/^\{"cores":\{"default":1,"defaultLimit":8,"options":\[/);
    expect(await body('repository')).toBe('["images.canfar.net"]');
    const types = await Promise.all(
      ['image', 'context', 'repository', 'session', 'session?view=stats'].map(
        async (path) => (await send(platform, 'GET', `/skaha/v1/${path}`)).headers['content-type'],
      ),
    );
    expect(new Set(types)).toEqual(new Set(['application/json']));
  });

  test('38: images are filtered by type as it is written', async () => {
    const all = await send(platform, 'GET', '/skaha/v1/image');
    expect(JSON.parse(all.body).map(({ id }: { id: string }) => id)).toContain(terminal);
    const some = await send(platform, 'GET', '/skaha/v1/image?type=notebook');
    expect(JSON.parse(some.body)).toEqual([
      expect.objectContaining({
        id: notebook,
        digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      }),
    ]);
    for (const type of ['Notebook', 'bogus', '']) {
      expect(await send(platform, 'GET', `/skaha/v1/image?type=${type}`)).toMatchObject({
        status: 400,
        body: `unknown type: ${type}\n`,
      });
    }
  });

  test('43: stats are doubles with a decimal part and memory with its unit', async () => {
    const { body } = await send(platform, 'GET', '/skaha/v1/session?view=stats');
    expect(body).toContain('"cpuCoresAvailable": 8.0,');
    expect(body).toContain('"ramAvailable": "68.719G"');
    expect(body).toContain('"withRam": "32Gi"');
    expect(body).toMatch(/"requestedCPUCores": \d+\.\d/);
  });

  test('43: with the metrics down, stats are 503 and say when to come again', async () => {
    const lift = platform.faults.inject({
      kind: 'status-503',
      path: '/skaha/v1/session?view=stats',
    });
    const answer = await send(platform, 'GET', '/skaha/v1/session?view=stats');
    lift();
    expect(answer).toMatchObject({
      status: 503,
      body: 'temporarily unavailable: null\n',
      headers: { 'retry-after': '30' },
    });
  });

  test('45: availability is true in its namespace; detail=min is empty', async () => {
    const answer = await send(platform, 'GET', '/skaha/availability', { token: null });
    expect(answer.headers['content-type']).toBe('text/xml');
    expect(answer.body).toContain('<vosi:available>true</vosi:available>\r\n');
    const least = await send(platform, 'GET', '/skaha/availability?detail=min', { token: null });
    expect(least).toMatchObject({ status: 200, body: '' });
    const odd = await send(platform, 'GET', '/skaha/availability?detail=a&DETAIL=b');
    expect(odd.status).toBe(400);
  });

  test('46: capabilities name this server, root in the namespace, children not', async () => {
    const { body, headers } = await send(platform, 'GET', '/skaha/capabilities', { token: null });
    expect(headers['server']).toBe('OpenCADC/cadc-rest + cadc-vosi-1.4');
    expect(body).toContain('<vosi:capabilities xmlns:vosi=');
    expect(body).toContain(
      '<capability standardID="http://www.opencadc.org/std/platform#session-1">',
    );
    const origin = `https://127.0.0.1:${platform.port}`;
    expect(body).toContain(`<accessURL use="base">${origin}/skaha/v1/session</accessURL>`);
    expect(body).toContain('ivo://ivoa.net/sso#token');
    expect(body).toContain('ivo://ivoa.net/sso#tls-with-certificate');
    const head = await send(platform, 'HEAD', '/skaha/capabilities', { token: null });
    expect(head).toMatchObject({ status: 200, body: '' });
    const named = await send(platform, 'GET', '/skaha/capabilities', {
      headers: { host: `localhost:${platform.port}` },
    });
    expect(named.body).toContain(`https://localhost:${platform.port}/skaha/v1/session`);
    const foreign = await send(platform, 'GET', '/skaha/capabilities', {
      headers: { host: 'elsewhere.example' },
    });
    expect(foreign.body).not.toContain('elsewhere');
  });

  test('48: Accept and X-Skaha-Authentication-Type change nothing', async () => {
    const plain = await send(platform, 'GET', '/skaha/v1/context');
    const odd = await send(platform, 'GET', '/skaha/v1/context', {
      headers: { accept: 'text/html', 'x-skaha-authentication-type': 'X509' },
    });
    expect(odd.body).toBe(plain.body);
    expect(odd.headers['content-type']).toBe(plain.headers['content-type']);
  });
});

describe('the listener', () => {
  test('old TLS is refused; an interrupted request does no harm', async () => {
    const ca = readFileSync(platform.ca);
    const code = await new Promise<string | undefined>((resolve) => {
      const socket = connect({
        host: '127.0.0.1',
        port: platform.port,
        ca,
        maxVersion: 'TLSv1.1',
        minVersion: 'TLSv1',
      });
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
      socket.on('secureConnect', () => resolve('connected'));
    });
    expect(code).not.toBe('connected');
    const socket = connect({ host: '127.0.0.1', port: platform.port, ca });
    socket.on('error', () => undefined);
    socket.write(
      `POST /skaha/v1/session HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${platform.token}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 100\r\n\r\nname=x`,
    );
    await until(() => platform.requests.at(-1)?.method === 'POST');
    socket.destroy();
    expect((await send(platform, 'GET', '/skaha/v1/context')).status).toBe(200);
  });

  test('requests are logged with the names of their headers and no values', async () => {
    await send(platform, 'GET', '/skaha/v1/context?x=1', { headers: { 'X-Secret': 'swordfish' } });
    const last = platform.requests.at(-1);
    expect(last).toMatchObject({ method: 'GET', path: '/skaha/v1/context?x=1' });
    expect(last?.headers).toEqual(expect.arrayContaining(['authorization', 'x-secret']));
    expect(JSON.stringify(platform.requests)).not.toMatch(
      new RegExp(`swordfish|${platform.token}`),
    );
  });
});
