import type { IncomingMessage } from 'node:http';
import { readBody } from '@skaha/service/body.js';

/** The largest body that an identity service reads, in bytes. */
const limit = 64 * 1024;

/**
 * Reads the body of a request for an identity service.
 *
 * @param bytes - the largest size
 * @throws {BodyError}
 */
export const readIdentityBody = (request: IncomingMessage, bytes = limit): Promise<Buffer> =>
  readBody(request, { bytes });

/** Reads the fields of a form. @throws {BodyError} */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  return new URLSearchParams((await readIdentityBody(request)).toString('utf8'));
}
