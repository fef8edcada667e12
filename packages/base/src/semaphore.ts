import { onAbort } from './on-abort.js';

interface Waiter {
  grant(): void;
}

/** Lets at most a fixed number of holders in at once; the others queue in order of arrival. */
export class Semaphore {
  #free: number;
  readonly #queue: Waiter[] = [];

  /** @param size - how many may hold it at once; at least 1 */
  constructor(size: number) {
    this.#free = size;
  }

  /**
   * Runs work while holding one place.
   *
   * @param signal - leaves the queue with its reason; a running work must watch it itself
   * @param work - runs when a place is free
   */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#acquire(signal);
    try {
      return await work();
    } finally {
      this.#release();
    }
  }

  #acquire(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const stop = onAbort(signal, () => {
        this.#queue.splice(this.#queue.indexOf(waiter), 1);
        reject(signal.reason);
      });
      const waiter: Waiter = {
        grant: () => {
          stop();
          resolve();
        },
      };
      this.#queue.push(waiter);
    });
  }

  #release(): void {
    const next = this.#queue.shift();
    if (next === undefined) this.#free += 1;
    else next.grant();
  }
}
