import type { Clock } from '@skaha/base/clock.js';

/** How the file system is asked. */
export interface DiskCallLimits {
  readonly clock: Clock;
  /** Questions that are open at the same time; more wait. */
  readonly atOnce: number;
  /** How long one may take, its waiting included, in milliseconds. */
  readonly patienceMs: number;
}

/** The error of a step that took too long, named as the system names such errors. */
const silent = () =>
  Object.assign(new Error('the disk does not answer'), { code: 'ETIMEDOUT' as const });

/** How one question is handled. */
export interface DiskCallOptions<Found> {
  /** Given what came when nobody waited for it any more. */
  late?(found: Found): void;
  /** How long it may take. @defaultValue that of all */
  readonly patienceMs?: number;
}

interface Waiting {
  readonly deadline: number;
  /** Ends the caller's wait. */
  fail(): void;
  /** Asks, once there is a place; undefined when it was asked. */
  begin: (() => void) | undefined;
}

/**
 * Questions to a file system, a bounded number at a time and each for a bounded time. Node asks in few
 * threads: a network disk that hangs would hold all of them, and with them everything else that the
 * platform reads and writes. So some threads stay free, and callers that wait get an error.
 */
export class DiskCalls {
  readonly #limits: DiskCallLimits;
  /** All that are waited for. */
  readonly #all = new Set<Waiting>();
  readonly #queue: Waiting[] = [];
  #open = 0;
  #isWatching = false;

  constructor(limits: DiskCallLimits) {
    this.#limits = limits;
  }

  /**
   * Asks something.
   *
   * @param ask - begins it; what does not come back keeps its place
   * @param handling - what is different with this one
   * @throws an error with the code `ETIMEDOUT` when it takes too long
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

  /** Begun once for many: most steps are over long before it looks. */
  async #watch(): Promise<void> {
    if (this.#isWatching) return;
    this.#isWatching = true;
    const { clock, patienceMs } = this.#limits;
    while (this.#all.size > 0) {
      const next = Math.min(...[...this.#all].map(({ deadline }) => deadline));
      // Those that come meanwhile may have less patience.
      await clock.sleep(Math.min(next - clock.now(), patienceMs));
      for (const waiting of this.#all) if (waiting.deadline <= clock.now()) waiting.fail();
    }
    this.#isWatching = false;
  }
}
