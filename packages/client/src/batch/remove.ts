import type { ClientCore } from '../client/core.js';
import { settleMany } from '../client/many.js';
import { deleteOne } from '../session/destroy.js';
import type { BatchJournal } from './journal.js';
import { addRecord, type BatchTracker, type TrackedItem } from './state.js';

/** One session of an item: its latest, or one that failed before it was tried again. */
export interface ItemSession {
  item: TrackedItem;
  id: string;
}

/** A session that could not be deleted. */
interface FailedRemoval {
  session: ItemSession;
  error: unknown;
}

/** The latest session of each item, and those that failed before it when asked. */
export const sessionsOfItems = (
  items: readonly TrackedItem[],
  { earlier }: { earlier: boolean },
): ItemSession[] =>
  items.flatMap((item) =>
    [
      ...(earlier ? item.earlierIds : []),
      ...(item.id === undefined || item.phase === 'gone' ? [] : [item.id]),
    ].map((id) => ({ item, id })),
  );

/** What the deletion of a batch's sessions needs. */
export interface Removal {
  core: ClientCore;
  journal: BatchJournal;
  tracker: BatchTracker;
  signal?: AbortSignal | undefined;
  /** Called for each session that was deleted. */
  onRemoved(item: TrackedItem, id: string): void;
}

/**
 * Deletes sessions of a batch, and records that in the journal.
 *
 * @param removal - where, and what to call for each
 * @param sessions - which, and of which items
 * @returns those that could not be deleted, with the reasons
 */
export async function removeSessions(
  { core, journal, tracker, signal, onRemoved }: Removal,
  sessions: readonly ItemSession[],
): Promise<FailedRemoval[]> {
  const outcomes = await settleMany(core, sessions, { signal }, async ({ item, id }, _, own) => {
    await deleteOne(core, { path: ['session', id], id }, { signal: own });
    const at = core.settings.clock.now();
    await addRecord({ journal, tracker }, { type: 'removed', at, item: item.index, id });
    onRemoved(item, id);
  });
  return sessions.flatMap((session, index) => {
    const error = outcomes[index]?.error;
    return error === undefined ? [] : [{ session, error }];
  });
}
