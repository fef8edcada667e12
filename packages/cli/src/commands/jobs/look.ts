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

/** The error for a name that no batch has, with the name that was probably meant. */
async function unknownJob(store: JobStore, job: string): Promise<SkahaError> {
  const known = (await store.list()).map((one) => one.job);
  return new SkahaError('batch.not_found', `There is no batch '${plain(job)}'.`, {
    id: job,
    hint: didYouMean(job, known, "See them with 'skaha jobs ls'."),
  });
}

/** Waits for work on a batch that must exist; the name may be one that no batch can have. */
const withGuess = <Result>(store: JobStore, job: string, work: Promise<Result>): Promise<Result> =>
  work.catch(async (error: unknown) => {
    const isUnknown =
      isSkahaError(error, 'batch.not_found') || isSkahaError(error, 'request.invalid');
    throw isUnknown ? await unknownJob(store, job) : error;
  });

/**
 * Reads the journal of a batch.
 *
 * @throws {SkahaError} batch.not_found, with the name that was probably meant
 */
export async function readKnownJob(deps: Deps, job: string): Promise<StartedBatch> {
  const store = await deps.jobs();
  return await withGuess(store, job, store.read(job));
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
): Promise<{ journal: FileJournal; state: BatchState }> {
  const store = await deps.jobs();
  const journal = await withGuess(store, job, store.open(job, signal, { mustExist: true }));
  const state = batchState(await journal.read());
  if (state !== undefined) return { journal, state };
  await journal.close();
  throw await unknownJob(store, job);
}

/** All sessions of the server that is meant; undefined when it cannot be asked. */
async function listSessions(
  io: Io,
  deps: Deps,
): Promise<{ root: string; sessions: readonly SessionInfo[] } | undefined> {
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
const hasActiveSessions = ({ state }: StartedBatch): boolean =>
  state.items.some(({ phase }) => phase === 'launched');

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
  const listed = open.length === 0 ? undefined : await listSessions(io, deps);
  if (listed === undefined) return batches.map(withoutAsking);
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
  const at = deps.now();
  const statuses = new Map(sessions.map(({ id, status }) => [id, status]));
  const store = await deps.jobs();
  return Promise.all(
    batches.map(async (batch) => {
      if (batch.state.server !== root) return withoutAsking(batch);
      const kept = await keepEnds(batch, sessions, store, deps, io.signal);
      return { ...kept, progress: batchProgress(kept.state, { statuses, at }) };
    }),
  );
}

/** Asks how the sessions of one batch do, as {@link lookAt} does. */
export async function lookAtOne(
  io: Io,
  deps: Deps,
  batch: StartedBatch,
  matters?: (batch: StartedBatch) => boolean,
): Promise<LookedBatch> {
  const [looked] = await lookAt(io, deps, [batch], matters);
  return looked ?? withoutAsking(batch);
}
