import { setTimeout as pause } from 'node:timers/promises';
import { linkSignals } from '@skaha/base/signals.js';

/**
 * Waits for something, but not for ever. The time is that of this machine: a process takes its own
 * time, whatever clock the platform goes by.
 *
 * @param signal - ends the wait
 */
export async function waitAtMost(
  milliseconds: number,
  work: Promise<unknown>,
  signal?: AbortSignal,
): Promise<void> {
  const done = new AbortController();
  const stop = linkSignals(done.signal, signal);
  const limit = pause(milliseconds, undefined, { signal: stop.signal }).catch(() => undefined);
  try {
    await Promise.race([work, limit]);
  } finally {
    done.abort();
    stop.release();
  }
}
