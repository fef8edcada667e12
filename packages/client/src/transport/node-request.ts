import http from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { TransportRequest } from './types.js';

type Body = TransportRequest['body'];

const isWhole = (body: Body): body is string | Uint8Array | undefined =>
  body === undefined || typeof body === 'string' || body instanceof Uint8Array;

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
  body: Body,
  fail: (error: unknown) => void,
): void {
  if (isWhole(body)) {
    outgoing.end(body);
    return;
  }
  const source = Readable.from(watched(body, fail), { objectMode: false });
  // A request that breaks says so itself; a server may also answer before it has read everything.
  pipeline(source, outgoing).catch(() => undefined);
}

/**
 * Over a connection that was used before, Deno (2.9) sends a request again by itself when the
 * connection breaks, so that a session would be created twice; and over TLS, a streamed body may
 * never arrive whole.
 */
const reusesBadly = 'deno' in process.versions;

const optionsOf = (agent: http.Agent): http.AgentOptions => {
  const options: unknown = Reflect.get(agent, 'options');
  return { ...(typeof options === 'object' ? options : {}), keepAlive: false };
};

/**
 * The agent for a request: where connections are not to be trusted twice, one that opens a
 * connection of its own for what must not be sent again and for what is streamed.
 *
 * @param agent - keeps connections; trusts and proves the same
 */
export function agentFor({ method, body }: TransportRequest, agent: http.Agent): http.Agent {
  if (!reusesBadly || (method !== 'POST' && isWhole(body))) return agent;
  // Of the same class: over TLS, when that was.
  const once: unknown = Reflect.construct(agent.constructor, [optionsOf(agent)]);
  return once instanceof http.Agent ? once : agent;
}
