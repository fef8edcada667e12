import { isSecretName, mask } from '@skaha/base/redact.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { didYouMean } from '@skaha/terminal/nearest.js';
import type { Ink } from '@skaha/terminal/output/style.js';
import { type Column, column, numberColumn } from '@skaha/terminal/output/table.js';
import { plain } from '@skaha/terminal/output/text.js';
import { relative } from '@skaha/terminal/output/time.js';
import { isSkahaError, type SessionInfo, type SessionReason, SkahaError } from 'skaha';
import {
  type BatchProgress,
  type BatchState,
  batchProgress,
  batchState,
  type ItemPhase,
  type ListedItem,
} from 'skaha/batch';
import type { FileJournal, JobStore, StartedBatch, StoredBatch } from 'skaha/batch/journal';
import type { Deps } from '../../environment/deps.js';
import { ownSessions } from '../session/select.js';

/** A batch, and how far it is. */
export interface LookedBatch extends StartedBatch {
  progress: BatchProgress;
}

/** @throws {SkahaError} batch.not_found for a name that no batch has or can have, with one that was probably meant */
async function throwWithGuess(store: JobStore, job: string, error: unknown): Promise<never> {
  if (!isSkahaError(error, 'batch.not_found') && !isSkahaError(error, 'request.invalid'))
    throw error;
  const names = (await store.list()).map((one) => one.job);
  throw new SkahaError('batch.not_found', `There is no batch '${plain(job)}'.`, {
    id: job,
    hint: didYouMean(job, names, "See them with 'skaha jobs ls'."),
  });
}

/**
 * Reads the journal of a batch.
 *
 * @throws {SkahaError} batch.not_found, with the name that was probably meant
 */
export async function readKnownJob(deps: Deps, job: string): Promise<StartedBatch> {
  const store = await deps.jobs();
  return store.read(job).catch((error: unknown) => throwWithGuess(store, job, error));
}

/**
 * Works on a batch with its journal open, so that nobody else does.
 *
 * @throws {SkahaError} batch.not_found, with the name that was probably meant; batch.locked
 */
export async function workOnJob(
  { signal }: Io,
  deps: Deps,
  job: string,
  work: (journal: FileJournal, state: BatchState) => Promise<void>,
): Promise<void> {
  const store = await deps.jobs();
  const opening = store.open(job, signal, { mustExist: true });
  const journal = await opening.catch((error: unknown) => throwWithGuess(store, job, error));
  try {
    const state = batchState(await journal.read());
    if (state !== undefined) return await work(journal, state);
    const error = new SkahaError('batch.not_found', 'It was never started.');
    return await throwWithGuess(store, job, error);
  } finally {
    await journal.close();
  }
}

/**
 * Records in the journal how sessions ended: the platform forgets them after a while. That it
 * cannot be recorded is no reason to fail, because what is shown is right all the same.
 */
export async function keepEnds<Batch extends StoredBatch>(
  batch: Batch,
  sessions: readonly Pick<SessionInfo, 'id' | 'status'>[],
  store: JobStore,
  { logger, now }: Pick<Deps, 'logger' | 'now'>,
  signal?: AbortSignal,
): Promise<Batch> {
  try {
    return await store.recordEnds(batch, sessions, now(), signal);
  } catch (error) {
    if (signal?.aborted || !isSkahaError(error)) throw error;
    const job = plain(batch.job);
    logger.debug(`The outcome of ${job} could not be recorded: ${plain(error.message)}`);
    return batch;
  }
}

/** A batch as its journal has it, without asking the platform. */
export const withoutAsking = (batch: StartedBatch): LookedBatch => ({
  ...batch,
  progress: batchProgress(batch.state),
});

/** Whether only the platform knows how sessions of a batch do. */
const hasActiveSessions = ({ state }: StartedBatch): boolean =>
  state.items.some(({ phase }) => phase === 'launched');

/**
 * Asks once how the sessions of batches do, and says what could not be learned. A batch of which
 * everything is known already costs no request.
 *
 * @param matters - of which batches it matters what the platform says
 */
export async function lookAt(
  io: Io,
  deps: Deps,
  batches: readonly StartedBatch[],
  matters: (batch: StartedBatch) => boolean = hasActiveSessions,
): Promise<LookedBatch[]> {
  const open = batches.filter(matters);
  if (open.length === 0) return batches.map(withoutAsking);
  let root: string;
  let sessions: readonly SessionInfo[];
  try {
    ({ root } = await (await deps.client()).connection());
    sessions = await ownSessions(io, deps);
  } catch (error) {
    if (io.signal.aborted || !isSkahaError(error)) throw error;
    note(io, `The platform was not asked: ${plain(error.message)}`);
    return batches.map(withoutAsking);
  }
  noteElsewhere(io, open, root);
  const at = deps.now();
  const statuses = new Map(sessions.map(({ id, status }) => [id, status]));
  const store = await deps.jobs();
  return Promise.all(
    batches.map(async (batch) => {
      if (batch.state.server !== root) return withoutAsking(batch);
      const recorded = await keepEnds(batch, sessions, store, deps, io.signal);
      return { ...recorded, progress: batchProgress(recorded.state, { statuses, at }) };
    }),
  );
}

/** Says of which batches another server would have to be asked. */
function noteElsewhere(io: Io, batches: readonly StartedBatch[], root: string): void {
  const elsewhere = batches.filter(({ state }) => state.server !== root);
  const [first] = elsewhere;
  if (first === undefined) return;
  const words =
    elsewhere.length === 1
      ? `The batch ${plain(first.job)} runs on ${plain(first.state.server)}`
      : `${elsewhere.length} batches run on other servers`;
  note(io, `${words}; only the platform at ${plain(root)} was asked.`);
}

/** Where sessions are that nobody asked the platform about. */
const notAsked = { pending: null, running: null, completed: null, failed: null, gone: null };

/** What is known of a batch, for programs. */
export const jobDocument = ({ job, state, owner, progress }: LookedBatch) => ({
  job,
  name: state.name,
  image: state.image,
  server: state.server,
  // As long as a program works on it, nobody need resume it.
  state: owner === undefined ? progress.stage : ('launching' as const),
  sessions: state.items.length,
  launched: progress.launched,
  missing: progress.missing,
  ...(progress.sessions ?? notAsked),
  removed: progress.removed,
  startTime: new Date(state.startedAt).toISOString(),
  changeTime: new Date(state.changedAt).toISOString(),
});

export type JobDocument = ReturnType<typeof jobDocument>;

const stateInk: Readonly<Record<JobDocument['state'], Ink>> = {
  cancelled: 'dim',
  incomplete: 'yellow',
  launched: 'green',
  launching: 'blue',
};

export const jobColumns = (now: number): Column<JobDocument>[] => [
  column('BATCH', ({ job }) => job, { shrinkTo: 12, cut: 'middle' }),
  column('STATE', ({ state }) => state, { ink: ({ state }) => stateInk[state] }),
  numberColumn('LAUNCHED', ({ launched, sessions }) => `${launched} of ${sessions}`),
  numberColumn('PENDING', ({ pending }) => pending, { dropFirst: 3 }),
  numberColumn('RUNNING', ({ running }) => running),
  numberColumn('COMPLETED', ({ completed }) => completed),
  numberColumn('FAILED', ({ failed }) => failed, {
    ink: ({ failed }) => (failed ? 'red' : undefined),
  }),
  column('STARTED', ({ startTime }) => relative(new Date(startTime), now), { dropFirst: 2 }),
  column('IMAGE', ({ image }) => image, { shrinkTo: 16, cut: 'start', dropFirst: 1 }),
];

/** How many sessions of a batch are where, in words. */
export function sessionsText({ sessions, removed }: BatchProgress): string {
  if (sessions === undefined) return 'status not requested';
  const { pending, running, completed, failed, gone } = sessions;
  const counts = { pending, running, completed, failed, gone, deleted: removed };
  const words = Object.entries(counts).flatMap(([word, sum]) =>
    sum === 0 ? [] : `${sum} ${word}`,
  );
  return words.join(', ') || 'none';
}

/**
 * What is known of one session of a batch, for programs.
 *
 * @param why - it failed or waits, by its events
 */
export const itemRow = (item: ListedItem, why?: SessionReason) => ({
  index: item.index,
  name: item.name,
  id: item.id ?? null,
  parameters: shownParameters(item),
  outcome: item.phase,
  status: item.status ?? null,
  attempts: item.attempts,
  exitStatus: why?.exitStatus ?? null,
  reason: why === undefined ? null : { reason: why.reason, message: why.message },
  error: item.error ?? null,
});

export type ItemRow = ReturnType<typeof itemRow>;

/** Parameters as they may be shown. */
const shownParameters = ({ row }: ListedItem): Record<string, string> =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, isSecretName(name) ? mask : value]),
  );

/** The parameters in which the items of a batch differ; whether secrets do is not shown. */
export function varyingNames(items: readonly ListedItem[]): string[] {
  const all = items.map(shownParameters);
  const names = new Set(all.flatMap(Object.keys));
  return [...names].filter((name) => new Set(all.map((one) => one[name])).size > 1);
}

/** Some parameters of an item in words. */
export function parameterWords(item: ListedItem, names: readonly string[]): string {
  const shown = Object.entries(shownParameters(item)).filter(([name]) => names.includes(name));
  return shown.map(([name, value]) => plain(`${name}=${value}`)).join(' ');
}

const inks: Partial<Readonly<Record<ItemPhase, Ink>>> = {
  completed: 'green',
  failed: 'red',
  rejected: 'red',
  unanswered: 'yellow',
  unknown: 'yellow',
  pending: 'yellow',
};

const hasExitStatus = ({ exitStatus }: ItemRow): boolean => exitStatus !== null;

/**
 * The columns of `jobs show`.
 *
 * @param varying - the parameters in which the sessions differ
 */
export const itemColumns = (
  varying: readonly string[],
  rows: readonly ItemRow[],
): Column<ItemRow>[] => [
  numberColumn('NUMBER', ({ index }) => index),
  column('NAME', ({ name }) => name, { shrinkTo: 12, cut: 'middle' }),
  column('ID', ({ id }) => id ?? '-'),
  ...varying.map((name) =>
    column(plain(name), ({ parameters }: ItemRow) => plain(parameters[name] ?? '-'), {
      shrinkTo: 8,
      cut: 'middle',
    }),
  ),
  column('OUTCOME', ({ outcome }) => outcome, { ink: ({ outcome }) => inks[outcome] }),
  column('STATUS', ({ status }) => status ?? '-', { dropFirst: 2 }),
  numberColumn('LAUNCHES', ({ attempts }) => attempts, { dropFirst: 1 }),
  ...(rows.some(hasExitStatus) ? [numberColumn('EXIT', (row: ItemRow) => row.exitStatus)] : []),
  column('REASON', ({ error, reason }) => plain(error?.message ?? reason?.message ?? ''), {
    shrinkTo: 20,
  }),
];
