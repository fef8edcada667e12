import { linkSignals } from '@skaha/base/signals.js';
import type { ClientCore } from '../client/core.js';
import { abortError } from '../client/failures.js';
import { integerIssue, throwIssues } from '../client/options.js';
import { SkahaError } from '../errors/index.js';
import type { PollOptions } from './types.js';

const defaultInterval = 2_000;
const longestInterval = 60_000;
/** Passing failures in a row before polling gives up; each was already retried. */
const maximumFailures = 5;
/** Longest pause that a server may ask for, in milliseconds: five minutes. */
const longestAskedPause = 300_000;

/** The pauses between polls: they grow while polls fail, and are never shorter than asked for. */
export class PollInterval {
  readonly #core: ClientCore;
  readonly #intervalMs: number;
  #failures = 0;
  /** The pause after a poll that succeeded; grows to the interval where it begins shorter. */
  #usualMs: number;
  #pauseMs: number;

  /**
   * @param core - sets the clock
   * @param options - the interval
   * @throws {ValidationError} for an interval out of bounds
   */
  constructor(
    core: ClientCore,
    { intervalMs = defaultInterval, firstMs = intervalMs }: PollOptions,
  ) {
    const bounds = { minimum: 10, maximum: 600_000 };
    throwIssues([
      integerIssue('intervalMs', intervalMs, bounds),
      integerIssue('firstMs', firstMs, bounds),
    ]);
    this.#core = core;
    this.#intervalMs = intervalMs;
    this.#usualMs = Math.min(firstMs, intervalMs);
    this.#pauseMs = this.#usualMs;
  }

  /** A poll succeeded. */
  succeeded(): void {
    this.#failures = 0;
    this.#pauseMs = this.#usualMs;
    this.#usualMs = Math.min(this.#intervalMs, this.#usualMs * 2);
  }

  /**
   * A poll failed.
   *
   * @throws the error, when it will not pass, or not soon enough
   */
  failed(error: unknown): void {
    this.#failures += 1;
    if (!(error instanceof SkahaError) || !error.retryable) throw error;
    const askedMs = error.retryAfterMs ?? 0;
    if (this.#failures > maximumFailures || askedMs > longestAskedPause) throw error;
    const longest = Math.max(longestInterval, this.#intervalMs);
    const grownMs = Math.min(longest, this.#intervalMs * 2 ** this.#failures);
    this.#pauseMs = Math.max(grownMs, askedMs);
    this.#core.announce({ error, pauseMs: this.#pauseMs, attempt: this.#failures });
  }

  /** Waits until the next poll is due. */
  async pause(signal: AbortSignal): Promise<void> {
    await this.#core.settings.clock.sleep(this.#pauseMs, signal);
  }
}

/** Waits until the next poll is due, after the interval or because something is known to have changed. */
export type Pause = (interval: PollInterval, signal: AbortSignal) => Promise<unknown>;

/**
 * Reads again and again. Passing failures lengthen the interval; it is back to normal after the
 * next success.
 *
 * @param core - sets the clock
 * @param options - interval and signal
 * @param read - reads once
 * @param pause - waits between two polls; its signal ends when the sequence is left
 * @returns an endless sequence; leaving it stops the polling
 * @throws {SkahaError} what `read` throws, when it will not pass; `request.aborted`
 */
export async function* poll<T>(
  core: ClientCore,
  options: PollOptions,
  read: (signal: AbortSignal) => Promise<T>,
  pause: Pause = (interval, signal) => interval.pause(signal),
): AsyncGenerator<T, never> {
  const interval = new PollInterval(core, options);
  const left = new AbortController();
  const { signal, release } = linkSignals(options.signal, core.settings.signal, left.signal);
  try {
    for (;;) {
      let value: { seen: T } | undefined;
      try {
        value = { seen: await read(signal) };
        interval.succeeded();
      } catch (error) {
        interval.failed(error);
      }
      if (value !== undefined) yield value.seen;
      await pause(interval, signal);
    }
  } catch (error) {
    throw signal.aborted && !(error instanceof SkahaError) ? abortError(signal.reason) : error;
  } finally {
    left.abort();
    release();
  }
}
