import type { OutputFormat } from './output/formats.js';
import type { OutputRequest } from './output/request.js';
import type { Style } from './output/style.js';
import { reflow } from './output/text.js';

/** The world outside a command: streams, terminal, environment. `main` makes it from the process. */
export interface Terminal {
  /** Name of the program, as it is typed. */
  program: string;
  /** Writes data to standard output; bytes go through unchanged. */
  out(chunk: string | Uint8Array): void;
  /** Writes words about the data to standard error. */
  err(text: string): void;
  /** Whether standard output is a terminal. */
  isTty: boolean;
  errIsTty: boolean;
  inIsTty: boolean;
  /** Width of the terminal in characters. */
  columns: number;
  /** Height of the terminal in lines; undefined where there is none. */
  rows?: number | undefined;
  env: Readonly<Record<string, string | undefined>>;
  /**
   * One line from standard input without its line end; undefined at its end. Rejects when the
   * signal aborts, unless it is asked for `afterwards`.
   */
  readLine(options?: { afterwards: boolean }): Promise<string | undefined>;
  /** All of standard input as it is, read as it is needed; `readAll` where it is missing. */
  readBytes?: (() => AsyncIterable<Uint8Array>) | undefined;
  /** Resolves when standard output has taken what was written; at once where it is missing. */
  drained?: (() => Promise<void>) | undefined;
  /** All of standard input as text. */
  readAll(): Promise<string>;
  /** Aborted when the user or the system ends the command. */
  signal: AbortSignal;
}

/** Shows text a screen at a time; false when that cannot be done. */
export type Pager = (text: string | Uint8Array) => Promise<boolean>;

/** What a command's `run` sees: the world, and how the user wants to be answered. */
export interface Io extends Terminal {
  /** Writes what moves the cursor, where `out` keeps that from a terminal. */
  steer?: ((sequence: string) => void) | undefined;
  /** The same for `err`. */
  steerError?: ((sequence: string) => void) | undefined;
  format: OutputFormat;
  /** Which of the data, and in which order; all of it as it comes when left out. */
  output?: OutputRequest | undefined;
  /** Shows what is longer than the screen; undefined where nothing may be paged. */
  page?: Pager | undefined;
  /** Shows at a terminal which server is asked; does so once. */
  announce?: (() => void) | undefined;
  /** Colours for standard output. */
  style: Style;
  /** Colours for standard error. */
  errStyle: Style;
  /** Confirmations are answered with yes. */
  assumeYes: boolean;
  /** False when nothing may be asked: `--no-input`, or standard input is no terminal. */
  mayAsk: boolean;
}

/** Whether a format is for programs, which get errors in the same form. */
export const isMachine = (format: OutputFormat): boolean =>
  format === 'json' || format === 'yaml' || format === 'jsonl';

/** Whether a format is for people to look at. */
export const isForPeople = (format: OutputFormat): boolean =>
  format === 'table' || format === 'wide' || format === 'columns';

/** Where words for people go, and how much room there is. */
export type WordsIo = Pick<Terminal, 'err'> &
  Partial<Pick<Terminal, 'columns' | 'errIsTty' | 'program'>>;

/** Words for people as they fit the terminal on standard error; elsewhere as they are. */
export const fitted = (
  { errIsTty, columns, program = '' }: Omit<WordsIo, 'err'>,
  text: string,
): string => (errIsTty === true && columns !== undefined ? reflow(text, columns, program) : text);

/** Writes words to standard error, broken into lines between words. */
export const say = (io: WordsIo, text: string): void => io.err(`${fitted(io, text)}\n`);

/** Writes words to standard error; programs get only errors. */
export function note(io: WordsIo & Pick<Io, 'format'>, text: string): void {
  if (!isMachine(io.format)) say(io, text);
}
