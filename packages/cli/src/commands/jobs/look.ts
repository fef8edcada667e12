import { type Io, note } from '@skaha/terminal/io.js';
import { didYouMean } from '@skaha/terminal/nearest.js';
import { plain } from '@skaha/terminal/output/text.js';
import { isSkahaError, type SessionInfo, SkahaError } from 'skaha';
import type { BatchState } from 'skaha/batch';
import type { FileJournal, JobStore, StoredBatch } from 'skaha/batch/journal';
import type { Deps } from '../../deps.js';
import { itemRows, type Statuses } from './jobs-view.js';

/** A batch whose journal can be read. */
export type KnownBatch = StoredBatch & { state: BatchState };

/** A batch, and what the platform says about its sessions now. */
export interface LookedBatch extends KnownBatch {
  statuses: Statuses;
}

/** The error for a name that no batch has, with the name that was probably meant. */
async function unknownJob(store: JobStore, job: string): Promise<SkahaError> {
  const known = (await store.list()).map((one) => one.job);
  return new SkahaError('batch.not_found', `There is no job '${plain(job)}'.`, {
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
    const sessions = await client.sessions.fetch({ signal: io.signal });
    return { root, sessions: sessions.filter(({ kind }) => kind !== 'desktop-app') };
  } catch (error) {
    if (io.signal.aborted || !isSkahaError(error)) throw error;
    note(io, `The platform was not asked: ${plain(error.message)}`);
    return undefined;
  }
}

/** Whether only the platform knows how sessions of a batch do. */
const isOpen = ({ state }: KnownBatch): boolean =>
  state.items.some(({ phase }) => phase === 'launched');

/** Keeps in the journal how sessions ended: the platform forgets them after a while. */
async function keepEnds(
  io: Io,
  deps: Deps,
  batch: LookedBatch,
  sessions: readonly SessionInfo[],
): Promise<LookedBatch> {
  const { job, state, owner, statuses } = batch;
  const rows = itemRows(state, statuses, deps.now());
  const isNews = state.items.some(
    ({ phase }, index) =>
      phase === 'launched' && /^(completed|failed)$/.test(rows[index]?.outcome ?? ''),
  );
  if (!isNews || owner !== undefined) return batch;
  try {
    const [store, { recordEnds }] = await Promise.all([deps.jobs(), import('skaha/batch')]);
    const journal = await store.open(job, io.signal);
    try {
      return { ...batch, state: (await recordEnds(journal, sessions, deps.now())) ?? state };
    } finally {
      await journal.close();
    }
  } catch (error) {
    // Another program works on it, or the disk is full: what is shown is right all the same.
    if (io.signal.aborted || !isSkahaError(error)) throw error;
    deps.logger.debug(
      `The outcome of ${plain(job)} could not be recorded: ${plain(error.message)}`,
    );
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
    note(io, `${words}; the platform at ${plain(root)} was asked, and no other.`);
  }
  const statuses = new Map(sessions.map(({ id, status }) => [id, status]));
  return Promise.all(
    batches.map((batch) =>
      batch.state.server === root
        ? keepEnds(io, deps, { ...batch, statuses }, sessions)
        : { ...batch, statuses: undefined },
    ),
  );
}
