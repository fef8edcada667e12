import type { Readable } from 'node:stream';

/** The requested part of a log, in bytes from its beginning. */
export interface LogRange {
  readonly start: number;
  /** The end of the part, exclusive; by default the end of the log. */
  readonly end?: number | undefined;
}

/** What a run has written so far to its output and error streams, in this order. */
export interface RunLog {
  /** Size in bytes; undefined if that is only known after reading everything. */
  readonly size: number | undefined;
  /**
   * Reads the log. Nothing is opened before; a caller that stops reading destroys the stream.
   *
   * @param range - the part to read; everything by default
   */
  stream(range?: LogRange): Readable;
}

/** The logs of sessions, available for as long as the sessions are stored. */
export interface Logs {
  /**
   * The log of a run; empty if there is none.
   *
   * @param key - of the run
   */
  logs(key: string): Promise<RunLog>;
}
