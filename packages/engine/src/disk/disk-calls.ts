import type { Clock } from '@skaha/base/clock.js';

/** Limits for calls to the file system. */
export interface DiskCallLimits {
  readonly clock: Clock;
  /** How many calls may run at the same time; the others wait. */
  readonly atOnce: number;
  /** How long a call may take, including its wait, in milliseconds. */
  readonly patienceMs: number;
}

/** The error of a call that took too long, with the code that the system uses for this. */
const silent = () =>
  Object.assign(new Error('the disk does not answer'), { code: 'ETIMEDOUT' as const });

/** Options of one call. */
export interface DiskCallOptions<Found> {
  /** Receives a result that came after the time limit, for example to close a handle. */
  late?(found: Found): void;
  /** How long this call may take. @defaultValue the limit of all calls */
  readonly patienceMs?: number;
}

interface Waiting {
  readonly deadline: number;
  /** Rejects the caller's promise. */
  fail(): void;
  /** Starts the call; undefined once it has been started. */
  begin: (() => void) | undefined;
}

/**
 * Limits how many calls to a file system run at the same time, and how long each may take. Node has
 * few threads for them: a network disk that hangs would occupy all of them and block everything
 * else that the platform reads and writes. So some threads stay free, and callers get an error.
 */
export class DiskCalls {
  readonly #limits: DiskCallLimits;
  /** All calls that have neither finished nor timed out. */
  readonly #all = new Set<Waiting>();
  readonly #queue: Waiting[] = [];
  #open = 0;
  #isWatching = false;

  constructor(limits: DiskCallLimits) {
    this.#limits = limits;
  }

  /**
   * Runs a call.
   *
   * @param ask - starts the call; one that never returns keeps its slot
   * @param handling - options of this call
   * @throws an error with the code `ETIMEDOUT` if it takes too long
   */
  async run<Found>(
    ask: () => Promise<Found>,
    handling: DiskCallOptions<Found> = {},
  ): Promise<Found> {
    const { late, patienceMs = this.#limits.patienceMs } = handling;
    return await new Promise<Found>((resolve, reject) => {
      const waiting: Waiting = {
        deadline: this.#limits.clock.now() + patienceMs,
        fail: () => {
          this.#all.delete(waiting);
          reject(silent());
        },
        begin: () => {
          waiting.begin = undefined;
          this.#open += 1;
          ask()
            .then(
              (found) => {
                if (this.#all.delete(waiting)) resolve(found);
                else late?.(found);
              },
              (error: unknown) => {
                this.#all.delete(waiting);
                reject(error);
              },
            )
            .finally(() => {
              this.#open -= 1;
              this.#next();
            });
        },
      };
      this.#all.add(waiting);
      this.#queue.push(waiting);
      void this.#watch();
      this.#next();
    });
  }

  #next(): void {
    while (this.#open < this.#limits.atOnce) {
      const waiting = this.#queue.shift();
      if (waiting === undefined) return;
      if (this.#all.has(waiting)) waiting.begin?.();
    }
  }

  /** One timer for all calls: most finish long before it fires. */
  async #watch(): Promise<void> {
    if (this.#isWatching) return;
    this.#isWatching = true;
    const { clock, patienceMs } = this.#limits;
    while (this.#all.size > 0) {
      const next = Math.min(...[...this.#all].map(({ deadline }) => deadline));
      // Calls that are added meanwhile may have a shorter limit.
      await clock.sleep(Math.min(next - clock.now(), patienceMs));
      for (const waiting of this.#all) if (waiting.deadline <= clock.now()) waiting.fail();
    }
    this.#isWatching = false;
  }
}
