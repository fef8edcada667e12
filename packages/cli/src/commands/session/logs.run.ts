import { type Io, note } from '@skaha/terminal/io.js';
import { forTerminal } from '@skaha/terminal/output/terminal-text.js';
import { plain } from '@skaha/terminal/output/text.js';
import { usageError } from '@skaha/terminal/usage.js';
import type { SessionLog, SkahaClient } from 'skaha';
import { type FailedItem, isSkahaError, SkahaError } from 'skaha';
import { unfinishedBytes } from 'skaha/internal/client/body.js';
import type { Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { attempt, type Outcome, type Selection, throwIfFailed } from '../../select.js';
import { chooseSessions, type FilterOptions } from './filtered.js';
import { LineWriter, tailStart, withPrefix } from './log-lines.js';

export interface LogsOptions extends FilterOptions {
  sessions: readonly string[];
  follow: boolean;
  tail?: number | undefined;
  new: boolean;
  sinceStart: boolean;
  timestamps: boolean;
  prefix: boolean;
  interval: number;
}

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
  const places = [
    ...(onlyNew ? ['--new'] : []),
    ...(sinceStart ? ['--since-start'] : []),
    ...(tail === undefined ? [] : ['--tail']),
  ];
  if (places.length > 1)
    throw usageError(
      `${places.join(' and ')} cannot be used together.`,
      'Say once where to begin.',
    );
}

const newline = 0x0a;

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
    write: (piece: Uint8Array) => {
      if (head === '' || piece.length === 0) return io.out(piece);
      const isWhole = piece.at(-1) === newline;
      const text = withPrefix(piece, head);
      // Nothing stands before the rest of a line, and nothing ends a line that goes on.
      io.out(text.subarray(isStart ? 0 : Buffer.byteLength(head), isWhole ? undefined : -1));
      isStart = isWhole;
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
    for await (const piece of client.sessions.followBytes(id, how)) io.out(piece);
    return;
  }
  try {
    for await (const line of client.sessions.follow(id, how)) writer.write(id, prefix(id), line);
  } finally {
    writer.end(id);
  }
}

async function followAll(io: Io, work: Work): Promise<Outcome<string>> {
  const { ids, missing } = work.selection;
  const writer = new LineWriter(io);
  const ends = await Promise.allSettled(ids.map((id) => followOne(io, id, work, writer)));
  const done: string[] = [];
  const failed: FailedItem[] = [...missing];
  for (const [index, end] of ends.entries()) {
    const item = ids[index] ?? '';
    if (end.status === 'fulfilled') done.push(item);
    else if (io.signal.aborted) throw io.signal.reason;
    else if (isSkahaError(end.reason)) failed.push({ index, item, error: end.reason });
    else
      failed.push({
        index,
        item,
        error: new SkahaError('internal', 'Reading the log failed.', { cause: end.reason }),
      });
  }
  return { done, failed };
}

/** Prints or follows the logs of sessions. */
export const runLogs: Run<LogsOptions> = async (io, deps, options) => {
  await printLogs(io, deps, options, new Map());
  return undefined;
};

/**
 * Prints or follows logs.
 *
 * @param labels - shown beside the names of sessions
 */
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
