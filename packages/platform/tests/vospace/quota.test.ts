import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { expect, test } from 'vitest';
import { ManualClock } from '../../../base/tests/manual-clock.js';
import { testPlatform } from '../fixtures.js';
import { arc, onDisk, property, put, shared } from './set-up.js';

const home = '/home/adastra';
const mebi = 1024 * 1024;

/** A platform with homes of ten mebibytes. */
async function small() {
  const clock = new ManualClock();
  const config = { ...shared, storage: { homeGiB: 10 / 1024 } } as never;
  return { clock, platform: await testPlatform({ config, clock }) };
}

test('a home takes what its quota says, and no more', async () => {
  const { platform } = await small();
  const node = async () => (await arc(platform, 'GET', `/nodes${home}?limit=0`)).body;
  expect(property(await node(), 'quota')).toBe(String(10 * mebi));
  expect((await put(platform, `${home}/a`, Buffer.alloc(6 * mebi))).status).toBe(201);
  expect(property(await node(), 'length')).toBe(String(6 * mebi));
  const refused = await put(platform, `${home}/b`, Buffer.alloc(5 * mebi));
  expect([refused.status, refused.body.split(':')[0]]).toEqual([413, 'QuotaExceeded']);
  expect(refused.body).toContain('/home/adastra');
  expect(readdirSync(onDisk(platform, 'home/adastra'))).toEqual(['a']);
  expect(readdirSync(onDisk(platform, '.staging'))).toEqual([]);
  // What is replaced makes room for what replaces it.
  expect((await put(platform, `${home}/a`, Buffer.alloc(9 * mebi))).status).toBe(201);
  await arc(platform, 'DELETE', `/nodes${home}/a`);
  expect((await put(platform, `${home}/b`, Buffer.alloc(9 * mebi))).status).toBe(201);
  expect((await put(platform, '/projects/survey/big', Buffer.alloc(11 * mebi))).status).toBe(201);
});

test('uploads at the same time do not share the same room', async () => {
  const { platform } = await small();
  const sent = [1, 2, 3, 4].map((name) => put(platform, `${home}/${name}`, Buffer.alloc(4 * mebi)));
  const statuses = (await Promise.all(sent)).map(({ status }) => status).sort();
  expect(statuses).toEqual([201, 201, 413, 413]);
});

test('what sessions write counts once it is seen', async () => {
  const { platform, clock } = await small();
  expect((await put(platform, `${home}/a`, 'x')).status).toBe(201);
  writeFileSync(onDisk(platform, 'home/adastra/session'), Buffer.alloc(9 * mebi));
  await clock.advance(600_000);
  expect((await put(platform, `${home}/b`, Buffer.alloc(2 * mebi))).status).toBe(413);
  rmSync(onDisk(platform, 'home/adastra/session'));
  await clock.advance(600_000);
  expect((await put(platform, `${home}/b`, Buffer.alloc(2 * mebi))).status).toBe(201);
});

test('an upload of unknown length ends where the quota does', async () => {
  const { platform } = await small();
  expect(await chunked(platform, `${home}/a`, 11)).toBe(413);
  expect(await chunked(platform, `${home}/b`, 3)).toBe(201);
  expect(readdirSync(onDisk(platform, 'home/adastra'))).toEqual(['b']);
});

/** The status of an upload that does not say how long it is. */
async function chunked(
  platform: Awaited<ReturnType<typeof small>>['platform'],
  path: string,
  mebis: number,
) {
  return await new Promise<number>((resolve, reject) => {
    const outgoing = request({
      host: '127.0.0.1',
      port: platform.port,
      method: 'PUT',
      path: `/arc/files${path}`,
      agent: false,
      ca: readFileSync(platform.ca),
      headers: { authorization: `Bearer ${platform.token}` },
    });
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      incoming.resume();
      incoming.on('end', () => resolve(incoming.statusCode ?? 0));
    });
    for (let index = 0; index < mebis; index += 1) outgoing.write(Buffer.alloc(mebi));
    outgoing.end();
  });
}
