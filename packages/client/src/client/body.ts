import { concatenate } from '@skaha/base/bytes.js';
import { SkahaError } from '../errors/index.js';
import type { IncomingReply } from '../hooks/types.js';
import type { ClientResponse } from './request.js';

/**
 * Reads a body to its end.
 *
 * @param body - left, and thereby cancelled, as soon as it is too long
 * @param maximum - in bytes
 * @throws {SkahaError} `response.invalid` when it is longer
 */
export async function readBytes(
  body: AsyncIterable<Uint8Array>,
  maximum: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > maximum) {
      throw new SkahaError(
        'response.invalid',
        `The reply is longer than ${Math.round(maximum / 2 ** 20)} MiB and was not read to its end.`,
        { hint: 'Check the address of the server.' },
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
