import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Semaphore } from '@skaha/base/semaphore.js';
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
import { type ListedItem, parseArray } from 'skaha/batch';
import type { Run } from '../../command.js';
import type { Deps } from '../../environment/deps.js';
import { throwIfFailed } from '../../output/outcome.js';
import { printLogs } from '../session/logs.js';
import { selectSessions } from '../session/select.js';
import type { jobsLogsCommand } from './definitions.js';
import { lookAt, parameterWords, readKnownJob, varyingNames, withoutAsking } from './look.js';

/** @throws {SkahaError} command.usage */
function numbersOf(given: readonly string[], total: number): Set<number> {
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

export const runJobsLogs: Run<typeof jobsLogsCommand> = async (io, deps, options) => {
  const { failed, follow, tail, timestamps, save } = options;
  const others = { '--follow': follow, '--tail': tail !== undefined, '--timestamps': timestamps };
  if (save !== undefined)
    onlyOne({ '--save': true, ...others }, 'Logs are saved completely and unchanged.');
  const known = await readKnownJob(deps, options.job);
  const numbers = numbersOf(options.number, known.state.items.length);
  const [looked = withoutAsking(known)] = failed ? await lookAt(io, deps, [known]) : [];
  const items = looked.progress.items
    .filter(({ index }) => numbers.size === 0 || numbers.has(index))
    .filter(({ phase }) => !failed || phase === 'failed');
  const sessions = items.flatMap(({ id }) => id ?? []);
  if (sessions.length === 0) {
    note(io, failed ? 'None of its sessions failed.' : 'None of its sessions was launched.');
    return;
  }
  if (save !== undefined) return saveAll(io, deps, items, save);
  const names = varyingNames(items);
  const labels = new Map(items.map((item) => [item.id ?? '', parameterWords(item, names)]));
  const selection = await selectSessions(io, deps, sessions);
  const how = { follow, tail, timestamps, interval: 2_000, now: deps.now, labels };
  await printLogs(io, await deps.client(), selection, how);
};

const savedAtOnce = 4;

/** A name that leads nowhere but into its folder. */
const fileName = (name: string): string => `${name.replaceAll(/[^A-Za-z0-9_-]/g, '_')}.log`;

const cannotWrite = (path: string, cause: unknown): SkahaError =>
  new SkahaError('command.usage', `${plain(path)} cannot be written.`, {
    cause,
    hint: 'Give a folder that you can write to.',
  });

/** A log under a temporary name first: a file that exists is complete. */
async function saveOne(io: Io, client: SkahaClient, id: string, path: string): Promise<void> {
  const part = `${path}.part`;
  try {
    const file = await open(part, 'w');
    await client.sessions
      .streamLog(id, (piece) => file.appendFile(piece), { signal: io.signal })
      .finally(() => file.close());
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

async function saveAll(
  io: Io,
  deps: Deps,
  items: readonly ListedItem[],
  folder: string,
): Promise<void> {
  const client = await deps.client();
  const done: string[] = [];
  const failed: FailedItem[] = [];
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw cannotWrite(folder, cause);
  });
  const save = async ({ id, name, index }: ListedItem) => {
    if (id === undefined) return;
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
  };
  const places = new Semaphore(savedAtOnce);
  await Promise.all(items.map((item) => places.run(io.signal, () => save(item))));
  const total = count(done.length + failed.length, 'log');
  note(io, `${done.length} of ${total} saved in ${plain(folder)}.`);
  throwIfFailed({ done, failed }, 'save the log of');
}
