import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Platform } from '../../src/types.js';
import { discard, openPlatform, send, testPlatform } from '../fixtures.js';
import { onDisk, shared } from '../vospace/set-up.js';

// Who is refused while still sending hears why: many clients read a reply only after all was sent.

const mebi = 1024 * 1024;
const home = '/home/adastra';
let platform: Platform;

beforeAll(async () => {
  const data = mkdtempSync(join(tmpdir(), 'skaha-unread-'));
  const config = { ...shared, storage: { homeGiB: 4 / 1024 } } as never;
  platform = await openPlatform({ port: 0, user: 'adastra', runner: 'process', config, data });
});

afterAll(async () => {
  await platform.stop();
  await discard(platform.data);
});

async function secure(to = platform): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port: to.port, ca: readFileSync(to.ca) });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'secureConnect');
  return socket;
}

interface Upload {
  readonly method?: string;
  readonly path: string;
  readonly token?: string | null;
  /** In mebibytes. */
  readonly size?: number;
  readonly headers?: readonly string[];
}

const headOf = ({ method = 'PUT', path, token = platform.token, headers = [] }: Upload): string =>
  [
    `${method} ${path} HTTP/1.1`,
    'host: localhost',
    ...(token === null ? [] : [`authorization: Bearer ${token}`]),
    ...headers,
    '\r\n',
  ].join('\r\n');

const lengthOf = (mebis: number) => `content-length: ${mebis * mebi}`;

const piece = Buffer.alloc(64 * 1024);

/** Sends so many mebibytes, slowly, and reads nothing meanwhile. */
async function sendSlowly(socket: TLSSocket, mebis: number, frame: (bytes: Buffer) => Buffer) {
  socket.pause();
  for (let sent = 0; sent < mebis * mebi; sent += piece.length) {
    await new Promise<void>((resolve, reject) => {
      socket.write(frame(piece), (error) => (error instanceof Error ? reject(error) : resolve()));
    });
  }
}

async function rest(socket: TLSSocket): Promise<string> {
  let reply = '';
  socket.on('data', (chunk: Buffer) => {
    reply += chunk.toString();
  });
  socket.resume();
  await once(socket, 'close');
  return reply;
}

const asIs = (bytes: Buffer) => bytes;
const asChunk = (bytes: Buffer) =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);

const refused: [string, Upload, number, RegExp][] = [
  ['what is larger than the quota', { path: `/arc/files${home}/a`, size: 8 }, 413, /QuotaExceeded/],
  ['nobody', { path: `/arc/files${home}/a`, token: null }, 401, /NotAuthenticated/],
  ['an unknown token', { path: `/arc/files${home}/a`, token: 'none' }, 401, /./],
  ['what is somebody else’s', { path: '/arc/files/home/bob/a' }, 403, /PermissionDenied/],
  ['a folder that is not there', { path: `/arc/files${home}/none/a` }, 404, /NodeNotFound/],
  ['a signed address that is none', { path: `/arc/files/preauth:x.1..y${home}/a` }, 401, /Token/],
  ['a document without end', { path: `/arc/nodes${home}/a` }, 413, /TooLarge/],
  ['such a transfer', { method: 'POST', path: '/arc/synctrans' }, 413, /TooLarge/],
  ['such a job', { method: 'POST', path: '/arc/async-setprops' }, 413, /TooLarge/],
  ['an address that is none', { path: '/elsewhere' }, 404, /./],
  ['a form without end', { method: 'POST', path: '/skaha/v1/session' }, 413, /./],
  ['a login without end', { method: 'POST', path: '/ac/login' }, 413, /./],
];

test.each(refused)('%s is refused with words that arrive', async (_name, upload, status, words) => {
  const size = upload.size ?? 6;
  const type = upload.method === 'POST' ? 'application/x-www-form-urlencoded' : 'text/xml';
  const headers = [lengthOf(size), `content-type: ${type}`];
  const socket = await secure();
  socket.write(headOf({ ...upload, headers }));
  await sendSlowly(socket, size, asIs);
  const reply = await rest(socket);
  expect(reply).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(reply).toMatch(words);
  expect(reply).toMatch(/\r\nconnection: close\r\n/i);
});

test('an upload of unknown length is refused in the middle, and nothing stays of it', async () => {
  const socket = await secure();
  const headers = ['transfer-encoding: chunked'];
  socket.write(headOf({ path: `/arc/files${home}/b`, headers }));
  await sendSlowly(socket, 12, asChunk);
  socket.write('0\r\n\r\n');
  expect(await rest(socket)).toMatch(/^HTTP\/1\.1 413 .*QuotaExceeded/s);
  expect(readdirSync(onDisk(platform, 'home/adastra'))).toEqual([]);
  expect(readdirSync(onDisk(platform, '.staging'))).toEqual([]);
});

describe('who asks before sending', () => {
  const expecting = (size: number) => ['expect: 100-continue', `content-length: ${size}`];

  test('is refused without having sent anything', async () => {
    const socket = await secure();
    const headers = expecting(8 * mebi);
    socket.write(headOf({ path: `/arc/files${home}/c`, headers }));
    expect(await rest(socket)).toMatch(/^HTTP\/1\.1 413 /);
  });

  test('and is accepted sends then', async () => {
    const socket = await secure();
    const headers = [...expecting(5), 'connection: close'];
    socket.write(headOf({ path: `/arc/files/projects/survey/c`, headers }));
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect(first.toString()).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    socket.write('hello');
    expect(await rest(socket)).toMatch(/^HTTP\/1\.1 201 /);
    expect(readFileSync(onDisk(platform, 'projects/survey/c'), 'utf8')).toBe('hello');
  });

  test('a document is asked for, too', async () => {
    const socket = await secure();
    const headers = [...expecting(3), 'connection: close'];
    socket.write(headOf({ method: 'POST', path: '/arc/synctrans', headers }));
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect(first.toString()).toMatch(/^HTTP\/1\.1 100 /);
    socket.write('<a>');
    expect(await rest(socket)).toMatch(/^HTTP\/1\.1 400 .*InvalidArgument/s);
  });
});

test('who never ends is not listened to for ever', async () => {
  const config = { ...shared, server: { requestMs: 200 } } as never;
  const patient = await testPlatform({ config });
  const socket = await secure(patient);
  socket.on('error', () => undefined).resume();
  socket.write(headOf({ path: '/arc/files/home/bob/a', headers: [`content-length: ${2 ** 40}`] }));
  const drip = setInterval(() => socket.write('a'), 20);
  onTestFinished(() => clearInterval(drip));
  // `once` would reject if a drop came after the platform had hung up.
  await new Promise((resolve) => void socket.once('close', resolve));
  expect((await send(patient, 'GET', '/skaha/v1/session')).status).toBe(200);
});
