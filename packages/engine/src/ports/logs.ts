import type { Readable } from 'node:stream';

/** The part of a log that is wanted, in bytes from its beginning. */
export interface LogRange {
  readonly start: number;
  /** The first byte that is not wanted; up to the end by default. */
  readonly end?: number | undefined;
}

/** What a run has written so far: its output and its errors, in the order of writing. */
export interface RunLog {
  /** Bytes; undefined where that shows only when all of it was read. */
  readonly size: number | undefined;
  /**
   * Reads it. Nothing is opened before; a caller that stops reading destroys the stream.
   *
   * @param range - the part that is wanted; all of it by default
   */
  stream(range?: LogRange): Readable;
}

/** What sessions write, for as long as the session is kept, also when what ran it is gone. */
export interface Logs {
  /**
   * The log of a run; an empty one where there is none.
   *
   * @param key - of the run
   */
  logs(key: string): Promise<RunLog>;
}
