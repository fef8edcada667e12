import type { Clock } from '@skaha/base/clock.js';
import type { TransferOptions, TransferProgress } from './types.js';

/** Between two reports, in milliseconds. */
const pauseMs = 100;

/** Adds up how far a transfer is, and reports it now and then. */
export class Meter {
  readonly #clock: Clock;
  readonly #onProgress: TransferOptions['onProgress'];
  readonly #started: number;
  readonly #current = new Map<string, number>();
  #reportedAt = Number.NEGATIVE_INFINITY;
  #files = 0;
  #bytes = 0;
  filesTotal = 0;
  bytesTotal = 0;

  constructor(clock: Clock, onProgress: TransferOptions['onProgress']) {
    this.#clock = clock;
    this.#onProgress = onProgress;
    this.#started = clock.now();
  }

  get elapsedMs(): number {
    return this.#clock.now() - this.#started;
  }

  /** This many bytes of a file are through; less than before when it had to begin again. */
  moved(path: string, bytes: number): void {
    this.#current.set(path, bytes);
    this.report();
  }

  /** A file needs no more work. */
  ended(path: string, copiedBytes: number | undefined, plannedBytes: number): void {
    this.#current.delete(path);
    this.#files += 1;
    // What is not copied is not waited for either.
    if (copiedBytes === undefined) this.bytesTotal -= plannedBytes;
    else this.#bytes += copiedBytes;
    this.report();
  }

  now(): TransferProgress {
    let bytes = this.#bytes;
    for (const one of this.#current.values()) bytes += one;
    const seconds = this.elapsedMs / 1000;
    const bytesPerSecond = seconds > 0 ? bytes / seconds : 0;
    const left = Math.max(0, this.bytesTotal - bytes);
    const secondsLeft = bytesPerSecond > 0 ? left / bytesPerSecond : undefined;
    const { filesTotal, bytesTotal } = this;
    return { files: this.#files, filesTotal, bytes, bytesTotal, bytesPerSecond, secondsLeft };
  }

  report(isLast = false): void {
    if (this.#onProgress === undefined) return;
    const now = this.#clock.now();
    if (!isLast && now - this.#reportedAt < pauseMs) return;
    this.#reportedAt = now;
    this.#onProgress(this.now());
  }
}
