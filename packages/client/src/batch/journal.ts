import type { JournalRecord } from './records.js';

/** Where a batch records each step. */
export interface BatchJournal {
  /** Returns all records so far, in order. */
  read(): Promise<readonly JournalRecord[]>;
  /**
   * Appends a record. Resolves when the record is safely stored; a batch sends no request before
   * that.
   */
  append(record: JournalRecord): Promise<void>;
}

/**
 * Returns a journal in memory. With it a batch can recover from a lost reply, but not from a crash.
 *
 * @param records - its initial records
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
