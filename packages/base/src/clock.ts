import { onAbort } from './on-abort.js';

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
      let timer: ReturnType<typeof setTimeout> | undefined;
      const wait = (left: number) => {
        const piece = Math.min(left, longestTimer);
        timer = setTimeout(() => {
          if (left > piece) return wait(left - piece);
          forget();
          resolve();
        }, piece);
      };
      wait(milliseconds);
      // Many may sleep under one signal, for example one for each session that is followed.
      const forget =
        signal === undefined
          ? () => {}
          : onAbort(signal, () => {
              clearTimeout(timer);
              reject(signal.reason);
            });
    }),
};
