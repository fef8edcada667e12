import type { ClientCore } from '../client/core.js';
import { abortError } from '../client/failures.js';
import { integerIssue, throwIssues } from '../client/options.js';
import { SkahaError } from '../errors/index.js';
import { linkSignals } from '../utils/signals.js';
import type { PollOptions } from './types.js';

const defaultInterval = 2_000;
const longestInterval = 60_000;
/** Passing failures in a row before polling gives up; each was already retried. */
const patience = 5;

/**
 * Looks again and again. Passing failures lengthen the interval; it is back to normal after the
 * next success.
 *
 * @param core - sets the clock
 * @param options - interval and signal
 * @param read - looks once
 * @returns an endless sequence; leaving it stops the looking
 * @throws {SkahaError} what `read` throws, when it will not pass; `request.aborted`
 */
export async function* poll<T>(
  core: ClientCore,
  options: PollOptions,
  read: (signal: AbortSignal) => Promise<T>,
): AsyncGenerator<T, never> {
  const intervalMs = options.intervalMs ?? defaultInterval;
  const issue = integerIssue('intervalMs', intervalMs, { minimum: 10, maximum: 600_000 });
  const { firstMs = intervalMs } = options;
  const firstIssue = integerIssue('firstMs', firstMs, { minimum: 10, maximum: 600_000 });
  throwIssues([issue, firstIssue].filter((one) => one !== undefined));
  let usual = Math.min(firstMs, intervalMs);
  const { signal, release } = linkSignals(options.signal, core.settings.signal);
  let failures = 0;
  try {
    for (;;) {
      try {
        const value = await read(signal);
        failures = 0;
        yield value;
      } catch (error) {
        failures += 1;
        if (!isPassing(error) || failures > patience) throw error;
      }
      const slowed = Math.min(Math.max(longestInterval, intervalMs), intervalMs * 2 ** failures);
      const pause = failures === 0 ? usual : slowed;
      usual = Math.min(intervalMs, usual * 2);
      await core.settings.clock.sleep(pause, signal);
    }
  } catch (error) {
    throw signal.aborted && !(error instanceof SkahaError) ? abortError(signal.reason) : error;
  } finally {
    release();
  }
}

const isPassing = (error: unknown) => error instanceof SkahaError && error.retryable;
