import { isSkahaError } from 'skaha';
import { t } from './text.js';

/** Requests cannot be streamed over HTTP/1.1: the browser keeps the whole, on disk when it is large. */
const wholeBody = async (body: RequestInit['body']): Promise<RequestInit['body']> =>
  body instanceof ReadableStream ? await new Response(body).blob() : (body ?? null);

/** What went wrong, in words. */
export interface Problem {
  readonly message: string;
  readonly hint?: string | undefined;
  readonly code?: string | undefined;
}

const isProblem = (value: unknown): value is Problem =>
  typeof value === 'object' &&
  value !== null &&
  'message' in value &&
  typeof value.message === 'string';

/** What the server of the page says: it was refused, or the platform could not be asked. */
export class PortalError extends Error implements Problem {
  readonly hint: string | undefined;
  readonly code: string | undefined;

  constructor({ message, hint, code }: Problem) {
    super(message);
    this.hint = hint;
    this.code = code;
  }
}

/** The error in an answer of the server of the page; undefined where there is none. */
export function problemIn(answer: unknown): Problem | undefined {
  const error =
    typeof answer === 'object' && answer !== null && 'error' in answer ? answer.error : undefined;
  return isProblem(error) ? error : undefined;
}

/** What people read about an error; the library wraps what the portal said. */
export function problemOf(error: unknown): Problem {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof PortalError) return cause;
  }
  if (isSkahaError(error)) return { message: error.message, hint: error.hint, code: error.code };
  return { message: error instanceof Error ? error.message : t.errors.unexpected };
}

/** A redirect, which a browser hides from its page, put together again. */
function unhidden(response: Response): Response {
  const status = Number(response.headers.get('x-skaha-status') ?? 0);
  if (status === 0) return response;
  const headers = new Headers(response.headers);
  const location = headers.get('x-skaha-location');
  if (location !== null) headers.set('location', location);
  return new Response(response.body, { status, headers });
}

/** A browser says nothing about why there is no answer. */
async function reached(
  answer: Promise<Response>,
  { signal, body }: RequestInit,
): Promise<Response> {
  try {
    return await answer;
  } catch (error) {
    if (signal?.aborted === true) throw error;
    const isSending = body !== undefined && body !== null;
    throw new PortalError({
      code: 'dashboard.away',
      message: isSending ? t.errors.brokenOff : t.errors.away,
      hint: isSending ? t.errors.brokenOffHint : t.errors.awayHint,
    });
  }
}

/**
 * Sends requests to where the page comes from, with what shows that they are the page's.
 *
 * @param key - which the page keeps
 * @param onLoggedOut - called when it opens nothing any more
 */
export const createSend =
  (key: () => string, onLoggedOut: () => void): typeof fetch =>
  async (input, init = {}) => {
    const headers = new Headers(init.headers);
    headers.set('x-skaha-dashboard', key());
    const { duplex: _, ...rest } = init as RequestInit & { duplex?: string };
    const body = (await wholeBody(init.body)) ?? null;
    const credentials = 'same-origin';
    const response = await reached(fetch(input, { ...rest, body, headers, credentials }), init);
    const isOwn = response.headers.get('vary') === 'x-skaha-dashboard';
    if (response.status === 401 && isOwn) onLoggedOut();
    if (isOwn && !response.ok) {
      const said = problemIn(await response.json().catch(() => undefined));
      throw new PortalError(said ?? { message: t.errors.unexpected });
    }
    return unhidden(response);
  };
