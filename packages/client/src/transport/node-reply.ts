import type http from 'node:http';
import { failure } from './node-failure.js';
import type { TransportRequest, TransportResponse } from './types.js';

/** What a reply may be compressed with. */
const acceptEncoding = `gzip, deflate, br${'zstd' in process.versions ? ', zstd' : ''}`;

async function* readBody(
  incoming: http.IncomingMessage,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  try {
    for await (const chunk of incoming) yield chunk;
  } catch (cause) {
    throw signal.aborted ? signal.reason : failure(cause, true);
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
