import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Clock } from '@skaha/base/clock.js';
import { DeadlineReached, withDeadline } from '@skaha/base/signals.js';
import { SkahaError } from '../../errors/index.js';

/** A place on this machine that a browser is sent back to, for one visit. */
export interface Callback {
  /** For example `http://127.0.0.1:49152/callback`. */
  redirectUri: string;
  /**
   * Waits for the visit.
   * @returns its address, with what the provider put in the query
   * @throws {SkahaError} `transport.timeout`
   */
  visit(options: {
    timeoutMs: number;
    clock: Clock;
    signal?: AbortSignal | undefined;
  }): Promise<URL>;
  close(): void;
}

const path = '/callback';

const page = (title: string, text: string): string => `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${title}</title>
<body style="font-family: sans-serif; margin: 4rem auto; max-width: 30rem">
<h1>${title}</h1><p>${text}</p></body></html>
`;

function answer(response: ServerResponse, status: number, title: string, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    'referrer-policy': 'no-referrer',
    connection: 'close',
  });
  response.end(page(title, text));
}

/**
 * Listens on this machine for a browser that comes back from the identity provider (RFC 8252,
 * section 7.3). One visit is taken, all else is turned away.
 *
 * @throws {SkahaError} `internal` when nothing can listen
 */
export async function openCallback(): Promise<Callback> {
  const visits: URL[] = [];
  let arrived: (url: URL) => void = (url) => visits.push(url);
  let taken = false;
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', redirectUri);
    if (request.method !== 'GET' || url.pathname !== path || taken) {
      answer(response, 404, 'Nothing here', 'This page was for a single login.');
      return;
    }
    taken = true;
    const refused = url.searchParams.has('error');
    if (refused) answer(response, 200, 'Not logged in', 'You can close this window.');
    else
      answer(
        response,
        200,
        'Return to your program',
        'The login continues there. You can close this window.',
      );
    arrived(url);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const redirectUri = `http://127.0.0.1:${port}${path}`;
  const wait = (signal: AbortSignal) =>
    new Promise<URL>((resolve, reject) => {
      const [early] = visits;
      if (early !== undefined) resolve(early);
      arrived = resolve;
      if (signal.aborted) reject(signal.reason);
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  return {
    redirectUri,
    visit: async ({ timeoutMs, clock, signal }) => {
      try {
        return await withDeadline(clock, timeoutMs, signal, wait);
      } catch (error) {
        if (!(error instanceof DeadlineReached)) throw error;
        throw new SkahaError(
          'transport.timeout',
          `The login in the browser was not finished within ${Math.round(timeoutMs / 1000)} seconds.`,
          { hint: 'Log in again, or log in with a code instead.' },
        );
      }
    },
    close: () => {
      server.close();
      // A browser keeps its connection open, and with it this program.
      server.closeAllConnections();
    },
  };
}
