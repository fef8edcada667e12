import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SkahaClient } from 'skaha';
import { Storage } from 'skaha/storage';
import { beforeAll, expect, test } from 'vitest';
import { sharedPlatform } from '../harness.js';

// What a folder of 20,000 takes of the memory, of the service and of the program that lists it, both in
// this process. The document of all of it has 20 MB; all entries as objects take more than twice as much.

const local = sharedPlatform();
const total = 20_000;
const mebi = 2 ** 20;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What is held at the moment, in bytes. */
function held(): number {
  collect();
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

beforeAll(() => {
  const folder = join(local.platform.home, 'many');
  mkdirSync(folder);
  for (let index = 0; index < total; index += 1) writeFileSync(join(folder, `file-${index}`), '');
}, 300_000);

const client = () => {
  const { url, ca, token } = local.platform;
  return new SkahaClient({ url, ca, token });
};

test('to find what is in it takes the memory of a few pages', async () => {
  await using skaha = client();
  const storage = new Storage(skaha);
  await storage.info('/home/ada');
  const before = held();
  let [count, most] = [0, 0];
  for await (const _ of storage.find('/home/ada/many')) {
    count += 1;
    if (count % 4_000 === 0) most = Math.max(most, held() - before);
  }
  expect(count).toBe(total);
  expect(most).toBeLessThan(24 * mebi);
}, 600_000);

test('the service sends the whole list as fast as it is taken, and keeps none of it', async () => {
  const { port, ca, token } = local.platform;
  const before = held();
  const reply = await new Promise<IncomingMessage>((resolve, reject) => {
    request({
      host: '127.0.0.1',
      port,
      path: '/arc/nodes/home/ada/many',
      ca: readFileSync(ca),
      headers: { authorization: `Bearer ${token}` },
    })
      .on('error', reject)
      .on('response', resolve)
      .end();
  });
  let [size, most, looked] = [0, 0, 0];
  for await (const bytes of reply as AsyncIterable<Buffer>) {
    size += bytes.length;
    if (size - looked < 4 * mebi) continue;
    looked = size;
    most = Math.max(most, held() - before);
  }
  expect(size).toBeGreaterThan(18 * mebi);
  expect(most).toBeLessThan(12 * mebi);
}, 600_000);
