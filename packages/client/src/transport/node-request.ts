import http from 'node:http';
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
 * @param fail - called with what a streamed body threw
 */
export function sendBody(
  outgoing: http.ClientRequest,
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

/**
 * Deno sends a request again, whatever it does, when a connection that it reuses breaks: a session
 * would be created twice. Over a connection of its own a request is sent once.
 */
const resendsByItself = 'deno' in process.versions;

const optionsOf = (agent: http.Agent): http.AgentOptions => {
  const options: unknown = Reflect.get(agent, 'options');
  return { ...(typeof options === 'object' ? options : {}), keepAlive: false };
};

/**
 * An agent over which a request that must not be repeated reaches the server once at most.
 *
 * @param agent - for requests that may be; trusts and proves the same
 */
export function sendsOnce(agent: http.Agent): http.Agent {
  if (!resendsByItself) return agent;
  // Of the same class: over TLS, when that was.
  const once: unknown = Reflect.construct(agent.constructor, [optionsOf(agent)]);
  return once instanceof http.Agent ? once : agent;
}
