import { type Io, isForPeople } from '@skaha/terminal/io.js';
import { canRedraw, createScreen } from '@skaha/terminal/output/screen.js';
import { plain, short } from '@skaha/terminal/output/text.js';
import { usageError } from '@skaha/terminal/usage.js';
import type { Deps } from '../deps.js';
import { looks } from '../looks.js';

/** How a list or a document is watched. */
export interface Watch<T> {
  intervalMs: number;
  /** Looks once. */
  read: () => Promise<T>;
  /** What a terminal shows. */
  draw: (value: T) => Promise<string>;
  /** What programs are told, one JSON line for each; nothing when nothing is new. */
  lines: (value: T) => readonly unknown[];
}

/** Whether a terminal shows the whole picture again and again, rather than what is new in lines. */
const drawsInPlace = (io: Io): boolean => io.isTty && isForPeople(io.format);

/**
 * Refuses forms in which nothing can go on for ever.
 *
 * @param option - as typed, for example `--watch`
 * @throws {SkahaError} command.usage
 */
export function checkWatchable(io: Io, option: string): void {
  if (isForPeople(io.format) || io.format === 'json' || io.format === 'jsonl') return;
  const format = io.format === 'name' ? 'ids only' : `-o ${io.format}`;
  throw usageError(
    `${option} and ${format} cannot be used together.`,
    `${option} prints a table on a terminal, and JSON lines with -o jsonl or in a pipe.`,
  );
}

async function redraw<T>(io: Io, deps: Deps, how: Watch<T>): Promise<undefined> {
  const { intervalMs, read, draw } = how;
  const screen = createScreen(io);
  let last = '';
  const show = (text: string) => {
    if (canRedraw(io)) screen.draw(text);
    else if (text !== last) io.out(text);
    last = text;
  };
  const onFailure = (error: Error, pauseMs: number) => {
    const note = `Trying again in ${short(pauseMs / 1000)} s. ${plain(error.message)}`;
    if (canRedraw(io)) screen.draw(`${io.style('yellow', note)}\n${last}`);
    else io.err(`${note}\n`);
  };
  try {
    for await (const value of looks(io, deps, read, { intervalMs, onFailure }))
      show(await draw(value));
  } finally {
    screen.close();
  }
}

/**
 * Looks until the command is cancelled, which rejects: a terminal shows the whole picture again and again,
 * programs and pipes get a line of JSON for whatever is new.
 *
 * @throws {SkahaError} when looking fails for good
 */
export async function watch<T>(io: Io, deps: Deps, options: Watch<T>): Promise<undefined> {
  if (drawsInPlace(io)) return redraw(io, deps, options);
  const { intervalMs, read, lines } = options;
  for await (const value of looks(io, deps, read, { intervalMs }))
    for (const line of lines(value)) io.out(`${JSON.stringify(line)}\n`);
}
