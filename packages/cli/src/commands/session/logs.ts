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
import { type Outcome, throwIfFailed } from '../../output/outcome.js';
import type { logsCommand } from './definitions.js';
import { attempt, chooseSessions, followEach, type Selection } from './select.js';

type LogsOptions = OptionsOf<typeof logsCommand>;

/** How logs are printed, whichever sessions they are of. */
type PrintOptions = Pick<LogsOptions, 'follow' | 'interval' | 'tail' | 'timestamps'> &
  Partial<Pick<LogsOptions, 'new' | 'prefix'>> & {
    now(): number;
    /** What distinguishes the sessions, by id; shown with their names. */
    labels?: ReadonlyMap<string, string>;
  };

/** What stands before each line of a session; empty when lines are printed as they are. */
type Prefix = (id: string) => string;

/** @throws {SkahaError} command.usage for options that contradict each other */
function checkOptions({ follow, tail, new: onlyNew, sinceStart }: LogsOptions): void {
  if (onlyNew && !follow)
    throw usageError('--new needs --follow.', 'Without it there is nothing new to wait for.');
  onlyOne(
    { '--new': onlyNew, '--since-start': sinceStart, '--tail': tail !== undefined },
    'Give only one of them.',
  );
}

const noteIfEmpty = (io: Io, id: string, length: number): void => {
  if (length === 0) note(io, `The log of session ${id} is empty.`);
};

async function printOnce(
  io: Io,
  client: SkahaClient,
  selection: Selection,
  prefix: Prefix,
  tail: number | undefined,
): Promise<Outcome<unknown>> {
  const { signal } = io;
  if (!io.isTty && selection.ids.length === 1 && tail === undefined)
    // As it comes: it may be longer than any text can be.
    return attempt(selection, async ([id = '']) => {
      const pieces = pieceWriter(io, prefix(id));
      const length = await client.sessions.streamLog(id, pieces.write, { signal });
      pieces.end();
      noteIfEmpty(io, id, length);
      return [id];
    });
  const outcome = await attempt(selection, (ids) => client.sessions.logs(ids, { signal })).catch(
    (error: unknown) => {
      if (!isSkahaError(error) || unfinishedBytes(error) === undefined) throw error;
      return { done: [], failed: [{ index: 0, item: selection.ids[0] ?? '', error }] };
    },
  );
  const part = (id: string, bytes: Uint8Array): Uint8Array =>
    withPrefix(bytes.subarray(tail === undefined ? 0 : tailStart(bytes, tail)), prefix(id));
  for (const { id, bytes } of outcome.done) noteIfEmpty(io, id, bytes.length);
  await print(io, [
    ...outcome.done.map(({ id, bytes }) => part(id, bytes)),
    // What came of a log that broke off is shown; the error that follows says that it is not all.
    ...outcome.failed.map(({ item, error }) => part(item, unfinishedBytes(error) ?? Buffer.of())),
  ]);
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
  { interval: intervalMs, tail, new: onlyNew }: PrintOptions,
): Promise<Outcome<string>> {
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

/** Prints or follows the logs of sessions. */
export async function printLogs(
  io: Io,
  client: SkahaClient,
  selection: Selection,
  options: PrintOptions,
): Promise<void> {
  const { ids, known } = selection;
  const { follow, labels, now, timestamps, tail } = options;
  const isNamed = options.prefix === true || ids.length > 1;
  const prefix = (id: string) => {
    const name = known.get(id)?.name;
    const label = labels?.get(id) ?? '';
    const who = `${name === undefined ? id : `${plain(name)}/${id}`}${label && ` ${label}`}`;
    const time = timestamps ? `${new Date(now()).toISOString()} ` : '';
    return `${time}${isNamed ? `${who} │ ` : ''}`;
  };
  const outcome = follow
    ? await followAll(io, client, selection, prefix, options)
    : await printOnce(io, client, selection, prefix, tail);
  throwIfFailed(outcome, 'read the log of');
}

export const runLogs: Run<typeof logsCommand> = async (io, deps, options) => {
  checkOptions(options);
  const client = await deps.client();
  const selection = await chooseSessions(io, deps, 'logs', options);
  await printLogs(io, client, selection, { ...options, now: deps.now });
};
