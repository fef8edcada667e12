import { existsSync, mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Platform } from '../../src/types.js';
import {
  type Answer,
  create,
  discard,
  form,
  formType,
  list,
  logs,
  type Method,
  openPlatform,
  post,
  roomy,
  send,
  untilStatus,
} from '../fixtures.js';

// Two users who want each other's sessions. Whatever one tries, it looks as if the other's session
// did not exist, beyond the four fields that `view=all` shows everybody.

const secret = 'swordfish-in-the-log';
let platform: Platform;
let victim: { token: string };
let batch: string;
let desktop: string;
let app: string;

beforeAll(async () => {
  platform = await openPlatform({
    data: mkdtempSync(join(tmpdir(), 'skaha-hostile-')),
    port: 0,
    user: 'mallory',
    config: { ...roomy, users: [{ name: 'victim' }] },
  });
  victim = { token: platform.users[1]?.token ?? '' };
  batch = await create(platform, { name: 'hers', cmd: 'echo', args: secret }, victim);
  await untilDone(batch);
  platform.faults.inject('slow-queue');
  desktop = await create(platform, { name: 'hers-too', type: 'desktop' }, victim);
  const made = await send(platform, 'POST', `/skaha/v1/session/${desktop}/app`, {
    ...victim,
    headers: formType,
    body: form([['image', 'x/y:1']]),
  });
  app = made.body.trim();
});

afterAll(async () => {
  await platform.stop();
  await discard(platform.data);
});

async function untilDone(id: string): Promise<void> {
  for (;;) {
    const mine = await list(platform, '', victim);
    if (mine.find((one) => one.id === id)?.status === 'Completed') return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const session = '/skaha/v1/session';
const ask = (method: Method, path: string, body?: string): Promise<Answer> =>
  send(platform, method, path, body === undefined ? {} : { headers: formType, body });

/** The answer with the id taken out, so that two of them can be compared. */
const faceless = (answer: Answer, id: string): unknown => [
  answer.status,
  answer.body.replaceAll(id, 'ID'),
  answer.headers['content-type'],
  answer.headers['x-vo-authenticated'],
];

describe("another user's session", () => {
  const attempts: readonly [Method, (id: string) => string, string?][] = [
    ['GET', (id) => `${session}/${id}`],
    ['GET', (id) => `${session}/${id}/`],
    ['GET', (id) => `${session}/${id}?view=logs`],
    ['GET', (id) => `${session}/${id}?view=events`],
    ['GET', (id) => `${session}/${id}/app`],
    ['GET', (id) => `${session}/${id}/app/abc`],
    ['POST', (id) => `${session}/${id}`, 'action=renew'],
    ['POST', (id) => `${session}/${id}/app`, 'image=x/y:1'],
    ['DELETE', (id) => `${session}/${id}`],
    ['DELETE', (id) => `${session}/${id}/app/abc`],
    ['GET', (id) => `/session/contrib/${id}/`],
    ['GET', (id) => `/session/notebook/${id}/lab`],
    ['GET', (id) => `/session/desktop/${id}/?password=${id}`],
  ];

  test.each(attempts)('%s %s looks like one that does not exist', async (method, path, body) => {
    for (const [id, unknown] of [
      [batch, 'nothere1'],
      [desktop, 'nothere2'],
    ] as const) {
      const theirs = await ask(method, path(id), body);
      const nobodys = await ask(method, path(unknown), body);
      expect(faceless(theirs, id)).toEqual(faceless(nobodys, unknown));
      expect(theirs.body).not.toContain(secret);
    }
  });

  test('an app of another is hidden, by its own address and by that of its desktop', async () => {
    for (const path of [`${desktop}/app/${app}`, `${desktop}-${app}`]) {
      expect((await ask('GET', `${session}/${path}`)).status).toBe(404);
      expect((await ask('GET', `${session}/${path}?view=logs`)).body).not.toContain(secret);
      await ask('DELETE', `${session}/${path}`);
    }
    const apps = JSON.parse((await send(platform, 'GET', `${session}/x/app`, victim)).body);
    expect(apps).toHaveLength(1);
    expect((await ask('GET', `${session}/x/app`)).body).toBe('[]');
  });

  test('is there after all that, unchanged', async () => {
    const hers = await list(platform, '', victim);
    expect(hers.map(({ id }) => id).sort()).toEqual([batch, desktop].sort());
    const log = await send(platform, 'GET', `${session}/${batch}?view=logs`, victim);
    expect(log.body).toBe(`${secret}\n`);
  });

  test('no list shows more of it than the four public fields', async () => {
    for (const query of ['', '?view=interactive', '?type=desktop-app', '?view=unheard']) {
      expect(await list(platform, query)).toEqual([]);
    }
    const everyone = await ask('GET', `${session}?view=all`);
    for (const hidden of [batch, desktop, 'hers', 'image']) {
      expect(everyone.body).not.toContain(hidden);
    }
    const apps = await ask('GET', `${session}/x/app?view=all`);
    expect(apps.body).not.toContain(desktop);
    const stats = await ask('GET', `${session}?view=stats`);
    expect(stats.body).not.toMatch(/victim|hers/);
  });

  test('its name, and its limit, are not in the way', async () => {
    expect((await post(platform, { name: 'hers', cmd: 'true' })).status).toBe(200);
  });

  test('no header makes one user another', async () => {
    for (const name of [
      ...['x-client-certificate', 'x-forwarded-user', 'remote-user', 'x-vo-authenticated'],
      ...['x-forwarded-for', 'x-real-ip', 'x-original-url', 'x-http-method-override'],
    ]) {
      const headers = { [name]: 'victim' };
      expect((await send(platform, 'GET', session, { headers })).body).not.toContain(batch);
      const answer = await send(platform, 'GET', session, { headers, token: null });
      expect(answer.status).toBe(401);
    }
  });
});

describe('ids and names that want out', () => {
  const ids = [
    ...['..', '../', '..%2f..%2f', '%2e%2e', '%2e%2e%2f%2e%2e%2fsessions', '..%5c..%5c'],
    ...['%00', 'a%00b', '%0a', '%0d%0ax-evil:%201', 'a%2fb', '%2fetc%2fpasswd', '....//'],
    ...['a;id', '$(id)', '`id`', '%24%7bIFS%7d', "'", '%22', '*', '%25s%25n', '%c0%ae%c0%ae'],
    ...['__proto__', 'constructor', 'toString', 'a'.repeat(64), 'a'.repeat(5000), '%F0%9F%92%A9'],
  ];

  test.each(ids)('%s', async (id) => {
    const before = readdirSync(platform.data, { recursive: true }).length;
    for (const [method, path, body] of [
      ['GET', `${session}/${id}`],
      ['GET', `${session}/${id}?view=logs`],
      ['GET', `${session}/${id}?view=events`],
      ['GET', `${session}/x/app/${id}`],
      ['POST', `${session}/${id}`, 'action=renew'],
      ['POST', `${session}/${id}/app`, 'image=x/y:1'],
      ['DELETE', `${session}/${id}`],
      ['DELETE', `${session}/x/app/${id}`],
      ['GET', `/session/contrib/${id}/`],
    ] as const) {
      const answer = await ask(method, path, body);
      expect(answer.status).toBeLessThan(500);
      expect(answer.headers).not.toHaveProperty('x-evil');
      expect(answer.body).not.toMatch(/root:|swordfish|at .*\.[jt]s:\d/);
    }
    expect(readdirSync(platform.data, { recursive: true }).length).toBe(before);
    expect(await list(platform, '', victim)).toHaveLength(2);
  });

  test.each(['../../etc', 'a/b', 'a b', 'a\0b', 'ä', 'a\nb', '$(touch x)', '..', '.'])(
    'the name %j is refused',
    async (name) => {
      expect(await post(platform, { name, cmd: 'true' })).toMatchObject({
        status: 400,
        body: "name can only contain alpha-numeric chars and '-'\n",
      });
    },
  );
});

describe('nothing reaches a shell', () => {
  test.each([
    ['; touch PWNED', 'a;touch PWNED'],
    ['command substitution', '`touch PWNED`'],
    ['pipe', '|touch PWNED'],
    ['and', '&&touch PWNED'],
    ['redirection', '>PWNED'],
    ['a glob', '/*'],
    ['an option', '--help-me'],
    ['quotes', "'x'"],
    ['a line feed', 'a\ntouch PWNED'],
  ])('%s in an argument is an argument', async (_name, args) => {
    platform.faults.clear();
    const marker = join(platform.home, 'PWNED');
    const id = await create(platform, { cmd: 'printf', args: `[%s] ${args}` });
    await untilStatus(platform, id, 'Completed');
    expect(await logs(platform, id)).toBe(
      args
        .split(' ')
        // YAML makes a blank of a line feed, on the real platform too.
        .map((word) => `[${word.replace('\n', ' ')}]`)
        .join(''),
    );
    expect(existsSync(marker)).toBe(false);
    platform.faults.inject('slow-queue');
  });

  test('a command is a program, never a line; variables never become one', async () => {
    platform.faults.clear();
    const fields = { cmd: 'true; touch PWNED' };
    const id = await create(platform, fields);
    await untilStatus(platform, id, 'Failed');
    const env = [
      'BASH_ENV=./evil.sh',
      'ENV=./evil.sh',
      'LD_PRELOAD=/nowhere.so',
      'A;touch PWNED=1',
    ];
    writeFileSync(join(platform.home, 'evil.sh'), 'touch PWNED\n');
    const other = await create(platform, { cmd: 'true', env });
    await untilStatus(platform, other, 'Completed', 'Failed');
    expect(existsSync(join(platform.home, 'PWNED'))).toBe(false);
    platform.faults.inject('slow-queue');
  });
});

/** Bytes as they are, and what comes back until the connection ends. */
async function raw(text: string): Promise<string> {
  return await new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: platform.port, rejectUnauthorized: false });
    let reply = '';
    socket.setTimeout(10_000, () => socket.destroy());
    socket.on('data', (chunk) => {
      reply += chunk.toString();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(reply));
    socket.write(text);
  });
}

describe('requests that are none', () => {
  const host = 'host: localhost\r\nconnection: close\r\n';
  test.each([
    ['no path', `GET HTTP/1.1\r\n${host}\r\n`],
    ['another protocol', `GET / SPDY/9\r\n${host}\r\n`],
    [
      'two lengths',
      `POST ${session} HTTP/1.1\r\n${host}content-length: 1\r\ncontent-length: 2\r\n\r\nab`,
    ],
    [
      'length and chunks',
      `POST ${session} HTTP/1.1\r\n${host}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['very large headers', `GET / HTTP/1.1\r\n${host}x: ${'a'.repeat(100_000)}\r\n\r\n`],
    ['an absolute address', `GET https://evil.example/skaha/v1/session HTTP/1.1\r\n${host}\r\n`],
  ])('%s', async (_name, text) => {
    const reply = await raw(text);
    expect(reply).not.toMatch(/^HTTP\/1\.1 [25]/);
    expect((await send(platform, 'GET', session)).status).toBe(200);
  });
});

test('nobody else may look into the data directory', () => {
  expect(statSync(platform.data).mode & 0o077).toBe(0);
});
