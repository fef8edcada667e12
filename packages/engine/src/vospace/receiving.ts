import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { finished, type Readable, Writable } from 'node:stream';
import { disk, slowDisk } from '../disk/directory.js';
import type { Algorithm, ExpectedChecksum } from './checksums.js';
import { VospaceFault } from './fault.js';
import type { ChecksumThread, RunningChecksums, Shared, Sums } from './hashing.js';

/** How many bytes are written at a time; smaller bodies are collected and written at once. */
const portion = 1024 * 1024;

/** How many portions of a body may be in memory at the same time. */
const mostPortions = 8;

/** After this many bytes the file is flushed while more arrive, instead of only at the end. */
const flushed = 64 * portion;

/** The size and checksum of a received file. */
export interface ReceivedFile {
  readonly size: number;
  /** Hexadecimal. */
  readonly md5: string;
}

/** Where to write a body. */
export interface UploadTarget {
  readonly file: FileHandle;
  readonly hashing: ChecksumThread;
  /** The checksums that the client announced. */
  readonly expected: readonly ExpectedChecksum[];
  /** Called before bytes are written; throws to refuse them. */
  arrived(bytes: number): void;
}

/** Node's names of the algorithms. */
const nodeNames = { md5: 'md5', 'sha-256': 'sha256' } as const satisfies Record<Algorithm, string>;

/**
 * Writes a body to a file as it arrives, at the speed of the disk, and verifies its checksums.
 *
 * @throws {VospaceFault} `InvalidData` if the checksums differ from those announced
 */
export async function receive(body: Readable, receiving: UploadTarget): Promise<ReceivedFile> {
  const writer = new Writer(receiving);
  try {
    await flow(body, writer);
    const sums = await writer.sums();
    for (const { algorithm, value } of receiving.expected) {
      if (sums[nodeNames[algorithm]] !== value) {
        throw new VospaceFault('InvalidData', `the bytes do not have the announced ${algorithm}`);
      }
    }
    return { size: writer.size, md5: sums[nodeNames.md5] ?? '' };
  } finally {
    await writer.settle();
  }
}

/**
 * Pipes a body to the writer. If the writer fails, the body is not destroyed, so that the request
 * can still be answered.
 */
async function flow(body: Readable, writer: Writer): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    finished(body, { writable: false }, (error) => {
      if (error !== null && error !== undefined) writer.destroy(error);
    });
    finished(writer, (error) => {
      if (error === null || error === undefined) resolve();
      else reject(error);
    });
    body.pipe(writer);
  });
}

/** A buffer for a part of a large body. */
interface Portion {
  readonly bytes: Shared;
  /** Resolves when it has been written and added to the checksums; undefined if free. */
  busy: Promise<void> | undefined;
}

const newPortion = (): Portion => ({
  bytes: new Uint8Array(new SharedArrayBuffer(portion)),
  busy: undefined,
});

class Writer extends Writable {
  readonly #to: UploadTarget;
  readonly #algorithms: readonly string[];
  /** The chunks of a small body. */
  #chunks: Buffer[] = [];
  #ring: Portion[] = [];
  #sum: RunningChecksums | undefined;
  /** How many bytes the first buffer of the ring contains. */
  #filled = 0;
  #written = 0;
  #flushing: Promise<void> | undefined;
  #unflushed = 0;
  size = 0;

  constructor(to: UploadTarget) {
    super({ highWaterMark: portion });
    this.#to = to;
    const wanted = new Set<Algorithm>(['md5', ...to.expected.map(({ algorithm }) => algorithm)]);
    this.#algorithms = [...wanted].map((algorithm) => nodeNames[algorithm]);
  }

  override _write(chunk: Buffer, _: string, done: (error?: Error | null) => void): void {
    let waiting: Promise<void> | undefined;
    try {
      this.#to.arrived(chunk.length);
      this.size += chunk.length;
      waiting = this.#take(chunk);
    } catch (error) {
      done(error as Error);
      return;
    }
    if (waiting === undefined) done();
    else waiting.then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#finish().then(() => done(), done);
  }

  /** The checksums of the whole body. */
  async sums(): Promise<Sums> {
    if (this.#sum !== undefined) return await this.#sum.end();
    const sums = this.#algorithms.map((name) => {
      const hash = createHash(name);
      for (const chunk of this.#chunks) hash.update(chunk);
      return [name, hash.digest('hex')];
    });
    return Object.fromEntries(sums);
  }

  /** Resolves when the file is no longer in use. */
  async settle(): Promise<void> {
    this.#sum?.close();
    await Promise.allSettled([...this.#ring.map(({ busy }) => busy), this.#flushing]);
  }

  /** Resolves when a buffer is free for more; undefined if one is free now. */
  #take(chunk: Buffer): Promise<void> | undefined {
    if (this.#sum !== undefined) return this.#fill(chunk, 0);
    this.#chunks.push(chunk);
    if (this.size <= portion) return undefined;
    this.#sum = this.#to.hashing.begin(this.#algorithms);
    const all = Buffer.concat(this.#chunks);
    this.#chunks = [];
    return this.#fill(all, 0);
  }

  #fill(chunk: Buffer, from: number): Promise<void> | undefined {
    for (let at = from; at < chunk.length; ) {
      const first = this.#first();
      if (first.busy !== undefined) return first.busy.then(() => this.#fill(chunk, at));
      const part = chunk.subarray(at, at + portion - this.#filled);
      first.bytes.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === portion) this.#hand();
    }
    return undefined;
  }

  /** The buffer that is being filled, or the one that will be free first. */
  #first(): Portion {
    const [first] = this.#ring;
    if (first !== undefined && (first.busy === undefined || this.#ring.length === mostPortions)) {
      return first;
    }
    const more = newPortion();
    this.#ring.unshift(more);
    return more;
  }

  /** Starts writing the first buffer, and moves it to the end of the ring. */
  #hand(): void {
    const first = this.#ring.shift();
    if (first === undefined || this.#filled === 0) return;
    const bytes = first.bytes.subarray(0, this.#filled);
    first.busy = this.#keep(bytes, this.#written).then(() => {
      first.busy = undefined;
    });
    // The error is passed on when the buffer is used next.
    first.busy.catch(() => undefined);
    this.#ring.push(first);
    this.#written += bytes.length;
    this.#filled = 0;
  }

  async #keep(bytes: Shared, position: number): Promise<void> {
    await Promise.all([this.#put(bytes, position), this.#sum?.add(bytes)]);
  }

  async #put(bytes: Uint8Array, position: number): Promise<void> {
    const { file } = this.#to;
    for (let at = 0; at < bytes.length; ) {
      const rest = bytes.length - at;
      const write = () => file.write(bytes, at, rest, position + at);
      const { bytesWritten } = await disk.run(write, slowDisk);
      at += bytesWritten;
    }
    this.#unflushed += bytes.length;
    if (this.#unflushed < flushed || this.#flushing !== undefined) return;
    this.#unflushed = 0;
    this.#flushing = disk
      .run(() => file.datasync(), slowDisk)
      .then(() => {
        this.#flushing = undefined;
      });
    this.#flushing.catch(() => undefined);
  }

  async #finish(): Promise<void> {
    if (this.#sum === undefined) return await this.#put(Buffer.concat(this.#chunks), 0);
    this.#hand();
    await Promise.all([...this.#ring.map(({ busy }) => busy), this.#flushing]);
  }
}
