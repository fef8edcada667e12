import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Platform } from '../../src/types.js';
import { create, discard, openPlatform, roomy, send, until, untilStatus } from '../fixtures.js';

let platform: Platform;
let id: string;

beforeAll(async () => {
  const data = mkdtempSync(join(tmpdir(), 'skaha-platform-'));
  const config = { ...roomy, users: [{ name: 'adastra' }, { name: 'bob' }] };
  platform = await openPlatform({ data, port: 0, config });
  id = await create(platform, { cmd: 'sleep', args: '600' });
  await untilStatus(platform, id, 'Running');
});

afterAll(async () => {
  await platform.stop();
  await discard(platform.data);
});

const path = '/skaha/session-commands';
const json = { 'content-type': 'application/json' };
const ask = (body: unknown, headers: Record<string, string> = json, token?: string | null) =>
  send(platform, 'POST', path, {
    headers,
    body: JSON.stringify(body),
    ...(token === undefined ? {} : { token }),
  });
const command = (...words: string[]) => ({ session: id, command: words });

test('the capabilities name it, and its lines tell of a command', async () => {
  const { body } = await send(platform, 'GET', '/skaha/capabilities');
  expect(body).toContain('standardID="urn:skaha-platform:session-commands-1"');
  const answer = await ask(command('sh', '-c', 'echo one; exit 3'));
  expect(answer.status).toBe(200);
  const lines = answer.body
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines[0]).toEqual({ command: expect.any(String) });
  expect(Buffer.from(lines[1].out, 'base64').toString()).toBe('one\n');
  expect(lines.at(-1)).toEqual({ exit: 3 });
});

test('nobody but the owner gets in, and to others there is no such session', async () => {
  const other = platform.users.find(({ name }) => name === 'bob')?.token ?? '';
  expect(await ask(command('id'), json, other)).toMatchObject({ status: 404 });
  expect(await ask(command('id'), json, null)).toMatchObject({ status: 401 });
  expect(await ask(command('id'), json, 'wrong')).toMatchObject({ status: 401 });
});

test('a page in a browser cannot ask for one: neither by a form, a cookie nor from elsewhere', async () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  expect(await ask(command('id'), form)).toMatchObject({ status: 415 });
  expect(await ask(command('id'), { 'content-type': 'text/plain' })).toMatchObject({ status: 415 });
  const origin = new URL(platform.url).origin;
  expect(await ask(command('id'), { ...json, origin })).toMatchObject({ status: 403 });
  const fetched = { ...json, 'sec-fetch-site': 'same-origin' };
  expect(await ask(command('id'), fetched)).toMatchObject({ status: 403 });
});

test('what is no command is refused', async () => {
  for (const body of [{}, command(), command('a\0b'), { ...command('id'), more: 1 }, 'x'])
    expect(await ask(body)).toMatchObject({ status: 400 });
  const terminal = { columns: 80, rows: 24, type: 'x; rm' };
  expect(await ask({ ...command('id'), terminal })).toMatchObject({ status: 400 });
  expect(await ask({ session: 'nothere1', command: ['id'] })).toMatchObject({ status: 404 });
  expect(await send(platform, 'GET', path)).toMatchObject({ status: 405 });
});

test('who goes away ends the command, and there are so many at a time', async () => {
  const { request } = await import('node:https');
  const { readFileSync } = await import('node:fs');
  const begin = () =>
    new Promise<{ status: number; leave(): void }>((resolve, reject) => {
      const sent = request(new URL(path, platform.url), {
        method: 'POST',
        ca: readFileSync(platform.ca),
        headers: { ...json, authorization: `Bearer ${platform.token}` },
      });
      sent.on('response', (response) => {
        response.once('data', () =>
          resolve({ status: response.statusCode ?? 0, leave: () => sent.destroy() }),
        );
      });
      sent.on('error', reject);
      sent.end(JSON.stringify(command('sleep', '600')));
    });
  const all = await Promise.all(Array.from({ length: 16 }, begin));
  expect(all.every(({ status }) => status === 200)).toBe(true);
  expect(await ask(command('true'))).toMatchObject({ status: 429 });
  for (const one of all) one.leave();
  await until(async () => (await ask(command('true'))).status === 200);
});
