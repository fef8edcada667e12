import { access, mkdir, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { LockError, type LockOwner, lockOwner, takeLock } from '@skaha/base/lock.js';
import { type Environment, stateDirectory } from '../config/paths.js';
import { isSkahaError, SkahaError } from '../errors/index.js';
import { type FileJournal, openJournalFile, readJournalFile } from './journal-file.js';
import { endsOf, recordEnds } from './record-ends.js';
import { type BatchState, batchState } from './state.js';

/** Where journals are kept. */
export interface JournalPlace {
  /**
   * The directory that contains one directory for each journal.
   * @defaultValue `$XDG_STATE_HOME/skaha/jobs`, otherwise `~/.local/state/skaha/jobs`
   */
  directory?: string | undefined;
}

/** How to open a journal. */
export interface OpenJournalOptions extends JournalPlace {
  /** Fail if the job has no journal, instead of creating one. @defaultValue false */
  mustExist?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** How to open the journal of a new batch. */
export interface NewJournalOptions extends JournalPlace {
  /** Fail if there is already a batch of this name, instead of adding a number. @defaultValue false */
  mustBeNew?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** A batch whose journal is on this machine. */
export interface StoredBatch {
  /** Name of the journal. */
  job: string;
  path: string;
  /** Undefined if the batch was never started, or the journal cannot be read. */
  state: BatchState | undefined;
  /** The process that is working on it. */
  owner: { pid: number; host: string } | undefined;
  /** Why the journal cannot be read. */
  error?: SkahaError | undefined;
}

/** A batch whose journal could be read. */
export interface StartedBatch extends StoredBatch {
  state: BatchState;
}

/**
 * Where journals are kept: `$XDG_STATE_HOME/skaha/jobs`, otherwise `~/.local/state/skaha/jobs`.
 *
 * @param environment - the variables; those of the process by default
 */
export const journalDirectory = (environment: Environment = process.env): string =>
  join(stateDirectory(environment), 'jobs');

const validName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

function folderOf(job: string, { directory }: JournalPlace): string {
  if (!validName.test(job)) {
    throw new SkahaError(
      'request.invalid',
      `'${job.slice(0, 100)}' cannot be the name of a batch.`,
      {
        hint: 'Use letters, digits, dots, hyphens and underscores, and begin with a letter or digit.',
      },
    );
  }
  return join(directory ?? journalDirectory(), job);
}

const fileOf = (folder: string): string => join(folder, 'journal.jsonl');
const lockOf = (folder: string): string => join(folder, 'lock');

/**
 * Opens the journal of a job for writing, and creates it if there is none. No other program can
 * write to it until it is closed; the lock of a crashed program is ignored.
 *
 * @param job - its name: letters, digits, dots, hyphens and underscores
 * @param options - where journals are
 * @throws {SkahaError} `batch.locked`, `batch.journal_invalid`, `batch.journal_unwritable`,
 *   `batch.not_found` with `mustExist`, `request.invalid` for a name that cannot be one
 * @example
 * ```ts
 * import { openJournal } from 'skaha/batch/journal';
 *
 * await using journal = await openJournal('fit');
 * console.log((await journal.read()).length, 'records');
 * ```
 */
export async function openJournal(
  job: string,
  options: OpenJournalOptions = {},
): Promise<FileJournal> {
  const folder = folderOf(job, options);
  if (options.mustExist) await access(fileOf(folder)).catch(() => Promise.reject(notFound(job)));
  const release = await lock(folder, job, options.signal);
  try {
    return await openJournalFile(fileOf(folder), release);
  } catch (error) {
    await release();
    throw error;
  }
}

/**
 * Opens the journal of a new batch. If there was a batch of this name before, the new one gets a
 * number, for example `fit.2`; its name is the `job` of the journal.
 *
 * @param name - letters, digits, dots, hyphens and underscores
 * @param options - whether the name must be new, and where journals are
 * @throws {SkahaError} `batch.exists` or `batch.locked` with `mustBeNew`, and those of
 *   {@link openJournal}
 * @example
 * ```ts
 * import { openNewJournal } from 'skaha/batch/journal';
 *
 * await using journal = await openNewJournal('fit');
 * console.log(journal.job);
 * ```
 */
export async function openNewJournal(
  name: string,
  { mustBeNew = false, ...options }: NewJournalOptions = {},
): Promise<FileJournal> {
  for (let number = 1; ; number += 1) {
    const job = number === 1 ? name : `${name}.${number}`;
    const journal = await openJournal(job, options).catch((error: unknown) => {
      const isTaken =
        isSkahaError(error, 'batch.locked') || isSkahaError(error, 'batch.journal_invalid');
      if (isTaken && !mustBeNew) return undefined;
      throw error;
    });
    if (journal === undefined) continue;
    if ((await journal.read()).length === 0) return journal;
    await journal.close();
    if (mustBeNew)
      throw new SkahaError('batch.exists', `There is already a batch '${name}'.`, {
        id: name,
        hint: 'Resume it, or use another name.',
      });
  }
}

const notFound = (job: string) =>
  new SkahaError('batch.not_found', `There is no batch '${job}'.`, { id: job });

async function lock(folder: string, job: string, signal: AbortSignal | undefined) {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return await lockBatch(lockOf(folder), `the batch ${job}`, signal);
  } catch (error) {
    if (error instanceof SkahaError || signal?.aborted) throw error;
    throw new SkahaError('batch.journal_unwritable', `The directory ${folder} cannot be written.`, {
      cause: error,
      hint: 'Check its permissions, or set XDG_STATE_HOME to one of your directories.',
    });
  }
}

/**
 * Reads the journal of a job, without locking it.
 *
 * @param job - its name
 * @param place - where journals are
 * @throws {SkahaError} `batch.not_found`, `batch.journal_invalid`
 */
export async function readJob(job: string, place: JournalPlace = {}): Promise<StartedBatch> {
  const folder = folderOf(job, place);
  const path = fileOf(folder);
  const records = await readJournalFile(path);
  const state = batchState(records);
  if (state === undefined) throw notFound(job);
  return { job, path, state, owner: await lockOwner(lockOf(folder)) };
}

/**
 * Lists the jobs whose journals are on this machine, including those whose journal cannot be read.
 *
 * @param place - where journals are
 * @returns the jobs, oldest first
 */
export async function listJobs(place: JournalPlace = {}): Promise<StoredBatch[]> {
  const directory = place.directory ?? journalDirectory();
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory() && validName.test(entry.name));
  const jobs = await Promise.all(
    names.map(async ({ name: job }): Promise<StoredBatch> => {
      try {
        return await readJob(job, { directory });
      } catch (error) {
        const path = fileOf(join(directory, job));
        const known = error instanceof SkahaError ? error : undefined;
        return { job, path, state: undefined, owner: undefined, error: known };
      }
    }),
  );
  return jobs
    .filter(({ state, error }) => state !== undefined || error?.code !== 'batch.not_found')
    .sort((a, b) => (a.state?.startedAt ?? 0) - (b.state?.startedAt ?? 0));
}

/**
 * Records how sessions of a batch ended, like `recordEnds` with a journal that is not open. Nothing
 * is written if there is nothing new, or another program is working on the batch.
 *
 * @param batch - from {@link readJob} or {@link listJobs}
 * @param sessions - as they were listed, those of other batches included
 * @param options - when they were listed, in milliseconds since the epoch, and where journals are
 * @returns the batch afterwards
 * @throws {SkahaError} `batch.locked`, `batch.journal_unwritable`
 */
export async function recordJobEnds<Batch extends StoredBatch>(
  batch: Batch,
  sessions: readonly { id: string; status: string }[],
  { at, ...options }: OpenJournalOptions & { at: number },
): Promise<Batch> {
  const { job, state, owner } = batch;
  if (owner !== undefined || endsOf(state?.items ?? [], sessions, at).length === 0) return batch;
  const journal = await openJournal(job, options);
  try {
    return { ...batch, state: (await recordEnds(journal, sessions, at)) ?? state };
  } finally {
    await journal.close();
  }
}

/**
 * Removes the journal of a job. Its sessions stay, but the job can no longer be resumed.
 *
 * @param job - its name
 * @param place - where journals are
 * @throws {SkahaError} `batch.locked` while a program is working on it
 */
export async function removeJob(job: string, place: JournalPlace = {}): Promise<void> {
  const folder = folderOf(job, place);
  const release = await lock(folder, job, undefined);
  try {
    await rm(folder, { recursive: true, force: true });
  } finally {
    await release();
  }
}

/** The jobs of one directory. */
export interface JobStore {
  /** Opens the journal of a job, and creates it if there is none, unless it must exist. */
  open(
    job: string,
    signal?: AbortSignal,
    options?: Pick<OpenJournalOptions, 'mustExist'>,
  ): Promise<FileJournal>;
  /** Opens the journal of a new batch; see {@link openNewJournal}. */
  openNew(name: string, options?: Omit<NewJournalOptions, 'directory'>): Promise<FileJournal>;
  /** Records how sessions of a batch ended; see {@link recordJobEnds}. */
  recordEnds<Batch extends StoredBatch>(
    batch: Batch,
    sessions: readonly { id: string; status: string }[],
    at: number,
    signal?: AbortSignal,
  ): Promise<Batch>;
  read(job: string): Promise<StartedBatch>;
  list(): Promise<StoredBatch[]>;
  remove(job: string): Promise<void>;
}

/**
 * Returns the jobs of one directory, for programs that work with several jobs.
 *
 * @param directory - see {@link journalDirectory}
 */
export const jobStore = (directory: string): JobStore => ({
  open: (job, signal, options) => openJournal(job, { ...options, directory, signal }),
  openNew: (name, options) => openNewJournal(name, { ...options, directory }),
  recordEnds: (batch, sessions, at, signal) =>
    recordJobEnds(batch, sessions, { at, signal, directory }),
  read: (job) => readJob(job, { directory }),
  list: () => listJobs({ directory }),
  remove: (job) => removeJob(job, { directory }),
});

/**
 * Takes the lock of a batch, which may be held for days.
 *
 * @param what - what is locked, for the error
 * @throws {SkahaError} `batch.locked` if another process holds it
 */
export const lockBatch = (
  path: string,
  what: string,
  signal?: AbortSignal,
): Promise<() => Promise<void>> =>
  takeLock(path, { signal }).catch((error: unknown) => {
    throw error instanceof LockError ? locked(what, path, error) : error;
  });

function locked(what: string, path: string, error: LockError): SkahaError {
  const { pid, host } = error.owner ?? ({} as Partial<LockOwner>);
  const isHere = host === undefined || host === hostname();
  const who = pid === undefined ? '' : `: process ${pid}${isHere ? '' : ` on ${host}`}`;
  return new SkahaError('batch.locked', `Another program is working on ${what}${who}.`, {
    hint: isHere
      ? 'Wait until it has finished, or stop it.'
      : `Wait until it has finished. If it is no longer running, remove ${path}.`,
    cause: error,
  });
}
