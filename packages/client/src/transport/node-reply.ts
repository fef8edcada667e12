import type http from 'node:http';
import { finished } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { failure } from './node-failure.js';
import type { TransportRequest, TransportResponse } from './types.js';

/** What a reply may be compressed with. */
const acceptEncoding = `gzip, deflate, br${'zstd' in process.versions ? ', zstd' : ''}`;

/** Bytes that are read before the reader must take some. */
const portion = 512 * 1024;

/** The bytes of a reply as they come; those that came together are handed on together. */
class Body {
  readonly #incoming: http.IncomingMessage;
  readonly #forget: () => void;
  #parts: Uint8Array[] = [];
  #size = 0;
  #end: { error: Error | null | undefined } | undefined;
  #wake = () => {};

  constructor(incoming: http.IncomingMessage) {
    this.#incoming = incoming;
    this.#forget = finished(incoming, { writable: false }, (error) => {
      this.#end = { error };
      this.#wake();
    });
    incoming.on('data', (chunk: Uint8Array) => {
      this.#parts.push(chunk);
      this.#size += chunk.length;
      if (this.#size >= portion) incoming.pause();
      this.#wake();
    });
  }

  /** Undefined at the end. */
  async next(): Promise<Uint8Array | undefined> {
    if (this.#size === 0 && this.#end === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    // TLS comes in pieces of 16 kB, each of which would have the way of a whole chunk. What the
    // system has already is read until then.
    if (this.#size < portion && this.#end === undefined) await setImmediate();
    if (this.#size === 0) {
      if (this.#end === undefined) return this.next();
      if (this.#end.error !== null && this.#end.error !== undefined) throw this.#end.error;
      return undefined;
    }
    const [first] = this.#parts;
    const isOne = this.#parts.length === 1 && first !== undefined;
    const all = isOne ? first : Buffer.concat(this.#parts, this.#size);
    this.#parts = [];
    this.#size = 0;
    this.#incoming.resume();
    return all;
  }

  leave(): void {
    this.#forget();
    this.#incoming.on('error', () => undefined);
    this.#incoming.destroy();
  }
}

async function* readBody(
  incoming: http.IncomingMessage,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  const body = new Body(incoming);
  try {
    for (;;) {
      const bytes = await body.next();
      if (bytes === undefined) return;
      yield bytes;
    }
  } catch (cause) {
    throw signal.aborted ? signal.reason : failure(cause, true);
  } finally {
    body.leave();
  }
}

/** A part of a reply can be decoded only where it is a part of the reply as it is. */
export const encodings = ({ method, headers }: TransportRequest): Record<string, string> =>
  method === 'HEAD' || Object.keys(headers).some((name) => name.toLowerCase() === 'range')
    ? { 'accept-encoding': 'identity' }
    : { 'accept-encoding': acceptEncoding };

/**
 * A reply as the library sees it, its body decoded.
 *
 * @param incoming - as Node sees it
 * @param request - that it answers
 */
export function response(
  incoming: http.IncomingMessage,
  request: TransportRequest,
): TransportResponse {
  const { statusCode: status = 0 } = incoming;
  const encoding = incoming.headers['content-encoding']?.trim();
  const hasBody = request.method !== 'HEAD' && status !== 204 && status !== 304;
  const isEncoded = hasBody && encoding !== undefined && !/^(?:identity)?$/i.test(encoding);
  const { 'content-encoding': _encoding, 'content-length': _length, ...rest } = incoming.headers;
  // What these say is about bytes that nobody gets to see.
  const headers = isEncoded ? rest : incoming.headers;
  const body = readBody(incoming, request.signal);
  return {
    status,
    header: (name) => headerValue(headers[name.toLowerCase()]),
    headers: () => allHeaders(headers),
    body: isEncoded ? decodedBody(body, encoding) : body,
  };
}

async function* decodedBody(
  body: AsyncGenerator<Uint8Array, void>,
  encoding: string,
): AsyncGenerator<Uint8Array, void> {
  const { decode } = await import('./node-decode.js');
  yield* decode(body, encoding);
}

function headerValue(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value;
}

const allHeaders = (headers: http.IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, headerValue(value) ?? '']),
  );
