import type { IncomingMessage, ServerResponse } from 'node:http';
import { escapeHtml, page } from '@skaha/service/page.js';

/** Why a request for a page is not forwarded. */
export interface PageRefusal {
  readonly status: number;
  /** One line, for programs. */
  readonly message: string;
  /** The same for people, if it can be said better. */
  readonly title?: string | undefined;
  /** What to do, for people. */
  readonly advice: string;
  /** Seconds after which the same request may succeed. */
  readonly retrySeconds?: number | undefined;
}

/** Whether the client shows the reply to a person. */
export const wantsHtml = (request: IncomingMessage): boolean =>
  request.headers.accept?.includes('text/html') === true;

/** The caller has not proved to be the owner of the page. */
export const unauthorized: PageRefusal = {
  status: 401,
  message: 'Unauthorized',
  title: 'This page opens only for its owner',
  advice:
    "If the session is yours, run 'skaha open' with its name or id: it prints a link that opens the page once, and the browser then stays logged in to it.",
};

/** A page of another site makes a request in the name of its visitor. */
export const foreign: PageRefusal = {
  status: 403,
  message: 'Refused: the request comes from a page of another site',
  advice: 'Open the page of the session itself.',
};

/** There is no such page, or the caller may not know about it. */
export const noPage: PageRefusal = {
  status: 404,
  message: 'This session does not exist, or has no page',
  advice: "See which sessions you have with 'skaha ps --all'.",
};

/** The session waits, or its server has not started yet. */
export const notYet: PageRefusal = {
  status: 503,
  message: 'This session is not running yet',
  advice:
    "The page opens by itself once it runs. If it takes long, 'skaha events' shows what it is waiting for.",
  retrySeconds: 2,
};

/** The session has ended. */
export const sessionEnded: PageRefusal = {
  status: 410,
  message: 'This session has ended',
  advice: "'skaha events' and 'skaha logs' show how it ended. Create a new one to continue.",
};

/** The session runs, but its server does not reply. */
export const silentSession = (status: 502 | 504): PageRefusal => ({
  status,
  message: 'The session does not answer',
  advice: "Its server may be starting or may have stopped: 'skaha logs' shows more.",
  retrySeconds: 5,
});

/** More simultaneous connections than a session may have. */
export const tooMany: PageRefusal = {
  status: 503,
  message: 'This session has too many open connections',
  advice: 'Close other windows that show it.',
  retrySeconds: 5,
};

/** Replies with a refusal: a page that reloads itself for people, a line for programs. */
export function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  { status, message, title = message, advice, retrySeconds }: PageRefusal,
): void {
  const retry = retrySeconds === undefined ? {} : { 'retry-after': String(retrySeconds) };
  if (!wantsHtml(request)) {
    response.writeHead(status, { 'content-type': 'text/plain', ...retry });
    response.end(`${message}\n`);
    return;
  }
  const content = `<h1>${escapeHtml(title)}</h1>\n<p>${escapeHtml(advice)}</p>`;
  const reply = page({ title, content, status });
  const again = retrySeconds === undefined ? {} : { refresh: String(retrySeconds) };
  response.writeHead(status, { ...reply.headers, ...retry, ...again });
  response.end(request.method === 'HEAD' ? undefined : reply.body);
}
