import type { IncomingMessage } from 'node:http';

/** What is wrong with a request, for its sender. */
export interface Refused {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** This machine's names for itself. A name of somebody else's may lead here too (DNS rebinding). */
const ownNames = ['127.0.0.1', 'localhost'];

/** The header in which the page shows that it is the page: no other origin can send it unasked. */
export const keyHeader = 'x-skaha-dashboard';

/**
 * Whether a request was sent to this address, and not to a name that merely leads here.
 *
 * @param port - at which it came in
 */
export function isToUs({ headers }: IncomingMessage, port: number): boolean {
  const host = headers.host?.toLowerCase();
  return ownNames.some((name) => host === `${name}:${port}`);
}

/**
 * Whether a request can come from a page of ours. Browsers say where a request comes from, and
 * count another port as another origin though not as another site; a program says nothing.
 */
export function isOfOurPage({ headers }: IncomingMessage): boolean {
  const { origin } = headers;
  if (origin !== undefined && origin !== `http://${headers.host?.toLowerCase()}`) return false;
  const site = headers['sec-fetch-site'];
  return site === undefined || site === 'same-origin';
}

/**
 * Whether a link is followed by a person: not fetched by a script, put into a frame, or looked at
 * beforehand.
 */
export function isFollowed({ method, headers }: IncomingMessage): boolean {
  if (method !== 'GET' || headers['sec-purpose'] !== undefined) return false;
  // Of a script it is empty, of a picture or a frame the name of that; a program says nothing.
  const destination = headers['sec-fetch-dest'];
  return destination === undefined || destination === 'document';
}
