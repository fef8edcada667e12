import { concatenate } from '@skaha/base/bytes.js';
import { SkahaError } from '../errors/index.js';
import type { IncomingReply } from '../hooks/types.js';
import type { ClientResponse } from './request.js';

/**
 * Reads a body to its end.
 *
 * @param body - left, and thereby cancelled, as soon as it is too long
 * @param maximum - in bytes
 * @param hint - what to do when it is longer
 * @throws {SkahaError} `response.invalid` when it is longer
 */
export async function readBytes(
  body: AsyncIterable<Uint8Array>,
  maximum: number,
  hint = 'Check the address of the server.',
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
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

/**
 * Gives a reply its reading functions.
 *
 * @param reply - its body already read
 */
export function respond({ status, header, headers, bytes }: IncomingReply): ClientResponse {
  const text = () => new TextDecoder().decode(bytes);
  return {
    status,
    header,
    headers,
    bytes,
    text,
    json: () => {
      try {
        return JSON.parse(text());
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

/** Gives the pieces of a body away, the next one only when the last was taken. */
export async function pour(
  body: AsyncIterable<Uint8Array>,
  sink: (piece: Uint8Array, at: number) => void | Promise<void>,
): Promise<Uint8Array> {
  let at = 0;
  for await (const piece of body) {
    await sink(piece, at);
    at += piece.length;
  }
  return new Uint8Array();
}
