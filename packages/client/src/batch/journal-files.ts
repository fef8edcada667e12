/**
 * Journals of batches in files of this machine. For Node.js; the batches themselves run anywhere.
 *
 * @packageDocumentation
 */
export type { FileJournal } from './journal-file.js';
export {
  type JobStore,
  type JournalPlace,
  jobStore,
  journalDirectory,
  listJobs,
  type NewJournalOptions,
  type OpenJournalOptions,
  openJournal,
  openNewJournal,
  readJob,
  recordJobEnds,
  removeJob,
  type StartedBatch,
  type StoredBatch,
} from './journal-file-store.js';
