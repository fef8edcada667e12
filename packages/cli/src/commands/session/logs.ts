import { type Io, note } from '@skaha/terminal/io.js';
import {
  LineWriter,
  pieceWriter,
  tailStart,
  withPrefix,
} from '@skaha/terminal/output/prefixed-lines.js';
import { forTerminal } from '@skaha/terminal/output/terminal-text.js';
import { plain } from '@skaha/terminal/output/text.js';
import { onlyOne, usageError } from '@skaha/terminal/usage.js';
import { isSkahaError, type SkahaClient, unfinishedBytes } from 'skaha';
import type { OptionsOf, Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { type Outcome, throwIfFailed } from '../../output/outcome.js';
import { attempt, followEach } from './attempt.js';
import type { logsCommand } from './definitions.js';
import { chooseSessions, type Selection } from './select.js';

export type LogsOptions = OptionsOf<typeof logsCommand>;

/** What stands before each line of a session; empty when lines are printed as they are. */
type Prefix = (id: string) => string;

/**
 * @param labels - what tells sessions from each other, by id; shown with their names
 */
function prefixOf(
  deps: Deps,
  { ids, known }: Selection,
  options: LogsOptions,
  labels: ReadonlyMap<string, string>,
): Prefix {
  const isNamed = options.prefix || ids.length > 1;
  return (id) => {
    const name = known.get(id)?.name;
    const label = labels.get(id) ?? '';
    const who = `${name === undefined ? id : `${plain(name)}/${id}`}${label && ` ${label}`}`;
    const time = options.timestamps ? `${new Date(deps.now()).toISOString()} ` : '';
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

/** Prints a log as it comes: it may be longer than any text can be. */
async function pour(io: Io, client: SkahaClient, id: string, prefix: Prefix): Promise<void> {
  const pieces = pieceWriter(io, prefix(id));
  const length = await client.sessions.streamLog(id, pieces.write, { signal: io.signal });
  pieces.end();
  if (length === 0) note(io, `The log of session ${id} is empty.`);
}

async function printOnce(
  io: Io,
  client: SkahaClient,
  selection: Selection,
  prefix: Prefix,
  tail: number | undefined,
): Promise<Outcome<unknown>> {
  const [first] = selection.ids;
  if (!io.isTty && selection.ids.length === 1 && first !== undefined && tail === undefined)
    return attempt(selection, async (ids) => {
      await pour(io, client, first, prefix);
      return ids;
    });
  const outcome = await attempt(selection, (ids) =>
    client.sessions.logs(ids, { signal: io.signal }),
  ).catch((error: unknown) => {
    const isUnfinished = isSkahaError(error) && unfinishedBytes(error) !== undefined;
    if (first === undefined || !isUnfinished) throw error;
    return { done: [], failed: [{ index: 0, item: first, error }] };
  });
  const part = (id: string, bytes: Uint8Array): Uint8Array =>
    withPrefix(bytes.subarray(tail === undefined ? 0 : tailStart(bytes, tail)), prefix(id));
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

function followAll(
  io: Io,
  client: SkahaClient,
  selection: Selection,
  prefix: Prefix,
  options: LogsOptions,
): Promise<Outcome<string>> {
  const { interval: intervalMs, tail, new: onlyNew } = options;
  const how = { intervalMs, tail, onlyNew, signal: io.signal };
  const writer = new LineWriter(io);
  return followEach(io, selection, async (id) => {
    if (!io.isTty && prefix(id) === '') {
      for await (const piece of client.sessions.followBytes(id, how)) {
        io.out(piece);
        await io.drained?.();
      }
      return;
    }
    try {
      for await (const line of client.sessions.follow(id, { ...how, encoding: 'latin1' })) {
        writer.write(id, prefix(id), line);
        await io.drained?.();
      }
    } finally {
      writer.end(id);
    }
  });
}

export const runLogs: Run<typeof logsCommand> = (io, deps, options) =>
  printLogs(io, deps, options, new Map());

/**
 * Prints or follows the logs of sessions.
 *
 * @param labels - what tells sessions from each other, by id; shown with their names
 */
export async function printLogs(
  io: Io,
  deps: Deps,
  options: LogsOptions,
  labels: ReadonlyMap<string, string>,
): Promise<void> {
  checkOptions(options);
  const client = await deps.client();
  const selection = await chooseSessions(io, deps, 'logs', options);
  const prefix = prefixOf(deps, selection, options, labels);
  const outcome = options.follow
    ? await followAll(io, client, selection, prefix, options)
    : await printOnce(io, client, selection, prefix, options.tail);
  throwIfFailed(outcome, 'read the log of');
}
