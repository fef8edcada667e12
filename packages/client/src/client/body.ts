import { concatenate } from '@skaha/base/bytes.js';
import { DeadlineReached } from '@skaha/base/signals.js';
import { SkahaError } from '../errors/index.js';
import type { IncomingReply } from '../hooks/types.js';
import { TransportFailure } from '../transport/types.js';
import type { ClientResponse } from './request.js';

/** A body that came in part only, because the time was up or the connection broke. */
export class Unfinished extends Error {
  override readonly name = 'Unfinished';
  /** What became of it; empty where it was passed on as it came. */
  readonly bytes: Uint8Array;

  /** How much came, in bytes. */
  readonly length: number;

  constructor(bytes: Uint8Array, cause: unknown, length = bytes.length) {
    super('The reply was not read to its end.', { cause });
    this.bytes = bytes;
    this.length = length;
  }
}

/**
 * Returns the part of the reply that arrived before a call failed.
 *
 * @param error - of the call
 * @returns undefined if no part of a body came
 * @example
 * ```ts
 * import { SkahaClient, unfinishedBytes } from 'skaha';
 *
 * await using skaha = new SkahaClient();
 * await skaha.sessions.logs(['abc123']).catch((error: unknown) => {
 *   console.log(unfinishedBytes(error)?.length ?? 0, 'bytes came');
 * });
 * ```
 */
export function unfinishedBytes(error: unknown): Uint8Array | undefined {
  if (!(error instanceof Error)) return undefined;
  return error.cause instanceof Unfinished ? error.cause.bytes : undefined;
}

/**
 * Reads a body to its end.
 *
 * @param body - left, and thereby cancelled, as soon as it is too long
 * @param maximum - in bytes
 * @param hint - what to do when it is longer
 * @throws {SkahaError} `response.invalid` if it is longer
 * @throws {Unfinished} if it does not come to its end
 */
export async function readBytes(
  body: AsyncIterable<Uint8Array>,
  maximum: number,
  hint = 'Check the address of the server.',
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  try {
    return await readChunks(body, maximum, chunks, hint);
  } catch (error) {
    if (!(error instanceof DeadlineReached || error instanceof TransportFailure)) throw error;
    throw new Unfinished(
      concatenate(
        chunks,
        chunks.reduce((sum, { length }) => sum + length, 0),
      ),
      error,
    );
  }
}

async function readChunks(
  body: AsyncIterable<Uint8Array>,
  maximum: number,
  chunks: Uint8Array[],
  hint: string,
): Promise<Uint8Array> {
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > maximum) {
      throw new SkahaError(
        'response.invalid',
        `The reply is longer than ${Math.round(maximum / 2 ** 20)} MiB and was not read to its end.`,
        { hint },
      );
    }
    chunks.push(chunk);
  }
  return concatenate(chunks, length);
}

/** A check of a reply has often read it already: what takes long for thousands of sessions is done once. */
const responses = new WeakMap<IncomingReply, ClientResponse>();

/**
 * Gives a reply its reading functions.
 *
 * @param reply - its body already read
 */
export function respond(reply: IncomingReply): ClientResponse {
  const known = responses.get(reply) ?? readable(reply);
  responses.set(reply, known);
  return known;
}

function readable({ status, header, headers, bytes }: IncomingReply): ClientResponse {
  const text = () => new TextDecoder().decode(bytes);
  let parsed: { value: unknown } | undefined;
  return {
    status,
    header,
    headers,
    bytes,
    text,
    json: () => {
      try {
        parsed ??= { value: JSON.parse(text()) };
        return parsed.value;
      } catch (cause) {
        throw new SkahaError('response.invalid', 'The server sent something that is not JSON.', {
          status,
          cause,
          hint: 'Check the address of the server: another service may answer there.',
        });
      }
    },
  };
}

/** Whether a reply is the JSON of something that passes the test. */
export const isJson =
  (test: (value: unknown) => boolean) =>
  (reply: ClientResponse): boolean => {
    try {
      return test(reply.json());
    } catch {
      return false;
    }
  };

/** Whether a reply is an empty 200, by which the platform says that it did what was asked. */
export const isEmpty = ({ status, bytes }: ClientResponse): boolean =>
  status === 200 && bytes.length === 0;

/**
 * Of several attempts that broke off, the error of the one that got furthest.
 *
 * @param known - of the attempts so far
 * @param error - of the last one
 * @returns undefined if no part of a reply came in any of them
 */
export function furthestAttempt(
  known: SkahaError | undefined,
  error: SkahaError,
): SkahaError | undefined {
  const length = unfinishedBytes(error)?.length;
  if (length === undefined) return known;
  return length >= (unfinishedBytes(known)?.length ?? 0) ? error : known;
}
