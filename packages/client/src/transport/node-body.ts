import type { ClientRequest } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { TransportRequest } from './types.js';

/** Passes a body's chunks on, and remembers what its source threw. */
async function* watched(
  body: AsyncIterable<Uint8Array>,
  fail: (error: unknown) => void,
): AsyncGenerator<Uint8Array, void> {
  try {
    yield* body;
  } catch (error) {
    fail(error);
    throw error;
  }
}

/**
 * Writes the body of a request and ends it. A streamed one is read no faster than the network takes
 * it, and is let go of as soon as the request breaks.
 *
 * @param outgoing - the request
 * @param body - whole, or produced on the way
 * @param fail - told what a streamed body threw
 */
export function sendBody(
  outgoing: ClientRequest,
  body: TransportRequest['body'],
  fail: (error: unknown) => void,
): void {
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
    outgoing.end(body);
    return;
  }
  const source = Readable.from(watched(body, fail), { objectMode: false });
  // A request that breaks says so itself; a server may also answer before it has read everything.
  pipeline(source, outgoing).catch(() => undefined);
}
