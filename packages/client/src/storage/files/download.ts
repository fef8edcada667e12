import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  createReadStream,
  lstatSync,
  readlinkSync,
  renameSync,
  type Stats,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { type FileHandle, lstat, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { parseRecord } from '@skaha/base/json.js';
import { processExists } from '@skaha/base/process-identity.js';
import type { CallOptions } from '../../client/options.js';
import { isSkahaError, SkahaError } from '../../errors/index.js';
import type { Hasher } from '../../runtime/types.js';
import { fileChunks } from '../content.js';
import { mismatch } from '../digest.js';
import { serviceOf } from '../service.js';
import type { Storage } from '../storage.js';
import { diskError, unfinished } from './disk.js';
import type { TreeEntry } from './types.js';

/** How one file is fetched. */
export interface DownloadOptions extends CallOptions {
  /** Go on with what is there of an earlier try. @defaultValue true */
  resume?: boolean | undefined;
  /** Compare checksums. @defaultValue true */
  verify?: boolean | undefined;
  /** Called with the number of bytes that are there. */
  onProgress?: ((bytes: number) => void) | undefined;
}

/** A file that was fetched. */
export interface Downloaded {
  sizeBytes: number;
  md5: string;
  verified: 'checksum' | 'size';
}

/** Smaller files are fetched again rather than continued. */
const worthResuming = 8 * 2 ** 20;

/**
 * Up to this many bytes a file is kept until it is whole, and written without a thread: the way to one
 * and back would cost more than the file.
 */
const small = 256 * 1024;

/** This many bytes at a time are flushed to the disk while more arrive, instead of all at the end. */
const flushedAtOnce = 64 * 2 ** 20;

/** What an unfinished file is a part of. */
interface Unfinished {
  path: string;
  sizeBytes: number | undefined;
  md5: string | undefined;
  modified: string | undefined;
  /** The process that writes it. */
  pid: number;
}

/** Fetches one file next to its final name, and gives it that name when it is whole. */
class Download {
  readonly #storage: Storage;
  readonly #source: string;
  readonly #target: string;
  readonly #expected: TreeEntry;
  readonly #options: DownloadOptions;
  readonly #isLarge: boolean;
  readonly #isSmall: boolean;
  #part = '';
  #state: string | undefined;

  constructor(
    storage: Storage,
    [source, target]: readonly [string, string],
    expected: TreeEntry,
    options: DownloadOptions,
  ) {
    this.#storage = storage;
    this.#source = source;
    this.#target = target;
    this.#expected = expected;
    this.#options = options;
    this.#isLarge = options.resume !== false && (expected.sizeBytes ?? 0) >= worthResuming;
    this.#isSmall = (expected.sizeBytes ?? Number.POSITIVE_INFINITY) <= small;
  }

  async run(): Promise<Downloaded> {
    const existing = this.#existing();
    if (existing?.isDirectory() === true) throw diskError(this.#target, { code: 'EISDIR' });
    let start = await this.#claim();
    for (;;) {
      try {
        const done = await (this.#isSmall ? this.#fetchAtOnce() : this.#fetch(start));
        if (existing?.isFile() === true) chmodSync(this.#part, existing.mode);
        const { modified } = this.#expected;
        if (modified !== undefined) utimesSync(this.#part, modified, modified);
        renameSync(this.#part, this.#target);
        await this.#forget();
        return done;
      } catch (error) {
        const isWrong = isSkahaError(error, 'storage.checksum');
        // What was kept may have been the part of another file after all.
        if (isWrong && start > 0) {
          start = 0;
          continue;
        }
        if (isWrong || !this.#isLarge) await this.#drop();
        throw error instanceof SkahaError ? error : this.#worded(error);
      }
    }
  }

  #existing(): Stats | undefined {
    try {
      return lstatSync(this.#target, { throwIfNoEntry: false });
    } catch {
      return undefined;
    }
  }

  #worded(error: unknown): unknown {
    const { signal } = this.#options;
    return signal?.aborted === true ? signal.reason : diskError(this.#target, error);
  }

  /** Finds a name for the unfinished file; gives how much of it is there. */
  async #claim(): Promise<number> {
    const folder = dirname(this.#target);
    const mine = createHash('sha256').update(basename(this.#target)).digest('hex').slice(0, 24);
    await sweep(folder);
    this.#part = join(folder, `${ownPrefix()}${randomBytes(8).toString('hex')}.part`);
    if (!this.#isLarge) return 0;
    const part = join(folder, `${unfinished}${mine}.part`);
    const state = join(folder, `${unfinished}${mine}.json`);
    const { sizeBytes, md5, modified } = this.#expected;
    const address = await this.#storage.address(this.#options);
    const now: Unfinished = {
      path: `${address}${this.#source}`,
      sizeBytes,
      md5,
      pid: process.pid,
      modified: modified?.toISOString(),
    };
    const before = await readState(state);
    if (before !== undefined && before.pid !== process.pid && processExists(before.pid)) return 0;
    if (before !== undefined && before.pid === process.pid && active.has(part)) return 0;
    active.add(part);
    this.#part = part;
    this.#state = state;
    const isSame = before !== undefined && isSameFile(before, now);
    if (!isSame) await rm(part, { force: true });
    await writeFile(state, JSON.stringify(now), { mode: 0o600 });
    return isSame ? await this.#size(part) : 0;
  }

  async #size(part: string): Promise<number> {
    const found = await lstat(part).catch(() => undefined);
    if (found === undefined) return 0;
    if (found.isFile() && found.size <= (this.#expected.sizeBytes ?? 0)) return found.size;
    await rm(part, { force: true, recursive: true });
    return 0;
  }

  /** A small one is written when all of it is there. */
  async #fetchAtOnce(): Promise<Downloaded> {
    const hasher = serviceOf(this.#storage).createMd5();
    const chunks: Uint8Array[] = [];
    let arrived = 0;
    for await (const chunk of this.#chunks(0, hasher)) {
      arrived += chunk.length;
      if (arrived > small)
        throw mismatch(this.#source, 'grew while it was read.', 'Read it again.');
      chunks.push(chunk);
    }
    const bytes = Buffer.concat(chunks);
    writeFileSync(this.#part, bytes, { flag: 'wx' });
    this.#options.onProgress?.(bytes.length);
    return this.#fetched(bytes.length, hasher);
  }

  #chunks(start: number, hasher: Hasher): AsyncGenerator<Uint8Array, void> {
    const { signal, timeoutMs, verify = true } = this.#options;
    const { md5, sizeBytes } = this.#expected;
    const expected = { sizeBytes, md5: verify ? md5 : undefined };
    const options = { start, hasher, expected, signal, timeoutMs };
    return fileChunks(serviceOf(this.#storage), this.#source, options);
  }

  #fetched(sizeBytes: number, hasher: Hasher): Downloaded {
    const isCompared = this.#options.verify !== false && this.#expected.md5 !== undefined;
    return { sizeBytes, md5: hasher.digest(), verified: isCompared ? 'checksum' : 'size' };
  }

  async #fetch(start: number): Promise<Downloaded> {
    const { onProgress } = this.#options;
    const hasher = serviceOf(this.#storage).createMd5();
    if (start > 0) for await (const chunk of createReadStream(this.#part)) hasher.update(chunk);
    const handle = await open(this.#part, start > 0 ? 'r+' : 'w');
    let at = start;
    let flushed = start;
    let flushing: Promise<void> | undefined;
    try {
      for await (const chunk of this.#chunks(start, hasher)) {
        await writeAll(handle, chunk, at);
        at += chunk.length;
        onProgress?.(at);
        if (at - flushed < flushedAtOnce) continue;
        await flushing;
        flushed = at;
        flushing = handle.datasync();
        // Its failure is met where it is waited for.
        flushing.catch(() => undefined);
      }
      await flushing;
      // A new one is as long as what was written.
      if (start > 0) await handle.truncate(at);
      if (this.#isLarge) await handle.datasync();
    } finally {
      await handle.close();
    }
    return this.#fetched(at, hasher);
  }

  /** Keeps nothing that would be continued. */
  async #drop(): Promise<void> {
    await rm(this.#part, { force: true });
    await this.#forget();
  }

  async #forget(): Promise<void> {
    active.delete(this.#part);
    if (this.#state !== undefined) await rm(this.#state, { force: true });
  }

  /** Lets another try of this process go on with it. */
  release(): void {
    active.delete(this.#part);
  }
}

let machine: string | undefined;

/** Identifies this machine: others may see the same folder, and number processes, too. */
function machineMark(): string {
  let namespace = '';
  try {
    namespace = readlinkSync('/proc/self/ns/pid');
  } catch {
    // Only Linux has them.
  }
  machine ??= createHash('sha256').update(`${hostname()} ${namespace}`).digest('hex').slice(0, 12);
  return machine;
}

/** How the names of files begin that this process writes and nobody goes on with. */
const ownPrefix = (): string => `${unfinished}${machineMark()}-${process.pid.toString(16)}-`;

const swept = new Map<string, Promise<void>>();
const mostSwept = 1_000;

/** Removes what processes of this machine left in a folder that were ended in the middle. */
function sweep(folder: string): Promise<void> {
  const begun = swept.get(folder);
  if (begun !== undefined) return begun;
  if (swept.size >= mostSwept) swept.clear();
  const work = removeLeftovers(folder);
  swept.set(folder, work);
  return work;
}

async function removeLeftovers(folder: string): Promise<void> {
  const start = `${unfinished}${machineMark()}-`;
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(start)) continue;
    const [, number = ''] = /^([0-9a-f]+)-[0-9a-f]+\.part$/.exec(name.slice(start.length)) ?? [];
    const pid = Number.parseInt(number, 16);
    if (pid > 0 && !processExists(pid)) await rm(join(folder, name)).catch(() => undefined);
  }
}

/** Unfinished files that this process is writing. */
const active = new Set<string>();

const isSameFile = (a: Unfinished, b: Unfinished): boolean =>
  a.path === b.path &&
  a.sizeBytes === b.sizeBytes &&
  a.md5 === b.md5 &&
  a.modified === b.modified &&
  // Without either, versions cannot be distinguished.
  (a.md5 !== undefined || a.modified !== undefined);

async function readState(path: string): Promise<Unfinished | undefined> {
  const read = parseRecord(await readFile(path, 'utf8').catch(() => ''));
  const isState = typeof read?.['pid'] === 'number' && 'path' in read;
  return isState ? (read as unknown as Unfinished) : undefined;
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/**
 * Fetches a file. Its name appears when it is whole, never before; what is broken off goes on from
 * there the next time, if it is still the same file.
 *
 * @param storage - where from
 * @param names - path in the storage, and place on this machine
 * @param expected - what it is known to be
 * @param options - resuming, comparing, progress, signal
 */
export async function download(
  storage: Storage,
  names: readonly [source: string, target: string],
  expected: TreeEntry,
  options: DownloadOptions,
): Promise<Downloaded> {
  const one = new Download(storage, names, expected, options);
  try {
    return await one.run();
  } finally {
    one.release();
  }
}
