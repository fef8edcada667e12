import { isFailed, isFinished } from '@skaha/wire/status.js';
import type { BatchJournal } from './journal.js';
import type { RecordOf } from './records.js';
import { addRecord, type BatchState, BatchTracker } from './state.js';
import type { BatchItem } from './types.js';

/**
 * Records in the journal how sessions of a batch ended, even if no program waited for them. The
 * platform forgets finished sessions after a while; the journal does not.
 *
 * @param journal - of the batch, open for writing
 * @param sessions - as they were listed; those of other batches, and what has not finished, are
 *   passed over
 * @param at - when they were listed, in milliseconds since the epoch
 * @returns the state of the batch afterwards; undefined for a journal whose batch was never started
 * @throws {SkahaError} `batch.journal_unwritable`
 * @example
 * ```ts
 * import { SkahaClient } from 'skaha';
 * import { recordEnds } from 'skaha/batch';
 * import { openJournal } from 'skaha/batch/journal';
 *
 * await using skaha = new SkahaClient();
 * await using journal = await openJournal('fit');
 * const state = await recordEnds(journal, await skaha.sessions.fetch(), Date.now());
 * console.log(state?.items.filter(({ phase }) => phase === 'failed').length, 'failed');
 * ```
 */
export async function recordEnds(
  journal: BatchJournal,
  sessions: readonly { id: string; status: string }[],
  at: number,
): Promise<BatchState | undefined> {
  const tracker = BatchTracker.of(await journal.read());
  if (tracker === undefined) return undefined;
  for (const record of endsOf(tracker.items, sessions, at))
    await addRecord({ journal, tracker }, record);
  return tracker.snapshot();
}

/** The records of ends that a list of sessions shows and a journal does not have. */
export function endsOf(
  items: readonly BatchItem[],
  sessions: readonly { id: string; status: string }[],
  at: number,
): RecordOf<'end'>[] {
  const statuses = new Map(sessions.map(({ id, status }) => [id, status]));
  return items.flatMap(({ index, id = '', phase }): RecordOf<'end'>[] => {
    const status = statuses.get(id);
    if (phase !== 'launched' || status === undefined || !isFinished(status)) return [];
    const end = isFailed(status) ? 'failed' : 'completed';
    return [{ type: 'end', at, item: index, id, status: end }];
  });
}
