import { type Io, isForPeople } from '@skaha/terminal/io.js';
import { canRedraw, createScreen } from '@skaha/terminal/output/screen.js';
import { plain, short } from '@skaha/terminal/output/text.js';
import { usageError } from '@skaha/terminal/usage.js';
import { isSkahaError } from 'skaha';
import type { Deps } from '../deps.js';

const longestPause = 60_000;
/** Passing failures in a row before looking ends; each was already retried. */
const patience = 5;
/** Longest pause that a server may ask for, in milliseconds. */
const longestAskedPause = 300_000;

/** How to look again and again. */
export interface LooksOptions {
  intervalMs: number;
  /** Told about a failure that will pass, and how long it will be until the next look. */
  onFailure?: ((error: Error, pauseMs: number) => void) | undefined;
}

/**
 * Looks again and again, until the loop is left or the command is cancelled. While the server is
 * busy or away (HTTP 429, 503 and the like) the pauses grow.
 *
 * @throws {SkahaError} what `read` throws, when it will not pass
 */
export async function* looks<T>(
  io: Pick<Io, 'signal'>,
  { clock }: Pick<Deps, 'clock'>,
  read: () => Promise<T>,
  { intervalMs, onFailure }: LooksOptions,
): AsyncGenerator<T, never> {
  let failures = 0;
  for (;;) {
    let failure: Error | undefined;
    let askedMs = 0;
    try {
      const value = await read();
      failures = 0;
      yield value;
    } catch (error) {
      io.signal.throwIfAborted();
      if (!isSkahaError(error) || !error.retryable || failures >= patience) throw error;
      askedMs = error.retryAfterMs ?? 0;
      if (askedMs > longestAskedPause) throw error;
      failures += 1;
      failure = error;
    }
    const grown = Math.min(Math.max(longestPause, intervalMs), intervalMs * 2 ** failures);
    const pause = Math.max(grown, askedMs);
    if (failure !== undefined) onFailure?.(failure, pause);
    await clock.sleep(pause, io.signal);
  }
}

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
