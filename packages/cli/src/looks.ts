import type { Io } from '@skaha/terminal/io.js';
import { isSkahaError } from 'skaha';
import type { Deps } from './deps.js';

const longestPause = 60_000;
/** Passing failures in a row before looking ends; each was already retried. */
const patience = 5;
/** Longest pause that a server may ask for, in milliseconds. */
const longestAskedPause = 300_000;

/** How to look again and again. */
export interface LooksOptions {
  /** Milliseconds between two looks. */
  intervalMs: number;
  /** Told about a failure that will pass, and how long it will be until the next look. */
  onFailure?: ((error: Error, pauseMs: number) => void) | undefined;
}

/**
 * Looks again and again, until the loop is left or the command is cancelled. While the server is
 * busy or away (HTTP 429, 503 and the like) the pauses grow.
 *
 * @throws {SkahaError} what `read` throws, when it will not pass
 */
export async function* looks<T>(
  io: Pick<Io, 'signal'>,
  { clock }: Pick<Deps, 'clock'>,
  read: () => Promise<T>,
  { intervalMs, onFailure }: LooksOptions,
): AsyncGenerator<T, never> {
  let failures = 0;
  for (;;) {
    let failure: Error | undefined;
    let askedMs = 0;
    try {
      const value = await read();
      failures = 0;
      yield value;
    } catch (error) {
      io.signal.throwIfAborted();
      if (!isSkahaError(error) || !error.retryable || failures >= patience) throw error;
      askedMs = error.retryAfterMs ?? 0;
      if (askedMs > longestAskedPause) throw error;
      failures += 1;
      failure = error;
    }
    const grown = Math.min(Math.max(longestPause, intervalMs), intervalMs * 2 ** failures);
    const pause = Math.max(grown, askedMs);
    if (failure !== undefined) onFailure?.(failure, pause);
    await clock.sleep(pause, io.signal);
  }
}
