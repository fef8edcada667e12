import type { Clock } from '../clock.js';

const windowMs = 60_000;

/** Allows a number of failures a minute. */
export class AttemptLimit {
  readonly #allowed: number;
  readonly #clock: Clock;
  #failures: number[] = [];

  constructor(allowed: number, clock: Clock) {
    this.#allowed = allowed;
    this.#clock = clock;
  }

  /** True when no further attempt is allowed for now. */
  get exhausted(): boolean {
    const since = this.#clock.now() - windowMs;
    this.#failures = this.#failures.filter((time) => time > since);
    return this.#failures.length >= this.#allowed;
  }

  /** Counts a failed attempt. */
  fail(): void {
    this.#failures.push(this.#clock.now());
  }
}
