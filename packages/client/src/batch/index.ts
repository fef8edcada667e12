/**
 * Batches that survive: many sessions launched as one, with a journal from which a batch continues
 * after a crash, a lost network or a full platform.
 *
 * @packageDocumentation
 */
export { type CancelOptions, cancelBatch } from './cancel.js';
export { type GatheredItem, type GatherOptions, gatherBatch } from './gather.js';
export { maximumItems, parseArray } from './items.js';
export { type BatchJournal, memoryJournal } from './journal.js';
export {
  type BatchProgress,
  batchProgress,
  type ListedItem,
  type StatusList,
} from './progress.js';
export { recordEnds } from './record-ends.js';
export { type JournalRecord, journalRecordSchema } from './records.js';
export { checkBatch, planBatch } from './requests.js';
export { parseCsv, parseJsonLines, type Row, rowOf } from './rows.js';
export { resumeBatch, runBatch } from './run.js';
export {
  failedSessions,
  launchedSessions,
  type SettledBatch,
  type SettleOptions,
  settleBatch,
} from './settled-batch.js';
export { type BatchState, batchState, missingItems } from './state.js';
export {
  type BatchItem,
  type BatchOptions,
  type BatchOutcome,
  type BatchPlan,
  type BatchSpec,
  type BatchStaging,
  type BatchTemplate,
  type ItemPhase,
  itemPhases,
  type ResumeOptions,
  type RetryReason,
  type RowValue,
  type StagedEvent,
  type StagedMove,
  type StagedPair,
} from './types.js';
