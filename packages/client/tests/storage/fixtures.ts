import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import type { SkahaClientOptions } from 'skaha';
import { onTestFinished } from 'vitest';
import { Storage } from '../../src/storage/index.js';
import { clientOver, coreFor } from '../fixtures.js';
import { type Faults, Vospace } from './vospace.js';

/** A storage service with a home, and a client for it. */
export interface TestStorage {
  space: Vospace;
  storage: Storage;
}

/** A client of a server that speaks plain HTTP on this machine. */
export const clientOf = (space: Vospace, options: SkahaClientOptions = {}) =>
  clientOver(coreFor(space.platformUrl, { random: () => 0, ...options }));

/** Starts a service with the folder `/home/ada`. */
export async function testStorage(
  faults: Faults = {},
  options: SkahaClientOptions = {},
): Promise<TestStorage> {
  const space = await Vospace.start();
  onTestFinished(() => space[Symbol.asyncDispose]());
  await mkdir(space.local('/home/ada'), { recursive: true });
  Object.assign(space.faults, faults);
  const storage = new Storage(clientOf(space, options), { url: space.url });
  onTestFinished(() => storage.close());
  return { space, storage };
}

export const md5 = (bytes: Uint8Array | string) => createHash('md5').update(bytes).digest('hex');

/** Everything a stream gives. */
export const bytesOf = async (stream: ReadableStream<Uint8Array>): Promise<Buffer> =>
  Buffer.from(await new Response(stream).arrayBuffer());

export async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** The code of the error that something fails with. */
export const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    (error: { code?: string }) => error.code ?? String(error),
  );
