import type { CallOptions } from '../client/options.js';
import { retryPause } from '../client/retry.js';
import { isSkahaError, SkahaError } from '../errors/index.js';
import type { Hasher } from '../runtime/types.js';
import { mismatch, statedMd5 } from './digest.js';
import { discardBody, type OpenedFile, openFile } from './reading.js';
import type { StorageService } from './service.js';

/** What a file should hold. */
export interface ExpectedContent {
  sizeBytes?: number | undefined;
  md5?: string | undefined;
}

/** How the bytes of a file are had. */
export interface ContentOptions extends CallOptions {
  /** First byte wanted. @defaultValue 0 */
  start?: number | undefined;
  /** Byte behind the last one wanted. @defaultValue the end of the file */
  end?: number | undefined;
  /** Holds the digest of all that stands before `start`; needed to compare the whole. */
  hasher?: Hasher | undefined;
  /** What the file should hold; compared when it was read to its end. */
  expected?: ExpectedContent | undefined;
}

const changed = (path: string): SkahaError =>
  mismatch(path, 'changed while it was read.', 'Read it again.');

const short = (path: string): SkahaError =>
  new SkahaError('transport.failure', `${path} arrived only in part.`, {
    id: path,
    retryable: true,
    hint: 'Try again; if this persists, check your network.',
  });

/** Reads a file, and goes on where it stopped when the connection breaks. */
class Reader {
  readonly #service: StorageService;
  readonly #path: string;
  readonly #options: ContentOptions;
  #position: number;
  #total: number | undefined;
  #etag: string | undefined;
  #stated: string | undefined;

  constructor(service: StorageService, path: string, options: ContentOptions) {
    this.#service = service;
    this.#path = path;
    this.#options = options;
    this.#position = options.start ?? 0;
    this.#total = options.expected?.sizeBytes;
  }

  async *chunks(): AsyncGenerator<Uint8Array, void> {
    const { clock, random, retries } = this.#service.core.settings;
    for (let attempt = 1; ; attempt += 1) {
      const before = this.#position;
      try {
        yield* this.#attempt();
        this.#compare();
        return;
      } catch (error) {
        if (this.#position > before) attempt = 1;
        const isPassing = isSkahaError(error) && error.retryable;
        if (!isPassing || attempt > retries) throw error;
        await clock.sleep(retryPause(attempt, error.retryAfterMs, random()), this.#options.signal);
      }
    }
  }

  async *#attempt(): AsyncGenerator<Uint8Array, void> {
    const { end, signal, timeoutMs } = this.#options;
    const first = this.#position;
    const isPart = first > 0 || end !== undefined;
    const range = isPart ? { first, last: end === undefined ? undefined : end - 1 } : undefined;
    const ifMatch = this.#etag;
    const call = { signal, timeoutMs };
    const opened = await openFile(this.#service, this.#path, { range, ifMatch, ...call });
    try {
      if (this.#isEnd(opened)) return;
      yield* this.#skip(opened);
    } finally {
      // A body that was not begun would hold its connection.
      await discardBody(opened.body).catch(() => undefined);
    }
    const wanted = Math.min(end ?? Infinity, this.#total ?? end ?? 0);
    if (this.#position < wanted) {
      throw short(this.#path);
    }
  }

  /** Notes what the reply says about the file; true when there is nothing more to read. */
  #isEnd(opened: OpenedFile): boolean {
    const { status, totalBytes, header } = opened;
    if (status === 412) throw changed(this.#path);
    const known = this.#total;
    if (known !== undefined && totalBytes !== undefined && known !== totalBytes) {
      throw changed(this.#path);
    }
    this.#total ??= totalBytes;
    const etag = header('etag');
    if (this.#etag !== undefined && etag !== undefined && etag !== this.#etag) {
      throw changed(this.#path);
    }
    // A weak tag must not be sent as a condition (RFC 9110, section 13.1.1).
    this.#etag ??= etag?.startsWith('W/') === true ? undefined : etag;
    this.#stated ??= statedMd5(header);
    if (status === 206 && opened.offset !== this.#position) throw strangePart(this.#path);
    return status === 416 || status === 204;
  }

  /** Passes the bytes on that are wanted. Where there are no ranges, those before are read again. */
  async *#skip({ body, offset }: OpenedFile): AsyncGenerator<Uint8Array, void> {
    const { end, hasher } = this.#options;
    let at = offset;
    const from = this.#position;
    const again = offset < from && hasher !== undefined ? this.#service.createMd5() : undefined;
    const before = again === undefined ? undefined : hasher?.digest();
    for await (const chunk of body) {
      const old = chunk.subarray(0, Math.max(0, from - at));
      if (old.length > 0) again?.update(old);
      const start = Math.max(0, this.#position - at);
      at += chunk.length;
      if (at < from || start > chunk.length) continue;
      if (again !== undefined && old.length > 0 && again.digest() !== before)
        throw changed(this.#path);
      const left = end === undefined ? chunk.length : Math.max(0, end - this.#position + start);
      const part = chunk.subarray(start, left);
      if (part.length === 0) {
        if (end !== undefined && this.#position >= end) return;
        continue;
      }
      hasher?.update(part);
      this.#position += part.length;
      yield part;
    }
    if (at < from) throw changed(this.#path);
  }

  #compare(): void {
    const { end, expected = {}, hasher } = this.#options;
    if (end !== undefined) return;
    const { sizeBytes } = expected;
    if (sizeBytes !== undefined && this.#position !== sizeBytes) {
      const what = `should have ${sizeBytes} bytes; ${this.#position} arrived.`;
      throw mismatch(this.#path, what, again);
    }
    if (hasher === undefined) return;
    const found = hasher.digest();
    for (const md5 of [expected.md5, this.#stated]) {
      if (md5 === undefined || md5 === found) continue;
      throw mismatch(this.#path, `should have the MD5 ${md5}; what arrived has ${found}.`, again);
    }
  }
}

const again =
  'Read it again. If this persists, its checksum is older than its last change: ask its owner, or skip the comparison.';

const strangePart = (path: string): SkahaError =>
  new SkahaError(
    'response.invalid',
    `The storage service sent a different part of ${path} than was requested.`,
    {
      id: path,
      hint: 'Contact the support of the service.',
    },
  );

/**
 * Reads a file or a part of it. When the connection breaks it goes on where it stopped, and it ends
 * only when length and checksum agree with what is expected.
 *
 * @param service - where
 * @param path - normal
 * @param options - which part, and what is expected
 * @throws {SkahaError} `storage.checksum` at the end, and the codes of every call
 */
export const fileChunks = (
  service: StorageService,
  path: string,
  options: ContentOptions,
): AsyncGenerator<Uint8Array, void> => new Reader(service, path, options).chunks();
