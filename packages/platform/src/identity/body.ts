import type { IncomingMessage } from 'node:http';
import { readBody } from '../http/body.js';

/** The largest body that an identity service reads, in bytes. */
const limit = 64 * 1024;

/** Reads the body of a request for an identity service. @throws {BodyError} */
export const readIdentityBody = (request: IncomingMessage): Promise<Buffer> =>
  readBody(request, { bytes: limit });

/** Reads the fields of a form. @throws {BodyError} */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  return new URLSearchParams((await readIdentityBody(request)).toString('utf8'));
}
