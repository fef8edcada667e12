import { type Io, note } from '@skaha/terminal/io.js';
import { didYouMean } from '@skaha/terminal/nearest.js';
import { plain } from '@skaha/terminal/output/text.js';
import { isSkahaError, type SessionInfo, SkahaError } from 'skaha';
import { type BatchProgress, type BatchState, batchProgress, batchState } from 'skaha/batch';
import type { FileJournal, JobStore, StartedBatch, StoredBatch } from 'skaha/batch/journal';
import type { Deps } from '../../deps.js';
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
