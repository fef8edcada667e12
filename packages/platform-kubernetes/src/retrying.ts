import type { Clock } from '@skaha/base/clock.js';

const firstPauseMs = 250;
const longestPauseMs = 20_000;

/** How something is tried until it is done. */
export interface RetryOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Whether it may succeed later; asked after each failure. Otherwise it fails at once. */
  mayPass(error: unknown): boolean;
}

/**
 * Tries something again and again, with pauses that grow.
 *
 * @throws what it fails with for good, and the signal's reason
 */
export async function retried<T>(
  { clock, signal, mayPass }: RetryOptions,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      if (!mayPass(error)) throw error;
      await clock.sleep(pauseMs * (0.75 + Math.random() / 2), signal);
    }
  }
}
