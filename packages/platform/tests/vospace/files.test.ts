import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:https';
import { expect, test } from 'vitest';
import { startPlatform } from '../../src/platform.js';
import type { Platform } from '../../src/types.js';
import { create, until, untilStatus } from '../fixtures.js';
import {
  arc,
  bytes,
  childrenIn,
  get,
  makeFolder,
  md5,
  onDisk,
  property,
  put,
  storagePlatform,
} from './set-up.js';

const home = '/home/adastra';

// The larger ones come in portions of a mebibyte.
const mebi = 1024 * 1024;
const sizes = [0, 1, 65_536, 65_537, mebi, mebi + 1, 3 * mebi, 7_000_001];

test('bytes come back as they went, with their checksum', async () => {
  const platform = await storagePlatform();
  const round = async (size: number) => {
    const path = `${home}/${size}`;
    const data = randomBytes(size);
    const sent = await put(platform, path, data);
    const digest = `md5=${Buffer.from(md5(data), 'hex').toString('base64')}`;
    expect([sent.status, sent.body, sent.headers.digest]).toEqual([201, '', digest]);
    expect(readFileSync(onDisk(platform, `home/adastra/${size}`)).equals(data)).toBe(true);
    expect((await bytes(platform, path)).equals(data)).toBe(true);
    const node = (await arc(platform, 'GET', `/nodes${path}`)).body;
    expect([property(node, 'length'), property(node, 'MD5')]).toEqual([String(size), md5(data)]);
    const head = await arc(platform, 'HEAD', `/files${path}`);
    expect([head.status, head.headers['content-length']]).toEqual([200, String(size)]);
    expect((await get(platform, path)).status).toBe(size === 0 ? 204 : 200);
  };
  await Promise.all(sizes.map(round));
  expect(readdirSync(onDisk(platform, '.staging'))).toEqual([]);
});

test('the checksums of a large file are compared as those of a small one', async () => {
  const platform = await storagePlatform();
  const data = randomBytes(2_500_000);
  const sha = createHash('sha256').update(data).digest('base64');
  const sent = async (digest: string) =>
    (await put(platform, `${home}/f`, data, { headers: { digest } })).status;
  expect(await sent(`SHA-256=${Buffer.alloc(32).toString('base64')}`)).toBe(412);
  expect(await sent(`md5=${md5('other')}`)).toBe(412);
  expect(readdirSync(onDisk(platform, 'home/adastra'))).toEqual([]);
  expect(await sent(`md5=${md5(data)},SHA-256=${sha}`)).toBe(201);
});

test('what a file is called and is comes with it, and no browser takes it for a page', async () => {
  const platform = await storagePlatform();
  const headers = { 'content-type': 'text/html', 'content-encoding': 'gzip' };
  await put(platform, `${home}/${encodeURIComponent('é"x.html')}`, '<p>', { headers });
  const { headers: told } = await get(platform, `${home}/${encodeURIComponent('é"x.html')}`);
  expect(told['content-type']).toBe('text/html');
  expect(told['content-encoding']).toBe('gzip');
  expect(told['content-disposition']).toBe(
    `inline; filename="__x.html"; filename*=UTF-8''%C3%A9%22x.html`,
  );
  expect(told['content-security-policy']).toBe('sandbox');
  expect(told['x-content-type-options']).toBe('nosniff');
});

test('parts of a file, and only of the file that was meant', async () => {
  const platform = await storagePlatform();
  const { headers } = await put(platform, `${home}/f`, '0123456789');
  const part = async (range: string, more: Record<string, string> = {}) => {
    const reply = await get(platform, `${home}/f`, { headers: { range, ...more } });
    return [reply.status, reply.headers['content-range'], reply.body];
  };
  expect(await part('bytes=2-4')).toEqual([206, 'bytes 2-4/10', '234']);
  expect(await part('bytes=7-')).toEqual([206, 'bytes 7-9/10', '789']);
  expect(await part('bytes=-3')).toEqual([206, 'bytes 7-9/10', '789']);
  expect(await part('bytes=-30')).toEqual([206, 'bytes 0-9/10', '0123456789']);
  expect(await part('bytes=8-99')).toEqual([206, 'bytes 8-9/10', '89']);
  expect((await part('bytes=10-'))[0]).toBe(416);
  expect((await part('bytes=10-'))[1]).toBe('bytes */10');
  expect((await part('bytes=-0'))[0]).toBe(416);
  for (const odd of ['bytes=4-2', 'lines=1-2', 'bytes=', 'bytes=1-2,4-5']) {
    expect(await part(odd), odd).toEqual([200, undefined, '0123456789']);
  }
  const etag = String(headers.etag);
  expect(await part('bytes=0-0', { 'if-range': etag })).toEqual([206, 'bytes 0-0/10', '0']);
  expect((await get(platform, `${home}/f`, { headers: { 'if-none-match': etag } })).status).toBe(
    304,
  );
  await put(platform, `${home}/f`, 'abcdefghij');
  expect(await part('bytes=0-0', { 'if-range': etag })).toEqual([200, undefined, 'abcdefghij']);
  expect((await get(platform, `${home}/f`, { headers: { 'if-match': etag } })).status).toBe(412);
});

test('bytes that are not those announced leave what was there', async () => {
  const platform = await storagePlatform();
  await put(platform, `${home}/f`, 'old');
  const hex = md5('new');
  const base64 = Buffer.from(hex, 'hex').toString('base64');
  const wrong = md5('other');
  const attempts: [Record<string, string>, number][] = [
    [{ 'content-md5': wrong }, 412],
    [{ 'content-md5': Buffer.from(wrong, 'hex').toString('base64') }, 412],
    [{ digest: `md5=${Buffer.from(wrong).toString('base64')}` }, 412],
    [{ digest: `SHA-256=${Buffer.alloc(32).toString('base64')}` }, 412],
    [{ digest: 'md5=notone' }, 400],
  ];
  for (const [headers, status] of attempts) {
    const reply = await put(platform, `${home}/f`, 'new', { headers });
    expect([reply.status, (await get(platform, `${home}/f`)).body]).toEqual([status, 'old']);
  }
  for (const headers of [
    { 'content-md5': hex },
    { 'content-md5': base64 },
    { digest: `md5=${base64}` },
    { digest: `md5=${Buffer.from(hex).toString('base64')}` },
    { digest: 'unknown=1' },
  ]) {
    expect((await put(platform, `${home}/f`, 'new', { headers })).status).toBe(201);
  }
  expect(readdirSync(onDisk(platform, '.staging'))).toEqual([]);
});

test('what cannot be a file is refused', async () => {
  const platform = await storagePlatform();
  await makeFolder(platform, `${home}/d`);
  await put(platform, `${home}/f`, 'x');
  expect((await put(platform, `${home}/d`, 'x')).status).toBe(400);
  expect((await put(platform, home, 'x')).status).toBe(400);
  expect((await put(platform, `${home}/none/f`, 'x')).status).toBe(404);
  expect((await put(platform, `${home}/f/g`, 'x')).status).toBe(404);
  expect((await get(platform, `${home}/d`)).status).toBe(400);
  expect((await get(platform, `${home}/none`)).status).toBe(404);
  expect((await get(platform, '')).status).toBe(400);
});

test('a checksum is forgotten as soon as the file changes behind the service', async () => {
  const platform = await storagePlatform();
  await put(platform, `${home}/f`, 'hello');
  const file = onDisk(platform, 'home/adastra/f');
  const sum = async () => property((await arc(platform, 'GET', `/nodes${home}/f`)).body, 'MD5');
  expect(await sum()).toBe(md5('hello'));
  chmodSync(file, 0o755);
  expect(await sum()).toBe(md5('hello'));
  writeFileSync(file, 'other');
  utimesSync(file, 1_000_000_000, 1_000_000_000);
  expect(await sum()).toBeUndefined();
  expect((await get(platform, `${home}/f`)).headers.digest).toBeUndefined();
  // What is written again keeps the permissions its file has.
  await put(platform, `${home}/f`, 'again');
  expect(await sum()).toBe(md5('again'));
  expect(statSync(file).mode & 0o777).toBe(0o755);
});

test('what a session writes is there at once, and a session sees what was sent', async () => {
  const platform = await storagePlatform();
  await put(platform, `${home}/in.txt`, 'from outside');
  await put(platform, `${home}/run.sh`, 'cat in.txt in.txt > out.txt; mkdir made');
  const id = await create(platform, { type: 'headless', cmd: 'sh', args: 'run.sh' });
  await untilStatus(platform, id, 'Completed');
  const names = childrenIn((await arc(platform, 'GET', `/nodes${home}`)).body);
  expect(names).toEqual(expect.arrayContaining(['made', 'out.txt']));
  expect((await get(platform, `${home}/out.txt`)).body).toBe('from outsidefrom outside');
  expect((await put(platform, `${home}/made/f`, 'x')).status).toBe(201);
});

/** Begins an upload and leaves it in the middle. */
async function half(platform: Platform, path: string, sent: Buffer, length: number) {
  const outgoing = request({
    host: '127.0.0.1',
    port: platform.port,
    method: 'PUT',
    path: `/arc/files${path}`,
    agent: false,
    ca: readFileSync(platform.ca),
    headers: { authorization: `Bearer ${platform.token}`, 'content-length': length },
  });
  outgoing.on('error', () => undefined);
  outgoing.write(sent);
  const staging = onDisk(platform, '.staging');
  await until(() => readdirSync(staging).length > 0);
  return outgoing;
}

test('an upload that breaks off leaves what was there, and nothing else', async () => {
  const platform = await storagePlatform();
  await put(platform, `${home}/f`, 'old');
  const outgoing = await half(platform, `${home}/f`, randomBytes(3_000_000), 6_000_000);
  expect((await get(platform, `${home}/f`)).body).toBe('old');
  outgoing.destroy();
  await until(() => readdirSync(onDisk(platform, '.staging')).length === 0);
  expect((await get(platform, `${home}/f`)).body).toBe('old');
  expect(readdirSync(onDisk(platform, 'home/adastra'))).toEqual(['f']);
});

test('what an earlier platform left half done is gone at the next start', async () => {
  const platform = await storagePlatform();
  await put(platform, `${home}/f`, 'x', { headers: { 'content-type': 'text/plain' } });
  await platform.stop();
  mkdirSync(onDisk(platform, '.staging/tree/deep'), { recursive: true });
  writeFileSync(onDisk(platform, '.staging/abc'), 'half');
  const next = await startPlatform({ data: platform.data, port: 0, runner: 'process' });
  try {
    expect(readdirSync(onDisk(next, '.staging'))).toEqual([]);
    const node = (await arc(next, 'GET', `/nodes${home}/f`)).body;
    expect([property(node, 'MD5'), property(node, 'type')]).toEqual([md5('x'), 'text/plain']);
  } finally {
    await next.stop();
  }
});

test('of uploads to one name at the same time one wins, whole', async () => {
  const platform = await storagePlatform();
  const all = Array.from({ length: 8 }, (_, index) => Buffer.alloc(300_000 + index, 65 + index));
  const replies = await Promise.all(all.map((data) => put(platform, `${home}/f`, data)));
  expect(replies.map(({ status }) => status)).toEqual(all.map(() => 201));
  const found = await bytes(platform, `${home}/f`);
  expect(all.some((data) => data.equals(found))).toBe(true);
  const node = (await arc(platform, 'GET', `/nodes${home}/f`)).body;
  expect(property(node, 'MD5')).toBe(md5(found));
});

test('the start of a transaction, which is not offered, does not empty the file', async () => {
  const platform = await storagePlatform();
  await put(platform, `${home}/f`, 'old');
  const headers = { 'x-put-txn-op': 'start', 'x-put-txn-total-length': '7000000000' };
  const reply = await put(platform, `${home}/f`, '', { headers });
  expect(reply.headers['x-put-txn-id']).toBeUndefined();
  expect((await get(platform, `${home}/f`)).body).toBe('old');
});
