import { isFinished, listLagMs } from '@skaha/wire/status.js';
import type { ClientCore } from '../client/core.js';
import { type ClientHolder, coreOf } from '../client/source.js';
import { type FailedItem, PartialError, SkahaError } from '../errors/index.js';
import type { BatchJournal } from './journal.js';
import { listAllSessions, Outage, type SessionList } from './listing.js';
import { endsOf } from './record-ends.js';
import { removeSessions, sessionsOfItems } from './remove.js';
import { trackerOf } from './run.js';
import { searchLaunch } from './search.js';
import { addRecord, type BatchState, type BatchTracker, missingItems } from './state.js';
import type { BatchItem } from './types.js';

/** How to cancel a batch. */
export interface CancelOptions {
  /** The journal of the batch. */
  journal: BatchJournal;
  /** Also delete finished sessions. @defaultValue false */
  finished?: boolean | undefined;
  signal?: AbortSignal | undefined;
  /** Called for each session as soon as it is deleted, with the total. */
  onRemoved?: ((session: { id: string; name: string }, total: number) => void) | undefined;
}

/**
 * Cancels a batch: launches nothing more, and deletes its unfinished sessions. The batch cannot be
 * resumed. Cancelling again deletes anything that was left over. Cancelling does not change a batch
 * that has already ended.
 *
 * @param client - connected to the server on which the batch began
 * @param options - the journal, and whether finished sessions are deleted as well
 * @returns the state of the batch afterwards
 * @throws {PartialError} `partial.failure` if some sessions could not be deleted
 * @throws {SkahaError} `batch.not_found`, `batch.other_server`
 * @example
 * ```ts
 * import { SkahaClient } from 'skaha';
 * import { cancelBatch } from 'skaha/batch';
 * import { openJournal } from 'skaha/batch/journal';
 *
 * await using skaha = new SkahaClient();
 * await using journal = await openJournal('fit');
 * await cancelBatch(skaha, { journal });
 * ```
 */
export async function cancelBatch(
  client: ClientHolder,
  options: CancelOptions,
): Promise<BatchState> {
  const core = coreOf(client);
  const { journal, signal } = options;
  const batch: CancelledBatch = { core, journal, tracker: await trackerOf(core, journal), signal };
  const { tracker } = batch;
  // Only a batch of which everything was launched can have ended, and that one stays as it is.
  const early = missingItems(tracker).length === 0 ? await recordListedEnds(batch) : undefined;
  const isOver = early !== undefined && hasEnded(tracker.items, early);
  // Written first: a program that is killed now must not launch more when it is started again.
  if (tracker.cancelled === undefined && !isOver) {
    await addRecord(batch, { type: 'cancel', at: core.settings.clock.now(), reason: 'asked' });
  }
  const seen = early ?? (await recordListedEnds(batch));
  await findUnanswered(batch, seen);
  await deleteSessions(batch, seen, options);
  return tracker.snapshot();
}

interface CancelledBatch {
  core: ClientCore;
  journal: BatchJournal;
  tracker: BatchTracker;
  signal: AbortSignal | undefined;
}

/** Lists all sessions once, and records which of the batch have ended. */
async function recordListedEnds(batch: CancelledBatch): Promise<SessionList> {
  const { core, tracker, signal = new AbortController().signal } = batch;
  const seen = await listAllSessions(core, new Outage(core, 0), signal);
  for (const record of endsOf(tracker.items, seen.sessions, seen.at))
    await addRecord(batch, record);
  return seen;
}

/** Whether no session of a batch goes on; one that is not listed any more has ended. */
function hasEnded(items: readonly BatchItem[], { at, sessions }: SessionList): boolean {
  const statuses = new Map(sessions.map(({ id, status }) => [id, status]));
  return items.every(({ id = '', phase, sentAt = 0 }) => {
    const status = statuses.get(id);
    return status === undefined
      ? phase !== 'launched' || at - sentAt > listLagMs
      : isFinished(status);
  });
}

/** Finds the sessions of launches that were never answered, so that they are deleted as well. */
async function findUnanswered(batch: CancelledBatch, seen: SessionList): Promise<void> {
  const { core, tracker } = batch;
  const likeness = {
    image: tracker.batch.image,
    kind: (tracker.spec.kind ?? 'headless').trim().toLowerCase(),
    taken: (id: string) => tracker.claimed.has(id),
  };
  const limits = { settleMs: Number.POSITIVE_INFINITY, keepMs: Number.POSITIVE_INFINITY };
  for (const item of tracker.items.filter(({ phase }) => phase === 'unanswered')) {
    const finding = searchLaunch(item, seen, likeness, limits);
    if (finding.result !== 'found') continue;
    await addRecord(batch, {
      type: 'outcome',
      at: core.settings.clock.now(),
      item: item.index,
      attempt: item.attempts,
      result: 'launched',
      id: finding.id,
      found: true,
    });
  }
}

/** @throws {PartialError} `partial.failure` if some could not be deleted */
async function deleteSessions(
  batch: CancelledBatch,
  seen: SessionList,
  { finished = false, onRemoved }: CancelOptions,
): Promise<void> {
  const statuses = new Map(seen.sessions.map(({ id, status }) => [id, status]));
  const sessions = sessionsOfItems(batch.tracker.items, { earlier: finished }).filter(({ id }) => {
    const status = statuses.get(id);
    return status !== undefined && (finished || !isFinished(status));
  });
  const left = await removeSessions(
    { ...batch, onRemoved: ({ name }, id) => onRemoved?.({ id, name }, sessions.length) },
    sessions,
  );
  if (left.length === 0) return;
  const removed = sessions
    .filter((session) => !left.some((one) => one.session === session))
    .map(({ item: { name }, id }) => ({ name, id }));
  const failed = left.map(
    ({ session: { item }, error }): FailedItem => ({
      index: item.index - 1,
      item: item.name,
      error: error instanceof SkahaError ? error : new SkahaError('internal', String(error)),
    }),
  );
  const message = `Could not delete ${left.length} of ${sessions.length} sessions.`;
  throw new PartialError(message, removed, failed);
}
