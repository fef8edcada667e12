import { PassThrough, pipeline, Readable, type Transform } from 'node:stream';
import zlib from 'node:zlib';
import { systemCode } from '@skaha/base/system-code.js';
import { TransportFailure } from './types.js';

/** More layers than one and a mistake are no compression any more. */
const mostLayers = 3;

/** `deflate` means a zlib stream (RFC 9110), but some servers send what is inside of one. */
const isZlib = ([first = 0, second = 0]: Uint8Array): boolean =>
  (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0;

function decoder(encoding: string, start: Uint8Array): Transform {
  switch (encoding) {
    case 'gzip':
    case 'x-gzip':
      return zlib.createGunzip();
    case 'deflate':
      return isZlib(start) ? zlib.createInflate() : zlib.createInflateRaw();
    case 'br':
      return zlib.createBrotliDecompress();
    case 'identity':
      return new PassThrough();
    default: {
      const zstd: unknown =
        encoding === 'zstd' ? Reflect.get(zlib, 'createZstdDecompress') : undefined;
      if (typeof zstd === 'function') return zstd() as Transform;
      throw new TransportFailure('ENCODING_UNKNOWN', true, new Error(encoding));
    }
  }
}

/** Enough to distinguish the two forms of deflate. */
async function takeStart(body: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  let start = new Uint8Array();
  while (start.length < 2) {
    const next = await body.next();
    if (next.done === true) return start;
    start = Buffer.concat([start, next.value]);
  }
  return start;
}

async function* rest(
  start: Uint8Array,
  body: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  try {
    yield start;
    for (let next = await body.next(); next.done !== true; next = await body.next())
      yield next.value;
  } finally {
    await body.return?.();
  }
}

async function* layer(
  body: AsyncIterable<Uint8Array>,
  encoding: string,
): AsyncGenerator<Uint8Array, void> {
  const iterator = body[Symbol.asyncIterator]();
  const start = await takeStart(iterator);
  // A reply without a body has nothing to decode, whatever its header says.
  if (start.length === 0) return;
  let through: Transform;
  try {
    through = decoder(encoding, start);
  } catch (error) {
    await iterator.return?.();
    throw error;
  }
  const source = Readable.from(rest(start, iterator), { objectMode: false });
  // What goes wrong is thrown where the other end is read.
  pipeline(source, through, () => undefined);
  yield* through;
}

/**
 * Undoes the `Content-Encoding` of a body, as it flows: limits count the bytes that come out.
 *
 * @param body - as it came
 * @param encodings - the header's value
 * @throws {TransportFailure} `ENCODING_UNKNOWN`, `ENCODING_DAMAGED`, and what the body throws
 */
export async function* decode(
  body: AsyncIterable<Uint8Array>,
  encodings: string,
): AsyncGenerator<Uint8Array, void> {
  const layers = encodings
    .toLowerCase()
    .split(',')
    .map((name) => name.trim());
  if (layers.length > mostLayers)
    throw new TransportFailure('ENCODING_UNKNOWN', true, new Error(encodings));
  const decoded = layers.reduceRight((inner, name) => layer(inner, name), body);
  try {
    yield* decoded;
  } catch (cause) {
    const code = systemCode(cause) ?? '';
    if (!/^(?:Z_|ERR_BROTLI|ERR__ERROR_|ERR__|ZSTD|ERR_ZSTD)/.test(code)) throw cause;
    throw new TransportFailure('ENCODING_DAMAGED', true, cause);
  }
}
