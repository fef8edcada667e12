/** The one place that time comes from; tests drive their own. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /**
   * Resolves after a pause, or rejects with the signal's reason as soon as it aborts.
   * @param milliseconds - how long; 0 or less resolves on the next turn
   */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** A timer that is set to more than this fires at once, in milliseconds; it is about 25 days. */
const longestTimer = 2 ** 31 - 1;

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const timer = setTimeout(
        () => {
          signal?.removeEventListener('abort', stop);
          resolve();
        },
        Math.min(milliseconds, longestTimer),
      );
      const stop = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', stop, { once: true });
    }),
};
