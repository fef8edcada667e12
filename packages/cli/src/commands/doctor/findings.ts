import { DeadlineReached, withDeadline } from '@skaha/base/signals.js';
import type { Io } from '@skaha/terminal/io.js';
import type { SkahaError } from 'skaha';
import type { Deps } from '../../deps.js';
import { toSkahaError } from '../../output/report.js';

export type Health = 'ok' | 'warn' | 'fail';

/** What one check found out; the names of its fields are a promise. */
export interface Finding {
  check: string;
  status: Health;
  message: string;
  hint: string | null;
}

/** What a check says; its name is added. */
export type Verdict = Omit<Finding, 'check'>;

export const ok = (message: string): Verdict => ({ status: 'ok', message, hint: null });
export const warn = (message: string, hint: string): Verdict => ({ status: 'warn', message, hint });
export const fail = (message: string, hint: string): Verdict => ({ status: 'fail', message, hint });

export const failed = ({ message, hint }: SkahaError): Verdict => ({
  status: 'fail',
  message,
  hint: hint ?? null,
});

const usualTimeLimitMs = 10_000;

/** How long one check may take, in milliseconds. */
export const timeLimitOf = ({ globals }: Pick<Deps, 'globals'>): number =>
  globals.timeoutMs ?? usualTimeLimitMs;

/**
 * Makes one check, within bounds. Whatever it meets becomes its verdict.
 *
 * @param work - gets a signal that also aborts when time is up
 * @throws the reason of `io.signal` when that aborts
 */
export async function examine(
  check: string,
  io: Pick<Io, 'signal'>,
  deps: Pick<Deps, 'clock' | 'globals'>,
  work: (signal: AbortSignal) => Promise<Verdict>,
): Promise<Finding> {
  const limit = timeLimitOf(deps);
  try {
    const verdict = await withDeadline(deps.clock, limit, io.signal, (signal) =>
      // Not everything that is waited for can be stopped; it is then left to itself.
      Promise.race([work(signal), rejection(signal)]),
    );
    return { check, ...verdict };
  } catch (error) {
    io.signal.throwIfAborted();
    if (error instanceof DeadlineReached) {
      const message = `There was no answer within ${limit / 1000} seconds.`;
      return { check, ...fail(message, 'Check the network, or allow more time with --timeout.') };
    }
    return { check, ...failed(toSkahaError(error)) };
  }
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
