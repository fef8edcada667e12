import { isSecretName, mask } from '@skaha/base/redact.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { didYouMean } from '@skaha/terminal/nearest.js';
import type { Ink } from '@skaha/terminal/output/style.js';
import { type Column, column } from '@skaha/terminal/output/table.js';
import { plain } from '@skaha/terminal/output/text.js';
import { relative } from '@skaha/terminal/output/time.js';
import { listLagMs } from '@skaha/wire/status.js';
import {
  type ErrorDocument,
  isFailed,
  isFinished,
  isSkahaError,
  type SessionInfo,
  type SessionReason,
  SkahaError,
} from 'skaha';
import type { BatchState, ItemPhase } from 'skaha/batch';
import type { FileJournal, JobStore, StoredBatch } from 'skaha/batch/journal';
import type { Deps } from '../../deps.js';
import { ownSessions } from '../session/select.js';

/** A batch whose journal can be read. */
export type KnownBatch = StoredBatch & { state: BatchState };

/** A batch, and what the platform says about its sessions now. */
export interface LookedBatch extends KnownBatch {
  statuses: Statuses;
}

/** The error for a name that no batch has, with the name that was probably meant. */
async function unknownJob(store: JobStore, job: string): Promise<SkahaError> {
  const known = (await store.list()).map((one) => one.job);
  return new SkahaError('batch.not_found', `There is no batch '${plain(job)}'.`, {
    id: job,
    hint: didYouMean(job, known, "See them with 'skaha jobs ls'."),
  });
}

/** Does something with the journal of a batch that there must be. */
async function withJob<T>(
  store: JobStore,
  job: string,
  work: () => Promise<T | undefined>,
): Promise<T> {
  try {
    const done = await work();
    if (done !== undefined) return done;
  } catch (error) {
    if (!isSkahaError(error, 'batch.not_found') && !isSkahaError(error, 'request.invalid'))
      throw error;
  }
  throw await unknownJob(store, job);
}

/**
 * Reads the journal of a batch.
 *
 * @throws {SkahaError} batch.not_found, with the name that was probably meant
 */
export async function readKnownJob(deps: Deps, job: string): Promise<KnownBatch> {
  const store = await deps.jobs();
  return withJob(store, job, async () => {
    const { state, ...stored } = await store.read(job);
    return state === undefined ? undefined : { ...stored, state };
  });
}

/**
 * Opens the journal of a batch, so that nobody else works on it, and reads it.
 *
 * @throws {SkahaError} batch.not_found, with the name that was probably meant; batch.locked
 */
export async function openKnownJob(
  { signal }: Io,
  deps: Deps,
  job: string,
): Promise<{ job: string; journal: FileJournal; state: BatchState }> {
  const [store, { batchState }] = await Promise.all([deps.jobs(), import('skaha/batch')]);
  return withJob(store, job, async () => {
    const journal = await store.open(job, signal, { mustExist: true });
    const state = batchState(await journal.read());
    if (state !== undefined) return { job, journal, state };
    await journal.close();
    return undefined;
  });
}

interface Listed {
  root: string;
  sessions: readonly SessionInfo[];
}

/** All sessions of the server that is meant; undefined when it cannot be asked. */
async function list(io: Io, deps: Deps): Promise<Listed | undefined> {
  try {
    const client = await deps.client();
    const { root } = await client.connection();
    return { root, sessions: await ownSessions(client, io) };
  } catch (error) {
    if (io.signal.aborted || !isSkahaError(error)) throw error;
    note(io, `The platform was not asked: ${plain(error.message)}`);
    return undefined;
  }
}

/** Whether only the platform knows how sessions of a batch do. */
const isOpen = ({ state }: KnownBatch): boolean =>
  state.items.some(({ phase }) => phase === 'launched');

/**
 * Keeps in the journal how sessions ended: the platform forgets them after a while. A journal that
 * another program works on is left to it.
 */
export async function keepEnds<Batch extends StoredBatch>(
  batch: Batch,
  sessions: readonly Pick<SessionInfo, 'id' | 'status'>[],
  store: JobStore,
  { logger, now }: Pick<Deps, 'logger' | 'now'>,
  signal?: AbortSignal,
): Promise<Batch> {
  const { job, state, owner } = batch;
  const launched = state?.items.filter(({ phase }) => phase === 'launched').map(({ id }) => id);
  const isNews = sessions.some(({ id, status }) => launched?.includes(id) && isFinished(status));
  if (!isNews || owner !== undefined) return batch;
  try {
    const { recordEnds } = await import('skaha/batch');
    const journal = await store.open(job, signal);
    try {
      return { ...batch, state: (await recordEnds(journal, sessions, now())) ?? state };
    } finally {
      await journal.close();
    }
  } catch (error) {
    // Another program works on it, or the disk is full: what is shown is right all the same.
    if (signal?.aborted || !isSkahaError(error)) throw error;
    logger.debug(`The outcome of ${plain(job)} could not be recorded: ${plain(error.message)}`);
    return batch;
  }
}

/**
 * Asks once how the sessions of batches do, and says what could not be learned. A batch of which
 * everything is known already costs no request.
 *
 * @param matters - of which batches it matters what the platform says
 */
export async function lookAt(
  io: Io,
  deps: Deps,
  batches: readonly KnownBatch[],
  matters: (batch: KnownBatch) => boolean = isOpen,
): Promise<LookedBatch[]> {
  const open = batches.filter(matters);
  const listed = open.length === 0 ? undefined : await list(io, deps);
  if (listed === undefined) return batches.map((batch) => ({ ...batch, statuses: undefined }));
  const { root, sessions } = listed;
  const elsewhere = open.filter(({ state }) => state.server !== root);
  const [only] = elsewhere;
  if (only !== undefined) {
    const words =
      elsewhere.length === 1
        ? `The batch ${plain(only.job)} runs on ${plain(only.state.server)}`
        : `${elsewhere.length} batches run on other servers`;
    note(io, `${words}; only the platform at ${plain(root)} was asked.`);
  }
  const statuses = new Map(sessions.map(({ id, status }) => [id, status]));
  const store = await deps.jobs();
  return Promise.all(
    batches.map((batch) =>
      batch.state.server === root
        ? keepEnds({ ...batch, statuses }, sessions, store, deps, io.signal)
        : { ...batch, statuses: undefined },
    ),
  );
}

/** What the platform lists, by id; undefined when it was not asked. */
export type Statuses = ReadonlyMap<string, string> | undefined;

/** How many sessions of a batch are where; null where nobody knows because nobody asked. */
interface Sums {
  pending: number | null;
  running: number | null;
  completed: number | null;
  failed: number | null;
  /** No longer listed, and nobody saw how they ended. */
  gone: number | null;
}

export interface JobDocument extends Sums {
  job: string;
  /** Name of its sessions. */
  name: string;
  image: string;
  server: string;
  /**
   * How far the launching is. `launching`: a program works on it; `incomplete`: something is
   * missing; `launched`: nothing is.
   */
  state: 'cancelled' | 'incomplete' | 'launched' | 'launching';
  sessions: number;
  launched: number;
  /** Items without a session. */
  missing: number;
  /** Sessions that the batch itself deleted. */
  removed: number;
  startTime: string;
  changeTime: string;
}

const without = new Set<ItemPhase>(['pending', 'rejected', 'unanswered', 'unknown']);

function sums(rows: readonly ItemRow[], wasAsked: boolean): Sums {
  const launched = rows.filter(({ outcome }) => outcome === 'launched');
  if (launched.length > 0 && !wasAsked)
    return { pending: null, running: null, completed: null, failed: null, gone: null };
  const of = (phase: ItemPhase) => rows.filter(({ outcome }) => outcome === phase).length;
  // What is not listed yet was launched a moment ago.
  const waits = launched.filter(({ status }) => /^pending$/i.test(status ?? 'Pending')).length;
  return {
    pending: waits,
    running: launched.length - waits,
    completed: of('completed'),
    failed: of('failed'),
    gone: of('gone'),
  };
}

/** What is known of a batch in one line. */
export function summaryOf(
  { job, state, owner, statuses }: StoredBatch & { state: BatchState; statuses: Statuses },
  now: number,
): JobDocument {
  const launched = state.items.filter(({ phase }) => !without.has(phase)).length;
  const missing = state.items.length - launched;
  return {
    job,
    name: state.name,
    image: state.image,
    server: state.server,
    state:
      owner !== undefined
        ? 'launching'
        : state.cancelled !== undefined
          ? 'cancelled'
          : missing > 0
            ? 'incomplete'
            : 'launched',
    sessions: state.items.length,
    launched,
    missing,
    ...sums(itemRows(state, statuses, now), statuses !== undefined),
    removed: state.items.filter(({ phase }) => phase === 'removed').length,
    startTime: new Date(state.startedAt).toISOString(),
    changeTime: new Date(state.changedAt).toISOString(),
  };
}

const stateInk: Readonly<Record<JobDocument['state'], Ink>> = {
  cancelled: 'dim',
  incomplete: 'yellow',
  launched: 'green',
  launching: 'blue',
};

const sum = (value: number | null): string => (value === null ? '-' : String(value));

export const jobColumns = (now: number): Column<JobDocument>[] => [
  column('BATCH', ({ job }) => job, { shrinkTo: 12, cut: 'middle' }),
  column('STATE', ({ state }) => state, { ink: ({ state }) => stateInk[state] }),
  column('LAUNCHED', ({ launched, sessions }) => `${launched} of ${sessions}`, { align: 'right' }),
  column('PENDING', ({ pending }) => sum(pending), { align: 'right', dropFirst: 3 }),
  column('RUNNING', ({ running }) => sum(running), { align: 'right' }),
  column('COMPLETED', ({ completed }) => sum(completed), { align: 'right' }),
  column('FAILED', ({ failed }) => sum(failed), {
    ink: ({ failed }) => (failed === null || failed === 0 ? undefined : 'red'),
    align: 'right',
  }),
  column('STARTED', ({ startTime }) => relative(new Date(startTime), now), { dropFirst: 2 }),
  column('IMAGE', ({ image }) => image, { shrinkTo: 16, cut: 'start', dropFirst: 1 }),
];

/** How many sessions of a batch are where, in words. */
export function sumsInWords(job: JobDocument): string {
  const { pending, running, completed, failed, gone, removed } = job;
  if (failed === null) return 'status not requested';
  const words = (
    [
      [pending, 'pending'],
      [running, 'running'],
      [completed, 'completed'],
      [failed, 'failed'],
      [gone, 'gone'],
      [removed, 'deleted'],
    ] as const
  ).flatMap(([value, word]) => (value === null || value === 0 ? [] : [`${value} ${word}`]));
  return words.length === 0 ? 'none' : words.join(', ');
}

/** One session of a batch in machine output. */
export interface ItemRow {
  /** Its `REPLICA_ID`. */
  index: number;
  name: string;
  id: string | null;
  /** Its own variables. */
  parameters: Readonly<Record<string, string>>;
  outcome: ItemPhase;
  /** What the platform says now; null when it does not list the session or was not asked. */
  status: string | null;
  attempts: number;
  /** What its command ended with, where the platform tells. */
  exitStatus: number | null;
  /** Why it failed or waits, as its events tell. */
  reason: { reason: string; message: string } | null;
  error: ErrorDocument | null;
}

/** A journal does not know how sessions ended that nobody waited for; the platform may. */
function outcomeOf(phase: ItemPhase, status: string | undefined, isLate: boolean): ItemPhase {
  if (phase !== 'launched') return phase;
  if (status === undefined) return isLate ? 'gone' : phase;
  if (!isFinished(status)) return phase;
  return isFailed(status) ? 'failed' : 'completed';
}

export const itemRows = (state: BatchState, statuses: Statuses, now: number): ItemRow[] =>
  state.items.map(({ index, name, row, id, phase, attempts, error, sentAt = 0 }) => {
    const status = id === undefined ? undefined : statuses?.get(id);
    const isLate = statuses !== undefined && now - sentAt > listLagMs;
    return {
      ...{ index, name, id: id ?? null, parameters: shownParameters(row) },
      ...{ outcome: outcomeOf(phase, status, isLate), status: status ?? null, attempts },
      ...{ exitStatus: null, reason: null, error: error ?? null },
    };
  });

/** Parameters as they may be shown. */
const shownParameters = (row: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, isSecretName(name) ? mask : value]),
  );

/** The parameters in which the items of a batch differ. */
export function varyingNames(rows: readonly Pick<ItemRow, 'parameters'>[]): string[] {
  const names = new Set(rows.flatMap(({ parameters }) => Object.keys(parameters)));
  return [...names].filter(
    (name) => new Set(rows.map(({ parameters }) => parameters[name])).size > 1,
  );
}

/** The parameters of an item that tell it from others, in words. */
export const parameterWords = (
  { parameters }: Pick<ItemRow, 'parameters'>,
  names: readonly string[],
): string =>
  names
    .flatMap((name) => {
      const value = parameters[name];
      return value === undefined ? [] : [plain(`${name}=${value}`)];
    })
    .join(' ');

/** The row with what the events of its session tell. */
export function withReason(row: ItemRow, told: SessionReason | undefined): ItemRow {
  if (told === undefined) return row;
  const { reason, message, exitStatus } = told;
  return { ...row, exitStatus: exitStatus ?? null, reason: { reason, message } };
}

const inks: Partial<Readonly<Record<ItemPhase, Ink>>> = {
  completed: 'green',
  failed: 'red',
  rejected: 'red',
  unanswered: 'yellow',
  unknown: 'yellow',
  pending: 'yellow',
};

/** The columns of `jobs show`; one for each parameter in which the sessions differ. */
export const itemColumns = (
  all: readonly ItemRow[],
  rows: readonly ItemRow[],
): Column<ItemRow>[] => [
  column('NUMBER', ({ index }) => String(index), { align: 'right' }),
  column('NAME', ({ name }) => name, { shrinkTo: 12, cut: 'middle' }),
  column('ID', ({ id }) => id ?? '-'),
  ...varyingNames(all).map(
    (name): Column<ItemRow> =>
      column(plain(name), ({ parameters }) => plain(parameters[name] ?? '-'), {
        shrinkTo: 8,
        cut: 'middle',
      }),
  ),
  column('OUTCOME', ({ outcome }) => outcome, { ink: ({ outcome }) => inks[outcome] }),
  column('STATUS', ({ status }) => status ?? '-', { dropFirst: 2 }),
  column('LAUNCHES', ({ attempts }) => String(attempts), { align: 'right', dropFirst: 1 }),
  ...(rows.some(({ exitStatus }) => exitStatus !== null)
    ? [
        column(
          'EXIT',
          ({ exitStatus }: ItemRow) => (exitStatus === null ? '-' : String(exitStatus)),
          { align: 'right' as const },
        ),
      ]
    : []),
  column('REASON', ({ error, reason }) => plain(error?.message ?? reason?.message ?? ''), {
    shrinkTo: 20,
  }),
];
