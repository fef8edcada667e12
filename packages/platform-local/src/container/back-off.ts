import type { Clock } from '@skaha/base/clock.js';

const firstMs = 10_000;
const longestMs = 300_000;

/**
 * Waits before the next attempt: 10 seconds at first, each time twice as long, 5 minutes at most,
 * as a cluster does.
 *
 * @param attempt - how many failed before the last one
 */
export async function backOff(clock: Clock, attempt: number, signal: AbortSignal): Promise<void> {
  await clock.sleep(Math.min(longestMs, firstMs * 2 ** Math.min(attempt, 10)), signal);
}
