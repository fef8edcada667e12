import type { Clock } from '@skaha/base/clock.js';
import { type Io, isForPeople } from '../io.js';
import { usageError } from '../usage.js';
import { canRedraw, createScreen } from './screen.js';
import { plain, short } from './text.js';

const longestPause = 60_000;
/** Passing failures in a row before looking ends; each was already retried. */
const patience = 5;
/** Longest pause that a server may ask for, in milliseconds. */
const longestAskedPause = 300_000;

/** What measures the pauses. */
type WatchClock = { clock: Pick<Clock, 'sleep'> };

/** How to look again and again. */
interface LooksOptions {
  intervalMs: number;
  /** Called with a failure that will pass, and how long it will be until the next look. */
  onFailure?: ((error: Error, pauseMs: number) => void) | undefined;
}

/** A failure that says itself that the same may succeed later. */
interface PassingFailure extends Error {
  retryable: true;
  /** How long a server asks to wait, in milliseconds. */
  retryAfterMs?: number | undefined;
}

const isPassing = (error: unknown): error is PassingFailure =>
  error instanceof Error && 'retryable' in error && error.retryable === true;

/**
 * Looks again and again, until the loop is left or the command is cancelled. While the server is
 * busy or away (HTTP 429, 503 and the like) the pauses grow.
 *
 * @throws what `read` throws, when it will not pass
 */
export async function* looks<T>(
  io: Pick<Io, 'signal'>,
  { clock }: WatchClock,
  read: () => Promise<T>,
  { intervalMs, onFailure }: LooksOptions,
): AsyncGenerator<T, never> {
  let failures = 0;
  for (;;) {
    let pause = intervalMs;
    try {
      const value = await read();
      failures = 0;
      yield value;
    } catch (error) {
      io.signal.throwIfAborted();
      if (!isPassing(error) || failures >= patience) throw error;
      const askedMs = error.retryAfterMs ?? 0;
      if (askedMs > longestAskedPause) throw error;
      failures += 1;
      const grown = Math.min(Math.max(longestPause, intervalMs), intervalMs * 2 ** failures);
      pause = Math.max(grown, askedMs);
      onFailure?.(error, pause);
    }
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
  /** What programs get, one JSON line for each; nothing when nothing is new. */
  lines: (value: T) => readonly unknown[];
}

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

async function redraw<T>(
  io: Io,
  clock: WatchClock,
  { intervalMs, read, draw }: Watch<T>,
): Promise<undefined> {
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
    for await (const value of looks(io, clock, read, { intervalMs, onFailure }))
      show(await draw(value));
  } finally {
    screen.close();
  }
}

/**
 * Looks until the command is cancelled, which rejects: a terminal shows the whole picture again and again,
 * programs and pipes get a line of JSON for whatever is new.
 *
 * @throws what `read` throws, when looking fails for good
 */
export async function watch<T>(io: Io, clock: WatchClock, options: Watch<T>): Promise<undefined> {
  if (io.isTty && isForPeople(io.format)) return redraw(io, clock, options);
  const { intervalMs, read, lines } = options;
  for await (const value of looks(io, clock, read, { intervalMs }))
    for (const line of lines(value)) io.out(`${JSON.stringify(line)}\n`);
}
