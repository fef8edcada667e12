import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { VospaceFault } from './fault.js';

/** Bytes that are written at once. */
const portion = 1024 * 1024;

const algorithms = { md5: 16, 'sha-256': 32 } as const;
type Algorithm = keyof typeof algorithms;

/** What a client says that its bytes add up to. */
export interface Expected {
  readonly algorithm: Algorithm;
  /** Hexadecimal. */
  readonly value: string;
}

/**
 * The checksums in the headers of an upload. Clients write them in hexadecimal, in base64, and CADC's
 * own in base64 of hexadecimal. Algorithms that are not known are passed over.
 *
 * @throws {VospaceFault} `InvalidArgument` for one that is none
 */
export function expectedOf(headers: IncomingHttpHeaders): Expected[] {
  const said: [string, string][] = [];
  const contentMd5 = headers['content-md5'];
  if (typeof contentMd5 === 'string') said.push(['md5', contentMd5]);
  const { digest } = headers;
  for (const part of typeof digest === 'string' ? digest.split(',') : []) {
    const [, name = '', value = ''] = /^([\w-]{1,40})=(.*)$/.exec(part.trim()) ?? [];
    said.push([name.toLowerCase(), value]);
  }
  return said.flatMap(([name, value]) => {
    if (!isAlgorithm(name)) return [];
    const hex = toHex(value.trim(), algorithms[name]);
    if (hex === undefined) throw new VospaceFault('InvalidArgument', `not a checksum: ${name}`);
    return [{ algorithm: name, value: hex }];
  });
}

const isAlgorithm = (name: string): name is Algorithm => Object.hasOwn(algorithms, name);

function toHex(value: string, bytes: number): string | undefined {
  const isHex = (text: string) => new RegExp(`^[0-9a-fA-F]{${bytes * 2}}$`).test(text);
  if (isHex(value)) return value.toLowerCase();
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(value)) return undefined;
  const decoded = Buffer.from(value, 'base64');
  if (decoded.length === bytes) return decoded.toString('hex');
  const inner = decoded.toString('latin1');
  return isHex(inner) ? inner.toLowerCase() : undefined;
}

/** What arrived. */
export interface Received {
  readonly size: number;
  /** Hexadecimal. */
  readonly md5: string;
}

/**
 * Writes a body to a file as it arrives, no faster than the disk takes it, and checks it.
 *
 * @param arrived - told of the bytes before they are written; it may refuse them
 * @throws {VospaceFault} `InvalidData` when the bytes are not those that were announced
 */
export async function receive(
  body: AsyncIterable<Buffer>,
  file: FileHandle,
  expected: readonly Expected[],
  arrived: (bytes: number) => void,
): Promise<Received> {
  const md5 = createHash('md5');
  const wantsSha = expected.some(({ algorithm }) => algorithm === 'sha-256');
  const sha = wantsSha ? createHash('sha256') : undefined;
  const size = await pump(body, file, (chunk) => {
    arrived(chunk.length);
    md5.update(chunk);
    sha?.update(chunk);
  });
  const sums: Record<Algorithm, string | undefined> = {
    md5: md5.digest('hex'),
    'sha-256': hexOf(sha),
  };
  for (const { algorithm, value } of expected) {
    if (sums[algorithm] !== value) {
      throw new VospaceFault('InvalidData', `the bytes do not have the announced ${algorithm}`);
    }
  }
  return { size, md5: sums.md5 ?? '' };
}

const hexOf = (hash: Hash | undefined): string | undefined => hash?.digest('hex');

async function pump(
  body: AsyncIterable<Buffer>,
  file: FileHandle,
  look: (chunk: Buffer) => void,
): Promise<number> {
  let total = 0;
  let chunks: Buffer[] = [];
  let size = 0;
  // One portion is written while the next one arrives.
  let writing: Promise<void> = Promise.resolve();
  try {
    for await (const chunk of body) {
      look(chunk);
      chunks.push(chunk);
      size += chunk.length;
      total += chunk.length;
      if (size < portion) continue;
      await writing;
      writing = write(file, chunks, size);
      // Awaited before the next portion; this only keeps it from counting as unheard until then.
      writing.catch(() => undefined);
      chunks = [];
      size = 0;
    }
    await writing;
    await write(file, chunks, size);
  } finally {
    await writing.catch(() => undefined);
  }
  return total;
}

async function write(file: FileHandle, chunks: readonly Buffer[], size: number): Promise<void> {
  if (size === 0) return;
  const { bytesWritten } = await file.writev([...chunks]);
  if (bytesWritten < size) await file.writeFile(Buffer.concat(chunks).subarray(bytesWritten));
}
