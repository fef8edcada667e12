import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type Io, note } from '@skaha/terminal/io.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { onlyOne, usageError } from '@skaha/terminal/usage.js';
import {
  type FailedItem,
  isSkahaError,
  type SkahaClient,
  SkahaError,
  ValidationError,
} from 'skaha';
import { parseArray } from 'skaha/batch';
import type { OptionsOf, Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { throwIfFailed } from '../../output/outcome.js';
import { printLogs } from '../session/logs.js';
import { noFilter } from '../session/select.js';
import type { jobsLogsCommand } from './definitions.js';
import {
  type ItemRow,
  itemRows,
  lookAt,
  parameterWords,
  readKnownJob,
  varyingNames,
} from './look.js';

export type JobsLogsOptions = OptionsOf<typeof jobsLogsCommand>;

const interval = 2_000;

async function numbersOf(given: readonly string[], total: number): Promise<Set<number>> {
  try {
    const numbers = given.flatMap(parseArray);
    const surplus = numbers.find((number) => number < 1 || number > total);
    if (surplus === undefined) return new Set(numbers);
    throw usageError(
      `There is no session ${surplus} in this batch.`,
      `Numbers go from 1 to ${total}.`,
    );
  } catch (error) {
    if (error instanceof ValidationError) throw usageError(error.message, 'Write 7, or 1-5,9.');
    throw error;
  }
}

/** @throws {SkahaError} command.usage for options that contradict each other */
function checkSave({ save, follow, tail, timestamps }: JobsLogsOptions): void {
  const cut = { '--follow': follow, '--tail': tail !== undefined, '--timestamps': timestamps };
  if (save !== undefined)
    onlyOne({ '--save': true, ...cut }, 'Logs are saved completely and unchanged.');
}

/** The sessions whose logs are meant. */
async function chosenRows(io: Io, deps: Deps, options: JobsLogsOptions): Promise<ItemRow[]> {
  const known = await readKnownJob(deps, options.job);
  const numbers = await numbersOf(options.number, known.state.items.length);
  const [looked = { ...known, statuses: undefined }] = options.failed
    ? await lookAt(io, deps, [known])
    : [];
  return itemRows(looked.state, looked.statuses, deps.now())
    .filter(({ index }) => numbers.size === 0 || numbers.has(index))
    .filter(({ outcome }) => !options.failed || outcome === 'failed');
}

export const runJobsLogs: Run<typeof jobsLogsCommand> = async (io, deps, options) => {
  checkSave(options);
  const rows = await chosenRows(io, deps, options);
  const sessions = rows.flatMap(({ id }) => id ?? []);
  if (sessions.length === 0) {
    note(
      io,
      options.failed ? 'None of its sessions failed.' : 'None of its sessions was launched.',
    );
    return undefined;
  }
  if (options.save !== undefined) return saveAll(io, deps, rows, options.save);
  const names = varyingNames(rows);
  const labels = new Map(rows.map((row) => [row.id ?? '', parameterWords(row, names)]));
  const { follow, tail, timestamps } = options;
  const usual = { ...noFilter, new: false, sinceStart: false, prefix: false };
  await printLogs(io, deps, { ...usual, sessions, follow, tail, timestamps, interval }, labels);
  return undefined;
};

/** Saved at the same time. */
const workers = 4;

/** A name that leads nowhere but into its folder. */
const fileName = (name: string): string => `${name.replaceAll(/[^A-Za-z0-9_-]/g, '_')}.log`;

/** A log under a temporary name first: a file that exists is complete. */
async function saveOne(io: Io, client: SkahaClient, id: string, path: string): Promise<void> {
  const part = `${path}.part`;
  try {
    const file = openSync(part, 'w');
    const write = (piece: Uint8Array): void => {
      for (let at = 0; at < piece.length; ) at += writeSync(file, piece, at);
    };
    await client.sessions
      .streamLog(id, write, { signal: io.signal })
      .finally(() => closeSync(file));
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}

async function saveAll(
  io: Io,
  deps: Deps,
  rows: readonly ItemRow[],
  folder: string,
): Promise<undefined> {
  const client = await deps.client();
  const items = rows.flatMap(({ id, name, index }) => (id === null ? [] : [{ id, name, index }]));
  const done: string[] = [];
  const failed: FailedItem[] = [];
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw cannotWrite(folder, cause);
  }
  const left = [...items];
  const work = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) {
      const { id, name, index } = item;
      const path = join(folder, fileName(name));
      try {
        await saveOne(io, client, id, path);
        done.push(path);
        io.out(`${plain(path)}\n`);
      } catch (error) {
        if (io.signal.aborted) throw error;
        const reason = isSkahaError(error) ? error : cannotWrite(path, error);
        failed.push({ index: index - 1, item: name, error: reason });
      }
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  note(io, `${done.length} of ${count(items.length, 'log')} saved in ${plain(folder)}.`);
  throwIfFailed({ done, failed }, 'save the log of');
  return undefined;
}

const cannotWrite = (path: string, cause: unknown): SkahaError =>
  new SkahaError('command.usage', `${plain(path)} cannot be written.`, {
    cause,
    hint: 'Give a folder that you can write to.',
  });
