import { isFinished, listLagMs } from '@skaha/wire/status.js';
import { type ClientHolder, coreOf } from '../client/source.js';
import { type FailedItem, PartialError, SkahaError } from '../errors/index.js';
import { endsOf } from './ends.js';
import type { BatchJournal } from './journal.js';
import { type Look, look, Patience } from './look.js';
import { type Removal, removeSessions, sessionsOfItems } from './remove.js';
import { trackerOf } from './run.js';
import { searchLaunch } from './search.js';
import { type BatchState, missingItems } from './state.js';
import type { BatchItem } from './types.js';
import { note } from './work.js';

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
  { journal, finished = false, signal, onRemoved }: CancelOptions,
): Promise<BatchState> {
  const core = coreOf(client);
  const { clock } = core.settings;
  const tracker = await trackerOf(core, journal);
  const work = { journal, tracker };
  const own = signal ?? new AbortController().signal;
  const ask = async () => {
    const found = await look(core, new Patience(core, 0), own);
    for (const record of endsOf(tracker.items, found.sessions, found.at)) await note(work, record);
    return found;
  };
  const early = missingItems(tracker).length === 0 ? await ask() : undefined;
  const isOver = early !== undefined && hasEnded(tracker.items, early);
  // Written first: a program that is killed now must not launch more when it is started again.
  if (tracker.cancelled === undefined && !isOver) {
    await note(work, { type: 'cancel', at: clock.now(), reason: 'asked' });
  }
  const seen = early ?? (await ask());
  const likeness = {
    image: tracker.batch.image,
    kind: (tracker.spec.kind ?? 'headless').trim().toLowerCase(),
    taken: (id: string) => tracker.claimed.has(id),
  };
  const limits = { settleMs: Number.POSITIVE_INFINITY, keepMs: Number.POSITIVE_INFINITY };
  for (const item of tracker.items.filter(({ phase }) => phase === 'unanswered')) {
    const finding = searchLaunch(item, seen, likeness, limits);
    if (finding.result !== 'found') continue;
    const { index, attempts: attempt } = item;
    await note(work, {
      ...{ type: 'outcome', at: clock.now(), item: index, attempt },
      ...{ result: 'launched', id: finding.id, found: true },
    });
  }
  const statuses = new Map(seen.sessions.map(({ id, status }) => [id, status]));
  const sessions = sessionsOfItems(tracker.items, { earlier: finished }).filter(({ id }) => {
    const status = statuses.get(id);
    return status !== undefined && (finished || !isFinished(status));
  });
  const tell: Removal['onRemoved'] = ({ name }, id) => onRemoved?.({ id, name }, sessions.length);
  const removal = { core, journal, tracker, signal, onRemoved: tell };
  const left = await removeSessions(removal, sessions);
  if (left.length === 0) return tracker.snapshot();
  const failed = left.map(
    ({ session: { item }, error }): FailedItem => ({
      index: item.index - 1,
      item: item.name,
      error: error instanceof SkahaError ? error : new SkahaError('internal', String(error)),
    }),
  );
  throw new PartialError(
    `Could not delete ${left.length} of ${sessions.length} sessions.`,
    sessions
      .filter((session) => !left.some((one) => one.session === session))
      .map(({ item: { name }, id }) => ({ name, id })),
    failed,
  );
}

/** Whether no session of a batch goes on; one that is not listed any more has ended. */
function hasEnded(items: readonly BatchItem[], { at, sessions }: Look): boolean {
  const statuses = new Map(sessions.map(({ id, status }) => [id, status]));
  return items.every(({ id = '', phase, sentAt = 0 }) => {
    const status = statuses.get(id);
    return status === undefined
      ? phase !== 'launched' || at - sentAt > listLagMs
      : isFinished(status);
  });
}
