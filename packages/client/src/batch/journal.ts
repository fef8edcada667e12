import type { JournalRecord } from './records.js';

/** Where a batch writes down what it does. */
export interface BatchJournal {
  /** Everything written so far, in order. */
  read(): Promise<readonly JournalRecord[]>;
  /**
   * Writes one record. Resolves when nothing can make it unwritten any more: a batch sends no
   * request before that.
   */
  append(record: JournalRecord): Promise<void>;
}

/**
 * A journal that lives as long as the program: enough to ride out lost answers, not to survive a
 * crash.
 *
 * @param records - what is in it already
 */
export function memoryJournal(records: readonly JournalRecord[] = []): BatchJournal {
  const written = [...records];
  return {
    read: async () => [...written],
    append: async (record) => {
      written.push(record);
    },
  };
}
