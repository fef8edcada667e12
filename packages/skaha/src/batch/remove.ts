import type { ClientCore } from '../client/core.js';
import { settleMany } from '../client/many.js';
import { isSkahaError } from '../errors/index.js';
import type { BatchJournal } from './journal.js';
import type { JournalRecord } from './records.js';
import type { BatchTracker, TrackedItem } from './state.js';

/** What the deletion of a batch's sessions needs. */
export interface Removal {
  core: ClientCore;
  journal: BatchJournal;
  tracker: BatchTracker;
  signal?: AbortSignal | undefined;
  /** Told about each session that was deleted. */
  onRemoved(item: TrackedItem, id: string): void;
}

/**
 * Deletes sessions of a batch and writes it down.
 *
 * @param removal - where, and whom to tell
 * @param items - whose latest sessions to delete
 * @returns the errors of those that could not be deleted
 */
export async function removeSessions(
  { core, journal, tracker, signal, onRemoved }: Removal,
  items: readonly TrackedItem[],
): Promise<{ item: TrackedItem; error: unknown }[]> {
  const outcomes = await settleMany(core, items, { signal }, async (item, _index, own) => {
    const id = item.id ?? '';
    await core
      .request({ method: 'DELETE', path: ['session', id], accept: 'text/plain', id, signal: own })
      .catch((error: unknown) => {
        // Gone is what was asked for.
        if (!isSkahaError(error, 'session.not_found')) throw error;
      });
    const record: JournalRecord = {
      type: 'removed',
      at: core.settings.clock.now(),
      item: item.index,
      id,
    };
    await journal.append(record);
    tracker.apply(record);
    onRemoved(item, id);
  });
  return items.flatMap((item, index) => {
    const error = outcomes[index]?.error;
    return error === undefined ? [] : [{ item, error }];
  });
}
