import type { Clock } from '@skaha/base/clock.js';
import { DeadlineReached, SilenceWatch } from '@skaha/base/signals.js';
import type { IncomingReply } from '../hooks/types.js';
import type { Connection } from '../runtime/types.js';
import {
  type StreamedBody,
  TransportFailure,
  type TransportRequest,
  type TransportResponse,
} from '../transport/types.js';
import { readBytes, Unfinished } from './body.js';
import type { AnyRequest } from './service-request.js';

/** What bounds one attempt. */
export interface FlowLimits {
  clock: Clock;
  /** For the head, and then for every silence, in milliseconds. */
  timeoutMs: number;
  signal: AbortSignal;
  maximumBytes: number;
  /** What to do when the reply is longer than that. */
  tooLongHint?: string | undefined;
  /** For the whole, in milliseconds. @defaultValue a day */
  longestMs?: number | undefined;
  /** Whether a status is an answer, and no failure. */
  isAnswer: (status: number) => boolean;
}

/** Sends a request; the signal of the watch ends the bodies as well. */
export type Send = (watch: SilenceWatch) => Promise<TransportResponse>;

/** Sends, and reads as much as is wanted. */
export type Reading<Read extends IncomingReply> = (send: Send, limits: FlowLimits) => Promise<Read>;

/** One call, with all that its attempts have in common. */
export interface Work<Read extends IncomingReply> {
  request: AnyRequest;
  connection: Connection;
  timeoutMs: number;
  signal: AbortSignal;
  read: Reading<Read>;
}

async function* watched(
  body: AsyncIterable<Uint8Array>,
  watch: SilenceWatch,
): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of body) {
    watch.heard();
    yield chunk;
  }
}

/** Whether a body is produced while it is sent. */
export const isStream = (body: TransportRequest['body']): body is StreamedBody =>
  typeof body === 'object' && !(body instanceof Uint8Array);

/** A body whose source takes the time it needs: only what the network does not take is silence. */
export async function* sent(
  body: StreamedBody,
  watch: SilenceWatch,
): AsyncGenerator<Uint8Array, void> {
  watch.pause();
  for await (const chunk of body) {
    watch.heard();
    yield chunk;
    watch.pause();
  }
  watch.heard();
}

/** Sends a request and reads its reply to the end. */
export async function readReply(send: Send, limits: FlowLimits): Promise<IncomingReply> {
  const { clock, timeoutMs, signal, maximumBytes, tooLongHint, longestMs } = limits;
  const started = clock.now();
  const watch = new SilenceWatch(clock, timeoutMs, signal, longestMs);
  try {
    const { status, header, headers, body } = await send(watch);
    watch.heard();
    const bytes = await readBytes(watched(body, watch), maximumBytes, tooLongHint);
    return { status, header, headers, bytes, milliseconds: clock.now() - started };
  } finally {
    watch.end();
  }
}

/** A reply whose body is still to come, but for its beginning. */
export interface OpenedReply extends IncomingReply {
  /** The whole body, beginning included; ends the exchange when it is left. */
  body: AsyncGenerator<Uint8Array, void>;
}

/** Whether the body of a reply is still to come. */
export const isOpened = (reply: IncomingReply): reply is OpenedReply => 'body' in reply;

/**
 * Sends a request and waits for the first bytes of its reply; of a failure for all of them, which
 * are few.
 */
export async function openReply(send: Send, limits: FlowLimits): Promise<OpenedReply> {
  const { clock, timeoutMs, signal, maximumBytes, longestMs, isAnswer } = limits;
  const started = clock.now();
  const watch = new SilenceWatch(clock, timeoutMs, signal, longestMs);
  try {
    const { status, header, headers, body } = await send(watch);
    watch.heard();
    const facts = () => ({ status, header, headers, milliseconds: clock.now() - started });
    if (!isAnswer(status)) {
      const bytes = await readBytes(watched(body, watch), maximumBytes);
      watch.end();
      return { ...facts(), bytes, body: none() };
    }
    const chunks = body[Symbol.asyncIterator]();
    const first = await chunks.next().catch((error: unknown) => {
      throw unfinished(error, 0);
    });
    watch.pause();
    const bytes = first.done === true ? new Uint8Array() : first.value;
    return { ...facts(), bytes, body: await beginBody(flow(first, chunks, watch)) };
  } catch (error) {
    watch.end();
    throw error;
  }
}

async function* none(): AsyncGenerator<Uint8Array, void> {}

const nothing = new Uint8Array();

/** A generator that is left before it began does not clean up: so it begins here, with nothing. */
async function beginBody(body: AsyncGenerator<Uint8Array, void>) {
  await body.next();
  return body;
}

async function* flow(
  first: IteratorResult<Uint8Array>,
  chunks: AsyncIterator<Uint8Array>,
  watch: SilenceWatch,
): AsyncGenerator<Uint8Array, void> {
  let length = 0;
  let part = first;
  try {
    yield nothing;
    while (part.done !== true) {
      length += part.value.length;
      yield part.value;
      watch.heard();
      part = await chunks.next();
      watch.pause();
    }
  } catch (error) {
    throw unfinished(error, length);
  } finally {
    watch.end();
    if (part.done !== true) await chunks.return?.();
  }
}

const unfinished = (error: unknown, length: number): unknown =>
  error instanceof DeadlineReached || error instanceof TransportFailure
    ? new Unfinished(new Uint8Array(), error, length)
    : error;

/**
 * A body whose errors are put into words.
 *
 * @param body - as it comes
 * @param translate - makes the error to throw
 * @param release - called at the end, however it comes
 */
export const translated = (
  body: AsyncIterable<Uint8Array>,
  translate: (error: unknown) => unknown,
  release: () => void,
): Promise<AsyncGenerator<Uint8Array, void>> => beginBody(translating(body, translate, release));

async function* translating(
  body: AsyncIterable<Uint8Array>,
  translate: (error: unknown) => unknown,
  release: () => void,
): AsyncGenerator<Uint8Array, void> {
  try {
    yield nothing;
    yield* body;
  } catch (error) {
    throw translate(error);
  } finally {
    release();
  }
}

/** Why the connection broke, when that is what ended an exchange. */
export function transportFailure(error: unknown): TransportFailure | undefined {
  const inner = error instanceof Unfinished ? error.cause : error;
  return inner instanceof TransportFailure ? inner : undefined;
}
