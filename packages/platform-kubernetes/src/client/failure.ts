import type { Status } from './types.js';

/** What an API server answered in place of what was asked for, or why none answered. */
export class KubernetesError extends Error {
  override readonly name = 'KubernetesError';
  /** HTTP status; undefined when no answer came. */
  readonly status: number | undefined;
  /** One word of Kubernetes, for example `AlreadyExists`. */
  readonly reason: string | undefined;
  /** How long the server asks to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    facts: {
      status?: number | undefined;
      reason?: string | undefined;
      retryAfterMs?: number | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.status = facts.status;
    this.reason = facts.reason;
    this.retryAfterMs = facts.retryAfterMs;
  }
}

const longest = 400;

/** The first line of what a server said, without control characters. */
const plain = (text: string): string =>
  [...(text.split('\n', 1)[0] ?? '')]
    .filter((character) => character >= ' ')
    .join('')
    .slice(0, longest);

/**
 * The error that an answer means.
 *
 * @param status - HTTP status
 * @param body - as it came; a `Status` object of Kubernetes, or whatever a proxy wrote
 * @param retryAfter - the header of that name
 */
export function failureFrom(
  status: number,
  body: string,
  retryAfter: string | undefined,
): KubernetesError {
  const seconds = Number(retryAfter);
  const retryAfterMs = Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined;
  let answer: Partial<Status> = {};
  try {
    answer = JSON.parse(body) as Partial<Status>;
  } catch {
    // Not from the API server itself.
  }
  const said = plain(answer.message ?? '') || `the cluster answered with HTTP ${status}`;
  // The cluster's own words for this one do not say what to do.
  const message =
    status === 401 ? 'it does not accept the credentials: they may have expired' : said;
  return new KubernetesError(message, { status, reason: answer.reason, retryAfterMs });
}

const has = (error: unknown, status: number, reason?: string): boolean =>
  error instanceof KubernetesError &&
  error.status === status &&
  (reason === undefined || error.reason === reason);

export const isMissing = (error: unknown): boolean => has(error, 404);
export const isTaken = (error: unknown): boolean => has(error, 409, 'AlreadyExists');
/** What was to be watched from is not kept any more. */
export const isGone = (error: unknown): boolean => has(error, 410);
export const isForbidden = (error: unknown): boolean => has(error, 403);
export const isUnauthorized = (error: unknown): boolean => has(error, 401);

/** True when the same request may succeed later, without anything being changed. */
export const isPassing = (error: unknown): boolean =>
  error instanceof KubernetesError &&
  (error.status === undefined ||
    error.status === 401 ||
    error.status === 408 ||
    error.status === 429 ||
    error.status >= 500);
