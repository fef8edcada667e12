import { type Io, note } from '@skaha/terminal/io.js';
import { forTerminal, TerminalText } from '@skaha/terminal/output/terminal-text.js';
import { plain } from '@skaha/terminal/output/text.js';
import { onlyOne, usageError } from '@skaha/terminal/usage.js';
import { isSkahaError, type SessionLog, type SkahaClient, unfinishedBytes } from 'skaha';
import type { OptionsOf, Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { type Outcome, throwIfFailed } from '../../output/outcome.js';
import { attempt, followEach } from './attempt.js';
import type { logsCommand } from './definitions.js';
import { chooseSessions, type Selection } from './select.js';

const [newline, carriageReturn] = [0x0a, 0x0d];

/**
 * Prints what sessions write: bytes as they are, but text and its style only where a terminal
 * shows them. A line that comes in pieces gets one prefix only, unless another session wrote in
 * between.
 */
export class LineWriter {
  readonly #io: Pick<Io, 'out' | 'isTty'>;
  readonly #filters = new Map<string, TerminalText>();
  /** Whose line was begun and not ended. */
  #open: string | undefined;

  constructor(io: Pick<Io, 'out' | 'isTty'>) {
    this.#io = io;
  }

  /**
   * @param prefix - empty to print it as it is
   * @param text - each byte as one character
   */
  write(id: string, prefix: string, text: string): void {
    const bytes = this.#shown(id, text);
    if (bytes.length === 0) return;
    if (prefix === '') {
      this.#io.out(bytes);
      return;
    }
    const goesOn = this.#open === id;
    const cut = this.#open !== undefined && !goesOn ? newline : undefined;
    const lines = prefixed(bytes, prefix, goesOn);
    const isOpen = bytes.at(-1) !== newline && bytes.at(-1) !== carriageReturn;
    this.#open = isOpen ? id : undefined;
    // Where lines of several logs meet, each ends in the style it began in.
    const style = isOpen ? '' : (this.#filters.get(id)?.end() ?? '');
    this.#io.out(
      Buffer.concat([Buffer.from(cut === undefined ? [] : [cut]), lines, Buffer.from(style)]),
    );
  }

  /** Ends the line that a session left open behind a prefix, and its style. */
  end(id: string): void {
    const rest = this.#filters.get(id)?.end() ?? '';
    if (rest !== '') this.#io.out(rest);
    if (this.#open !== id) return;
    this.#open = undefined;
    this.#io.out('\n');
  }

  #shown(id: string, text: string): Uint8Array {
    const bytes = Buffer.from(text, 'latin1');
    if (!this.#io.isTty) return bytes;
    const filter = this.#filters.get(id) ?? new TerminalText('style');
    this.#filters.set(id, filter);
    return Buffer.from(filter.push(bytes));
  }
}

/** Where the last `count` lines begin; line ends are counted, so text and bytes stay untouched. */
export function tailStart(bytes: Uint8Array, count: number): number {
  if (count === 0) return bytes.length;
  let seen = 0;
  for (let index = bytes.length - 2; index >= 0; index -= 1) {
    if (bytes[index] !== newline) continue;
    seen += 1;
    if (seen === count) return index + 1;
  }
  return 0;
}

/**
 * Puts a text before each line; bytes that are no text stay as they are.
 *
 * @param prefix - when empty, nothing is changed
 * @param goesOn - whether the first bytes are the rest of a line that has its prefix
 */
function prefixed(bytes: Uint8Array, prefix: string, goesOn: boolean): Buffer {
  const head = Buffer.from(prefix);
  const parts: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(newline, start);
    const next = end < 0 ? bytes.length : end + 1;
    if (start > 0 || !goesOn) parts.push(head);
    parts.push(bytes.subarray(start, next));
    start = next;
  }
  return Buffer.concat(parts);
}

/**
 * A whole log with a text before each line.
 *
 * @param prefix - when empty, nothing is changed
 * @returns the last line ends in a line end where there is a prefix
 */
export function withPrefix(bytes: Uint8Array, prefix: string): Uint8Array {
  if (prefix === '' || bytes.length === 0) return bytes;
  const lines = prefixed(bytes, prefix, false);
  return bytes.at(-1) === newline ? lines : Buffer.concat([lines, Buffer.of(newline)]);
}

export type LogsOptions = OptionsOf<typeof logsCommand>;

/** What tells sessions from each other, by id; shown with their names. */
type Labels = ReadonlyMap<string, string>;

type Prefix = (id: string) => string;

/** What stands before each line; empty when lines are printed as they are. */
function prefixer(deps: Deps, selection: Selection, options: LogsOptions, labels: Labels): Prefix {
  const isNamed = options.prefix || selection.ids.length > 1;
  return (id) => {
    const name = selection.known.get(id)?.name;
    const time = options.timestamps ? `${new Date(deps.now()).toISOString()} ` : '';
    const label = labels.get(id) ?? '';
    const who = `${name === undefined ? id : `${plain(name)}/${id}`}${label && ` ${label}`}`;
    return `${time}${isNamed ? `${who} │ ` : ''}`;
  };
}

/** @throws {SkahaError} command.usage for options that contradict each other */
function checkOptions({ follow, tail, new: onlyNew, sinceStart }: LogsOptions): void {
  if (onlyNew && !follow)
    throw usageError('--new needs --follow.', 'Without it there is nothing new to wait for.');
  onlyOne(
    { '--new': onlyNew, '--since-start': sinceStart, '--tail': tail !== undefined },
    'Give only one of them.',
  );
}

interface Work {
  client: SkahaClient;
  selection: Selection;
  prefix: Prefix;
  options: LogsOptions;
}

/** The log of one session as it comes: it may be longer than any text can be. */
async function pourOne(io: Io, { client, selection, prefix }: Work): Promise<Outcome<string>> {
  return await attempt(selection, async (ids) => {
    for (const id of ids) {
      const lines = linesOf(io, prefix(id));
      const length = await client.sessions.streamLog(id, lines.write, { signal: io.signal });
      lines.end();
      if (length === 0) note(io, `The log of session ${id} is empty.`);
    }
    return ids;
  });
}

/** Writes bytes as they are, with a text before each line. */
function linesOf(io: Io, head: string) {
  let isStart = true;
  return {
    write: async (piece: Uint8Array) => {
      if (head === '' || piece.length === 0) io.out(piece);
      else {
        const isWhole = piece.at(-1) === newline;
        const text = withPrefix(piece, head);
        // Nothing stands before the rest of a line, and nothing ends a line that goes on.
        io.out(text.subarray(isStart ? 0 : Buffer.byteLength(head), isWhole ? undefined : -1));
        isStart = isWhole;
      }
      await io.drained?.();
    },
    end: () => {
      if (!isStart && head !== '') io.out('\n');
    },
  };
}

async function printOnce(io: Io, work: Work): Promise<Outcome<unknown>> {
  const { client, selection, prefix, options } = work;
  if (!io.isTty && selection.ids.length === 1 && options.tail === undefined) {
    return await pourOne(io, work);
  }
  const outcome = await attempt(selection, (ids) =>
    client.sessions.logs(ids, { signal: io.signal }),
  ).catch((error: unknown): Outcome<SessionLog> => {
    const [item] = selection.ids;
    if (item === undefined || !isSkahaError(error) || unfinishedBytes(error) === undefined)
      throw error;
    return { done: [], failed: [{ index: 0, item, error }] };
  });
  const part = (id: string, bytes: Uint8Array): Uint8Array => {
    const start = options.tail === undefined ? 0 : tailStart(bytes, options.tail);
    return withPrefix(bytes.subarray(start), prefix(id));
  };
  const parts: Uint8Array[] = [];
  for (const { id, bytes } of outcome.done) {
    if (bytes.length === 0) note(io, `The log of session ${id} is empty.`);
    parts.push(part(id, bytes));
  }
  // What came of a log that broke off is shown; the error that follows says that it is not all.
  for (const { item, error } of outcome.failed) {
    const bytes = unfinishedBytes(error);
    if (bytes !== undefined) parts.push(part(item, bytes));
  }
  await print(io, parts);
  return outcome;
}

/** Bytes as they are; but a terminal gets text and its style only. */
async function print(io: Io, parts: readonly Uint8Array[]): Promise<void> {
  if (!io.isTty) {
    for (const part of parts) io.out(part);
    return;
  }
  const text = parts.map((part) => forTerminal(part, 'style')).join('');
  if (io.page === undefined || !(await io.page(text))) io.out(text);
}

async function followOne(
  io: Io,
  id: string,
  { client, prefix, options }: Work,
  writer: LineWriter,
): Promise<void> {
  const { interval: intervalMs, tail, new: onlyNew } = options;
  const how = { intervalMs, tail, onlyNew, encoding: 'latin1', signal: io.signal } as const;
  if (!io.isTty && prefix(id) === '') {
    for await (const piece of client.sessions.followBytes(id, how)) {
      io.out(piece);
      await io.drained?.();
    }
    return;
  }
  try {
    for await (const line of client.sessions.follow(id, how)) {
      writer.write(id, prefix(id), line);
      await io.drained?.();
    }
  } finally {
    writer.end(id);
  }
}

function followAll(io: Io, work: Work): Promise<Outcome<string>> {
  const writer = new LineWriter(io);
  return followEach(io, work.selection, (id) => followOne(io, id, work, writer));
}

export const runLogs: Run<typeof logsCommand> = async (io, deps, options) => {
  await printLogs(io, deps, options, new Map());
};

export async function printLogs(
  io: Io,
  deps: Deps,
  options: LogsOptions,
  labels: Labels,
): Promise<void> {
  checkOptions(options);
  const client = await deps.client();
  const selection = await chooseSessions(io, deps, 'logs', options);
  const prefix = prefixer(deps, selection, options, labels);
  const work: Work = { client, selection, prefix, options };
  const outcome = options.follow ? await followAll(io, work) : await printOnce(io, work);
  throwIfFailed(outcome, 'read the log of');
}
