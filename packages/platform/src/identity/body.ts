import type { IncomingMessage } from 'node:http';

/** The largest body that an identity service reads, in bytes. */
const limit = 64 * 1024;

/** Thrown for a body that is larger than a service reads. */
export class BodyTooLargeError extends Error {}

/** Reads a whole request body. @throws {BodyTooLargeError} */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw new BodyTooLargeError('The request body is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Reads the fields of a form. @throws {BodyTooLargeError} */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  return new URLSearchParams((await readBody(request)).toString('utf8'));
}
