import { retryPause } from '../client/retry.js';
import { isSkahaError, SkahaError, ValidationError } from '../errors/index.js';
import type { Hasher } from '../runtime/types.js';
import { mismatch, statedMd5 } from './digest.js';
import { encodedPath } from './paths.js';
import { writePlace } from './reading.js';
import type { StorageService } from './service.js';
import type { StorageContent, StorageNode, WriteOptions, Written } from './types.js';

/** What is sent, and whether it can be sent again. */
interface Source {
  chunks: () => AsyncIterable<Uint8Array>;
  isRepeatable: boolean;
  sizeBytes: number | undefined;
}

const pieceBytes = 256 * 1024;

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

// Written with a reader because not every browser's streams can be iterated.
async function* streamed(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const reader = stream.getReader();
  let isDone = false;
  try {
    for (;;) {
      const part = await reader.read();
      isDone = part.done;
      if (part.done) return;
      yield part.value;
    }
  } finally {
    if (!isDone) await reader.cancel().catch(() => undefined);
  }
}

function sourceOf(content: StorageContent, sizeBytes: number | undefined): Source {
  if (typeof content === 'string' || content instanceof Uint8Array) {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    return { chunks: () => pieces(bytes), isRepeatable: true, sizeBytes: bytes.length };
  }
  if (content instanceof Blob) {
    return {
      chunks: () => streamed(content.stream()),
      isRepeatable: true,
      sizeBytes: content.size,
    };
  }
  if (typeof content === 'function') return { chunks: content, isRepeatable: true, sizeBytes };
  const chunks = content instanceof ReadableStream ? streamed(content) : content;
  let isUsed = false;
  const once = () => {
    if (isUsed) throw streamUsed();
    isUsed = true;
    return chunks;
  };
  return { chunks: once, isRepeatable: false, sizeBytes };
}

/** Sent again, a stream that was read already would make an empty file. */
const streamUsed = (): SkahaError =>
  new SkahaError(
    'authentication.expired',
    'The login had to be renewed while a stream was sent, and a stream cannot be sent twice.',
    { hint: 'Try again.' },
  );

/** What went out in the last attempt. */
interface Sent {
  bytes: number;
  hasher: Hasher;
  isWhole: boolean;
}

/** Failures after which nobody knows what the service did. */
const isUnclear = (error: unknown): error is SkahaError =>
  isSkahaError(error) && /^(transport\.|server\.(error|unavailable)$)/.test(error.code);

/** Tries of a whole file whose checksum turns out wrong. */
const checksumTries = 2;
/** Some services take a moment until they report the new length and checksum. */
const settleTries = 3;
const settleMs = 500;

/** Writes one file, and is content only when the service has what was sent. */
class Writer {
  readonly #service: StorageService;
  readonly #path: string;
  readonly #options: WriteOptions;
  readonly #source: Source;
  #sent: Sent;

  constructor(
    service: StorageService,
    path: string,
    content: StorageContent,
    options: WriteOptions,
  ) {
    this.#service = service;
    this.#path = path;
    this.#options = options;
    this.#source = sourceOf(content, options.sizeBytes);
    this.#sent = this.#fresh();
  }

  async write(): Promise<Written> {
    for (let attempt = 1; ; attempt += 1) {
      const stated = await this.#put();
      const { bytes, hasher } = this.#sent;
      const md5 = hasher.digest();
      const done = { path: this.#path, sizeBytes: bytes, md5 };
      if (stated === md5) return { ...done, verified: 'checksum' };
      const found = await this.#settled(bytes, md5);
      const isSame = found?.sizeBytes === bytes && (found.md5 ?? md5) === md5;
      if (isSame) return { ...done, verified: found?.md5 === undefined ? 'size' : 'checksum' };
      if (!this.#source.isRepeatable || attempt >= checksumTries) {
        throw this.#wrong(bytes, md5, found);
      }
      await this.#pause(attempt);
    }
  }

  #fresh(): Sent {
    return { bytes: 0, hasher: this.#service.createMd5(), isWhole: false };
  }

  #pause(attempt: number, askedMs?: number): Promise<void> {
    const { clock, random } = this.#service.core.settings;
    return clock.sleep(retryPause(attempt, askedMs, random()), this.#options.signal);
  }

  async *#body(): AsyncGenerator<Uint8Array, void> {
    this.#sent = this.#fresh();
    const sent = this.#sent;
    const { sizeBytes } = this.#source;
    for await (const chunk of this.#source.chunks()) {
      sent.bytes += chunk.length;
      if (sizeBytes !== undefined && sent.bytes > sizeBytes) throw this.#otherSize(sizeBytes);
      sent.hasher.update(chunk);
      yield chunk;
      this.#options.onProgress?.(sent.bytes);
    }
    if (sizeBytes !== undefined && sent.bytes !== sizeBytes) throw this.#otherSize(sizeBytes);
    sent.isWhole = true;
  }

  #otherSize(sizeBytes: number): SkahaError {
    return new SkahaError(
      'storage.local',
      `The source of ${this.#path} did not have the expected ${sizeBytes} bytes: it changed while it was being sent.`,
      { id: this.#path, hint: 'Send it again when nothing is writing to it.' },
    );
  }

  /** Sends it, and gives the checksum that the service states in its answer. */
  async #put(): Promise<string | undefined> {
    const offers = await this.#service.offers(this.#options);
    const { isRepeatable } = this.#source;
    const { writesDirectly } = this.#service;
    const mayTry = writesDirectly ?? (isRepeatable || offers.sync === undefined);
    if (offers.files !== undefined && mayTry) {
      try {
        const url = `${offers.files}${encodedPath(this.#path)}`;
        const stated = await this.#send(url, false);
        this.#service.writesDirectly = true;
        return stated;
      } catch (error) {
        if (writesDirectly === true || offers.sync === undefined || !isNoWay(error)) throw error;
        this.#service.writesDirectly = false;
      }
    }
    const { url, isGrant } = await writePlace(this.#service, this.#path, this.#options);
    return this.#send(url, isGrant);
  }

  async #send(url: string, isGrant: boolean): Promise<string | undefined> {
    const { contentType = 'application/octet-stream', signal, timeoutMs } = this.#options;
    const { isRepeatable, sizeBytes } = this.#source;
    try {
      const reply = await this.#service.request(this.#path, {
        method: 'PUT',
        url,
        isGrant,
        signal,
        timeoutMs,
        accept: '*/*',
        headers: {
          'content-type': contentType,
          ...(sizeBytes === undefined ? {} : { 'content-length': String(sizeBytes) }),
        },
        // An empty stream would go out as one of open length all the same.
        body: () => (sizeBytes === 0 ? this.#empty() : this.#body()),
        retry: isRepeatable ? 'always' : 'never',
      });
      return statedMd5((name) => reply.header(name));
    } catch (error) {
      if (!isUnclear(error)) throw error;
      return this.#afterwards(error);
    }
  }

  #empty(): Uint8Array {
    this.#sent = { ...this.#fresh(), isWhole: true };
    return new Uint8Array();
  }

  /** The answer was lost: looks whether the file arrived all the same. */
  async #afterwards(error: SkahaError): Promise<string | undefined> {
    const { bytes, hasher, isWhole } = this.#sent;
    const md5 = hasher.digest();
    const found = await this.#find().catch(() => 'unknown' as const);
    if (found === undefined) throw error;
    const isOurs = found !== 'unknown' && found.sizeBytes === bytes && found.md5 === md5;
    if (isWhole && isOurs) return md5;
    const state =
      found === 'unknown'
        ? 'and the present state of the file could not be determined.'
        : `and what is there now (${found.sizeBytes ?? 'an unknown number of'} bytes) may not be what was sent.`;
    throw new SkahaError('storage.uncertain', `The reply about ${this.#path} was lost, ${state}`, {
      id: this.#path,
      cause: error,
      hint: "Send it again, or compare both with 'skaha data verify'.",
    });
  }

  #find(): Promise<StorageNode | undefined> {
    return this.#service.find(this.#path, this.#options);
  }

  async #settled(bytes: number, md5: string): Promise<StorageNode | undefined> {
    const { clock } = this.#service.core.settings;
    let found: StorageNode | undefined;
    for (let attempt = 1; attempt <= settleTries; attempt += 1) {
      found = await this.#find();
      if (found?.sizeBytes === bytes && (found.md5 ?? md5) === md5) return found;
      if (attempt < settleTries) await clock.sleep(settleMs, this.#options.signal);
    }
    return found;
  }

  #wrong(bytes: number, md5: string, found: StorageNode | undefined): SkahaError {
    const there =
      found === undefined
        ? 'nothing is there'
        : `there are ${found.sizeBytes ?? 'unknown'} bytes with the MD5 ${found.md5 ?? 'unknown'}`;
    return mismatch(
      this.#path,
      `did not arrive complete: ${bytes} bytes with the MD5 ${md5} were sent, ${there}.`,
      'Send it again; do not use the file that is there.',
    );
  }
}

/** Whether a service says that files are not written at their own address. */
const isNoWay = (error: unknown): boolean =>
  isSkahaError(error) &&
  (error.code === 'storage.unsupported' ||
    error.code === 'response.redirect' ||
    (error.code === 'request.rejected' && error.status === 400));

/**
 * Writes a file.
 *
 * @param service - where
 * @param path - normal
 * @param content - what it will hold
 * @param options - media type, length, signal
 * @throws {SkahaError} `storage.checksum`, `storage.uncertain`, and the codes of every call
 */
export function writeFile(
  service: StorageService,
  path: string,
  content: StorageContent,
  options: WriteOptions,
): Promise<Written> {
  if (path === '/') {
    throw new ValidationError([
      { path: 'path', message: 'The root of the storage is not a file.' },
    ]);
  }
  return new Writer(service, path, content, options).write();
}
