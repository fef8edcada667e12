import type { SkahaError } from '../errors/index.js';
import { isForeign } from '../transport/foreign.js';
import type { TransportFailure } from '../transport/types.js';
import type { ClientRequest } from './request.js';
import type { ServiceRequest } from './service-request.js';

/** Longest wait between two attempts, in milliseconds; a server that asks for more is not asked again. */
export const longestPause = 30_000;
const firstPause = 200;

const passingStatuses = new Set([429, 502, 503, 504]);

/** How one attempt ended badly. */
export interface FailedAttempt {
  error: SkahaError;
  /** When no reply came. */
  failure?: TransportFailure | undefined;
  /** The token that the server did not take, where another may be had. */
  rejected?: string | undefined;
}

/**
 * Whether an attempt may be repeated.
 *
 * @param request - what was asked
 * @param attempt - how it failed
 */
export function mayRetry(
  request: ClientRequest | ServiceRequest,
  { error, failure }: FailedAttempt,
): boolean {
  const policy = request.retry ?? (request.method === 'POST' ? 'unsent' : 'always');
  if (policy === 'never') return false;
  if (failure !== undefined) {
    return error.retryable && (policy === 'always' || !failure.mayHaveReached);
  }
  if (policy === 'unsent' || error.status === undefined) return false;
  if ((error.retryAfterMs ?? 0) > longestPause) return false;
  if (isForeign(error)) return error.retryable;
  if (error.code === 'server.not_found') return error.retryable;
  if (error.status === 503 && request.retryUnavailable === false) return false;
  return passingStatuses.has(error.status);
}

/**
 * How long to wait before the next attempt: never less than what the server asks for, else twice as
 * long each time, in both cases with jitter so that many clients do not return at once.
 *
 * @param attempt - the number of the attempt that failed, from 1
 * @param askedMs - what the server asks for, in milliseconds
 * @param random - from 0 up to 1
 * @returns milliseconds
 */
export function retryPause(attempt: number, askedMs: number | undefined, random: number): number {
  if (askedMs !== undefined) return askedMs + firstPause * random;
  return Math.min(longestPause, firstPause * 2 ** (attempt - 1) * (0.5 + random / 2));
}
