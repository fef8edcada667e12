import type { Clock } from './clock.js';
import { onAbort } from './on-abort.js';

/** A signal made from others, and the way to let go of them. */
export interface LinkedSignal {
  signal: AbortSignal;
  /** Stops listening to the sources; without it they would keep this signal alive. */
  release(): void;
}

/**
 * One signal that aborts with the reason of whichever source aborts first.
 * `AbortSignal.any` does the same, but holds on to long-lived sources on Node 20.
 *
 * @param sources - undefined entries are passed over
 */
export function linkSignals(...sources: (AbortSignal | undefined)[]): LinkedSignal {
  const controller = new AbortController();
  const undo: (() => void)[] = [];
  for (const source of sources) {
    if (source === undefined) continue;
    if (source.aborted) {
      controller.abort(source.reason);
      break;
    }
    undo.push(onAbort(source, () => controller.abort(source.reason)));
  }
  return {
    signal: controller.signal,
    release: () => {
      for (const stop of undo) stop();
    },
  };
}

/** The reason a deadline aborts with. */
export class DeadlineReached extends Error {
  override readonly name = 'DeadlineReached';
}

/**
 * Runs something under a signal that aborts with {@link DeadlineReached} when time is up.
 *
 * @param clock - measures the time
 * @param milliseconds - how long the work may take
 * @param signal - the caller's own signal
 * @param work - must reject when its signal aborts
 */
export async function withDeadline<T>(
  clock: Clock,
  milliseconds: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limited = new AbortController();
  const done = new AbortController();
  if (signal?.aborted) limited.abort(signal.reason);
  const stop =
    signal === undefined || signal.aborted
      ? undefined
      : onAbort(signal, () => limited.abort(signal.reason));
  clock.sleep(milliseconds, done.signal).then(
    () => limited.abort(new DeadlineReached('The time is up.')),
    () => {},
  );
  try {
    return await work(limited.signal);
  } finally {
    done.abort(inTime);
    stop?.();
  }
}

/** Rejects with the reason of a signal as soon as it aborts, whatever the work does about it. */
export async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = onAbort(signal, () => reject(signal.reason));
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    stop();
  }
}

/** Longest time for one reply, in milliseconds, however steadily it comes: a day. */
const longestReply = 86_400_000;

/**
 * A signal that aborts with {@link DeadlineReached} once nothing was heard for some time. Whoever
 * listens says so with `heard`, and must `end` the watch.
 */
export class SilenceWatch {
  readonly signal: AbortSignal;
  readonly #clock: Clock;
  readonly #milliseconds: number;
  readonly #limited = new AbortController();
  readonly #done = new AbortController();
  readonly #last: number;
  readonly #stop: (() => void) | undefined;
  #until: number;

  /**
   * @param clock - measures the time
   * @param milliseconds - how long the silence may last
   * @param source - the caller's own signal
   * @param longest - for the whole, in milliseconds, however steadily it comes
   */
  constructor(clock: Clock, milliseconds: number, source: AbortSignal, longest = longestReply) {
    this.#clock = clock;
    this.#milliseconds = milliseconds;
    this.signal = this.#limited.signal;
    this.#last = clock.now() + longest;
    this.#until = clock.now() + milliseconds;
    if (source.aborted) this.#limited.abort(source.reason);
    else this.#stop = onAbort(source, () => this.#limited.abort(source.reason));
    void this.#watch();
  }

  /** Something came: the silence begins again. */
  heard(): void {
    this.#until = Math.min(this.#last, this.#clock.now() + this.#milliseconds);
  }

  /** Nobody listens for a while: that is not the other side's silence. */
  pause(): void {
    this.#until = this.#last;
  }

  end(): void {
    this.#done.abort(inTime);
    this.#stop?.();
  }

  async #watch(): Promise<void> {
    try {
      let left = this.#milliseconds;
      while (left > 0) {
        await this.#clock.sleep(Math.min(left, this.#milliseconds), this.#done.signal);
        left = this.#until - this.#clock.now();
      }
      this.#limited.abort(new DeadlineReached('The time is up.'));
    } catch {
      // Ended in time.
    }
  }
}

/** A reason that nobody sees; without one, each would be an error of its own with its stack. */
const inTime = 'in time';

/**
 * A signal that follows another one late, so that what is under way gets a chance to end well.
 *
 * @param clock - measures the time
 * @param milliseconds - how long after the source it aborts
 * @param source - the caller's signal
 */
export function delayedSignal(
  clock: Clock,
  milliseconds: number,
  source: AbortSignal | undefined,
): LinkedSignal {
  const controller = new AbortController();
  const released = new AbortController();
  const start = () => {
    clock.sleep(milliseconds, released.signal).then(
      () => controller.abort(source?.reason),
      () => {},
    );
  };
  if (source?.aborted) start();
  const stop = source === undefined || source.aborted ? () => {} : onAbort(source, start);
  return {
    signal: controller.signal,
    release: () => {
      stop();
      released.abort();
    },
  };
}
