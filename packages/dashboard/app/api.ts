import { signal } from '@preact/signals';
import { isSkahaError, SkahaClient } from 'skaha';
import { t } from './text.js';

/** What whoever serves this page says about itself. */
export interface Me {
  readonly name: string;
  readonly server: string;
  readonly batches: boolean;
  readonly user: string;
  /** Paths of storage services at this origin. */
  readonly storage: readonly string[];
}

/** What went wrong, in words. */
export interface Problem {
  readonly message: string;
  readonly hint?: string | undefined;
}

const keyName = 'skaha.dashboard.key';

/** How this page stands with whoever serves it. */
export const login = signal<'in' | 'out' | 'spent'>('in');

/**
 * Takes the key that a link left in the address. It is kept for this origin, port included; a
 * cookie, which is none of ours to read, must come with it.
 */
export function takeKey(): void {
  const { hash } = location;
  const key = /^#key=([\w-]{20,100})$/.exec(hash)?.[1];
  if (key !== undefined) localStorage.setItem(keyName, key);
  if (hash === '#spent') login.value = 'spent';
  if (key !== undefined || hash === '#spent') location.replace('#/sessions');
}

/** Forgets the login of this browser. */
export async function logout(): Promise<void> {
  await ask('logout', {}).catch(() => undefined);
  localStorage.removeItem(keyName);
  login.value = 'out';
}

/** Requests cannot be streamed over HTTP/1.1: the browser keeps the whole, on disk when it is large. */
const wholeBody = async (body: RequestInit['body']): Promise<RequestInit['body']> =>
  body instanceof ReadableStream ? await new Response(body).blob() : (body ?? null);

/** A redirect, which a browser hides from its page, put together again. */
function unhidden(response: Response): Response {
  const status = Number(response.headers.get('x-skaha-status') ?? 0);
  if (status === 0) return response;
  const headers = new Headers(response.headers);
  const location = headers.get('x-skaha-location');
  if (location !== null) headers.set('location', location);
  return new Response(response.body, { status, headers });
}

/** Sends a request of this page to where it comes from. */
export const send: typeof fetch = async (input, init = {}) => {
  const headers = new Headers(init.headers);
  headers.set('x-skaha-dashboard', localStorage.getItem(keyName) ?? '');
  const { duplex: _, ...rest } = init as RequestInit & { duplex?: string };
  const body = await wholeBody(init.body);
  const response = await fetch(input, {
    ...rest,
    body: body ?? null,
    headers,
    credentials: 'same-origin',
  });
  const isOwn = response.status === 401 && response.headers.get('vary') === 'x-skaha-dashboard';
  if (isOwn && login.value === 'in') login.value = 'out';
  return unhidden(response);
};

/** The library, at the origin of this page. It asks once: the list says itself that it tries again. */
export const client = new SkahaClient({ url: `${location.origin}/skaha`, fetch: send, retries: 0 });

/** Asks whoever serves this page; posts what is given. */
export async function ask<Answer>(path: string, body?: object): Promise<Answer> {
  const response = await send(`/dashboard/v1/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const answer: Answer & { error?: Problem | null } = await response.json();
  if (response.ok && !isProblem(answer.error)) return answer;
  throw new AskError(answer.error ?? { message: t.errors.unexpected });
}

const isProblem = (error: unknown): error is Problem =>
  typeof error === 'object' && error !== null && 'message' in error;

/** A refusal of whoever serves this page. */
class AskError extends Error implements Problem {
  readonly hint: string | undefined;

  constructor({ message, hint }: Problem) {
    super(message);
    this.hint = hint;
  }
}

/** What to tell people about an error. */
export function problemOf(error: unknown): Problem {
  if (isSkahaError(error)) return { message: error.message, hint: error.hint };
  if (error instanceof AskError) return error;
  return { message: error instanceof Error ? error.message : t.errors.unexpected };
}

/** Who is here, and where. */
export const me = signal<Me | undefined>(undefined);

/** Finds out who is here. */
export async function findMe(): Promise<void> {
  me.value = await ask<Me>('me');
}
