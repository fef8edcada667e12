import type { Style } from './output/style.js';

/** The forms in which data is printed. */
export const outputFormats = ['table', 'wide', 'json', 'yaml', 'name'] as const;

/** A form in which data is printed. */
export type OutputFormat = (typeof outputFormats)[number];

/** The world outside a command: streams, terminal, environment. `main` makes it from the process. */
export interface Terminal {
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
  env: Readonly<Record<string, string | undefined>>;
  /** One line from standard input without its line end; undefined at its end. */
  readLine(): Promise<string | undefined>;
  /** All of standard input as text. */
  readAll(): Promise<string>;
  /** Aborted when the user or the system ends the command. */
  signal: AbortSignal;
}

/** What a command's `run` sees: the world, and how the user wants to be answered. */
export interface Io extends Terminal {
  format: OutputFormat;
  /** Colours for standard output. */
  style: Style;
  /** Colours for standard error. */
  errStyle: Style;
  /** Confirmations are answered with yes. */
  assumeYes: boolean;
  /** False when nothing may be asked: `--no-input`, or standard input is no terminal. */
  mayAsk: boolean;
}

/** Whether a format is for programs. */
export const isMachine = (format: OutputFormat): boolean => format === 'json' || format === 'yaml';

/** Writes one line of words to standard error; to programs only errors are told. */
export function note(io: Pick<Io, 'err' | 'format'>, text: string): void {
  if (!isMachine(io.format)) io.err(`${text}\n`);
}
