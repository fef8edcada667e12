import type { Clock } from './clock.js';

/** The longest single pause. A machine that slept, or whose time was set, notices within it. */
const longestPauseMs = 60_000;

/** Wakes its owner once at a set time; setting it again replaces the time. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #at = Number.POSITIVE_INFINITY;
  #waiting: AbortController | undefined;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings at `at` (milliseconds since the epoch); infinity never rings. */
  set(at: number): void {
    if (at === this.#at && this.#waiting !== undefined) return;
    this.clear();
    this.#at = at;
    if (at === Number.POSITIVE_INFINITY) return;
    const waiting = new AbortController();
    this.#waiting = waiting;
    void this.#wait(at, waiting);
  }

  clear(): void {
    this.#waiting?.abort();
    this.#waiting = undefined;
    this.#at = Number.POSITIVE_INFINITY;
  }

  async #wait(at: number, waiting: AbortController): Promise<void> {
    try {
      // Never rings inside `set`, even when the time has passed already.
      await Promise.resolve();
      for (let left = at - this.#clock.now(); left > 0; left = at - this.#clock.now()) {
        await this.#clock.sleep(Math.min(left, longestPauseMs), waiting.signal);
      }
    } catch {
      return;
    }
    if (waiting.signal.aborted) return;
    this.#waiting = undefined;
    this.#at = Number.POSITIVE_INFINITY;
    this.#ring();
  }
}
