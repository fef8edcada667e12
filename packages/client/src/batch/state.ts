import type { ErrorDocument } from '../errors/index.js';
import { itemsOf, nameOf } from './items.js';
import type { BatchJournal } from './journal.js';
import { type JournalRecord, type RecordOf, stagedKey } from './records.js';
import type { BatchItem, BatchSpec, ItemPhase, StagedPair } from './types.js';

/** The state of a batch, according to its journal. */
export interface BatchState {
  name: string;
  /** Root of the server it runs on. */
  server: string;
  /** The complete image reference. */
  image: string;
  spec: BatchSpec;
  /** When it began, in milliseconds since the epoch. */
  startedAt: number;
  /** When it last changed. */
  changedAt: number;
  items: readonly BatchItem[];
  /**
   * Why nothing more is launched: the batch was cancelled, or a launch of an atomic batch was
   * rejected.
   */
  cancelled?: 'asked' | 'atomic' | undefined;
  /** Longest time from a launch to its reply, in milliseconds. */
  slowestLaunchMs?: number | undefined;
}

/** An item with what only the search for lost sessions needs. */
export interface TrackedItem extends BatchItem {
  phase: ItemPhase;
  earlierIds: string[];
  /** Sessions of its name that are older than its latest launch, or its own earlier ones. */
  old: ReadonlySet<string>;
}

/** Shared by the items that have none, which are thousands. */
const noSessions: ReadonlySet<string> = new Set();

/**
 * The state of a batch, kept by applying its journal record by record. The journal alone decides:
 * a program that was killed finds the same state again.
 */
export class BatchTracker {
  readonly batch: RecordOf<'batch'>;
  readonly spec: BatchSpec;
  readonly items: readonly TrackedItem[];
  cancelled: 'asked' | 'atomic' | undefined;
  slowestLaunchMs: number | undefined;
  changedAt: number;
  /** The files to transfer; undefined for most batches. */
  staging: { uploads: readonly StagedPair[]; downloads: readonly StagedPair[] } | undefined;
  /** The transfers that are done. */
  readonly staged = new Set<string>();
  readonly #known = new Map<string, Set<string>>();
  readonly #claimed = new Set<string>();

  /** @param batch - the first record of the journal */
  constructor(batch: RecordOf<'batch'>) {
    this.batch = batch;
    this.spec = batch.spec as BatchSpec;
    this.changedAt = batch.at;
    const planned = itemsOf(this.spec);
    this.items = planned.map(({ index, env }) => ({
      index,
      row: env,
      name: nameOf(this.spec, index, planned.length),
      phase: 'pending',
      attempts: 0,
      failures: 0,
      earlierIds: [],
      old: noSessions,
    }));
  }

  /** Builds the state from a whole journal; its first record must be of type `batch`. */
  static of(records: readonly JournalRecord[]): BatchTracker | undefined {
    const [first, ...rest] = records;
    if (first?.type !== 'batch') return undefined;
    const tracker = new BatchTracker(first);
    for (const record of rest) tracker.apply(record);
    return tracker;
  }

  /** Ids of the sessions that belong to items of this batch. */
  get claimed(): ReadonlySet<string> {
    return this.#claimed;
  }

  item(index: number): TrackedItem | undefined {
    return this.items[index - 1];
  }

  /** Applies one more record. */
  apply(record: JournalRecord): void {
    this.changedAt = Math.max(this.changedAt, record.at);
    switch (record.type) {
      case 'batch':
        return;
      case 'run':
        this.#run(record);
        return;
      case 'cancel':
        this.cancelled ??= record.reason;
        return;
      case 'staging':
        this.staging = { uploads: record.uploads, downloads: record.downloads };
        return;
      case 'staged':
        this.staged.add(stagedKey(record));
        return;
      default: {
        const item = this.item(record.item);
        if (item !== undefined) this.#change(item, record);
      }
    }
  }

  snapshot(): BatchState {
    const { batch, spec, cancelled, slowestLaunchMs, changedAt } = this;
    return {
      name: spec.name,
      server: batch.server,
      image: batch.image,
      spec,
      startedAt: batch.at,
      changedAt,
      items: this.items.map(({ old: _old, ...item }) => ({
        ...item,
        earlierIds: [...item.earlierIds],
      })),
      cancelled,
      slowestLaunchMs,
    };
  }

  #run({ known }: RecordOf<'run'>): void {
    for (const [name, ids] of Object.entries(known)) {
      const all = this.#known.get(name) ?? new Set();
      for (const id of ids) all.add(id);
      this.#known.set(name, all);
    }
  }

  #change(item: TrackedItem, record: RecordOf<'end' | 'intent' | 'outcome' | 'removed'>): void {
    if (record.type === 'intent') this.#intent(item, record);
    else if (record.type === 'outcome') this.#outcome(item, record);
    else if (record.id !== item.id) return;
    else if (record.type === 'removed') item.phase = 'removed';
    else {
      item.phase = record.status;
      if (record.status === 'failed') item.failures += 1;
    }
  }

  #intent(item: TrackedItem, { at, attempt }: RecordOf<'intent'>): void {
    if (item.id !== undefined) item.earlierIds.push(item.id);
    item.id = undefined;
    item.error = undefined;
    item.phase = 'unanswered';
    item.attempts = attempt;
    item.sentAt = at;
    // What a later run finds under this name may be this very launch: it must not count as old.
    const known = this.#known.get(item.name.toLowerCase()) ?? [];
    const old = [...known, ...item.earlierIds];
    item.old = old.length === 0 ? noSessions : new Set(old);
  }

  #outcome(item: TrackedItem, record: RecordOf<'outcome'>): void {
    if (record.attempt !== item.attempts || item.phase !== 'unanswered') return;
    item.error = record.error as ErrorDocument | undefined;
    if (record.result === 'launched' && record.id !== undefined) {
      item.id = record.id;
      item.phase = 'launched';
      this.#claimed.add(record.id);
      if (record.found !== true) this.#measure(record.at - (item.sentAt ?? record.at));
    } else if (record.result === 'unknown') item.phase = 'unknown';
    else if (record.result === 'refused' && record.passing !== true) item.phase = 'rejected';
    else item.phase = 'pending';
  }

  #measure(milliseconds: number): void {
    this.slowestLaunchMs = Math.max(this.slowestLaunchMs ?? 0, milliseconds);
  }
}

/** Writes a record to the journal of a batch, then applies it. */
export async function addRecord(
  { journal, tracker }: { journal: BatchJournal; tracker: BatchTracker },
  record: JournalRecord,
): Promise<void> {
  await journal.append(record);
  tracker.apply(record);
}

/**
 * Works out the state of a batch from its journal.
 *
 * @param records - from `BatchJournal.read`
 * @returns undefined for a journal whose batch was never started
 * @example
 * ```ts
 * import { batchState, memoryJournal } from 'skaha/batch';
 *
 * const state = batchState(await memoryJournal().read());
 * console.log(state?.items.filter(({ phase }) => phase === 'launched').length);
 * ```
 */
export function batchState(records: readonly JournalRecord[]): BatchState | undefined {
  return BatchTracker.of(records)?.snapshot();
}

const missing = new Set<ItemPhase>(['pending', 'rejected', 'unanswered', 'unknown']);

/** Returns the items that have no session yet, according to the journal. */
export const missingItems = (state: Pick<BatchState, 'items'>): BatchItem[] =>
  state.items.filter(({ phase }) => missing.has(phase));
