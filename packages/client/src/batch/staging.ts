import { Semaphore } from '@skaha/base/semaphore.js';
import {
  type FailedItem,
  isSkahaError,
  PartialError,
  SkahaError,
  ValidationError,
} from '../errors/index.js';
import { stagedKey } from './records.js';
import { addRecord, type BatchTracker, missingItems, type TrackedItem } from './state.js';
import type { BatchOutcome, BatchStaging, StagedEvent, StagedPair } from './types.js';
import type { BatchWork } from './work.js';

/** One pair with the values of the items that name it. */
interface Task extends StagedPair {
  direction: 'download' | 'upload';
  items: readonly TrackedItem[];
}

const pattern = /\{\{|\}\}|\{([^{}]*)\}/g;

function filled(text: string, item: TrackedItem): string {
  const values: Record<string, string> = {
    ...item.row,
    name: item.name,
    REPLICA_ID: String(item.index),
  };
  return text.replace(pattern, (found, name: string | undefined) => {
    if (name === undefined) return found.charAt(0);
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value !== undefined) return value;
    throw new ValidationError(
      [{ path: 'staging', message: `${item.name} has no value for {${name}} in ${text}.` }],
      `It has ${Object.keys(values)
        .map((one) => `{${one}}`)
        .join(', ')}; write a literal brace twice.`,
    );
  });
}

/**
 * What is to be moved, each pair once.
 *
 * @throws {ValidationError} `request.invalid` for a placeholder without a value, and for two sources
 *   that would get one place
 */
export function stagedTasks(tracker: BatchTracker, direction: Task['direction']): Task[] {
  const pairs = tracker.staging?.[direction === 'upload' ? 'uploads' : 'downloads'] ?? [];
  const tasks = new Map<string, Task & { items: TrackedItem[] }>();
  const sources = new Map<string, string>();
  for (const pair of pairs) {
    for (const item of tracker.items) {
      const [from, to] = [filled(pair.from, item), filled(pair.to, item)];
      const other = sources.get(to);
      if (other !== undefined && other !== from && !to.endsWith('/')) {
        const message = `${other} and ${from} would both become ${to}.`;
        throw new ValidationError([{ path: 'staging', message }], 'Put {name} into the target.');
      }
      sources.set(to, from);
      const key = `${from}\0${to}`;
      const task = tasks.get(key) ?? { from, to, direction, items: [] };
      if (!task.items.includes(item)) task.items.push(item);
      tasks.set(key, task);
    }
  }
  return [...tasks.values()];
}

const isDone = ({ staged }: BatchTracker, { direction, from, to }: Task): boolean =>
  staged.has(stagedKey({ direction, from, to }));

/** Whether outputs of a batch can still be fetched. */
export const hasDownloadsLeft = (tracker: BatchTracker): boolean =>
  stagedTasks(tracker, 'download').some((task) => !isDone(tracker, task));

/** The phases, and the results, of items that nothing more happens to. */
const finalPhases = new Set<string>([
  'completed',
  'failed',
  'gone',
  'rejected',
  'removed',
  'unknown',
]);

/** Sessions that nobody saw end may have written what they should. */
const mayHaveOutput = ({ phase }: TrackedItem): boolean =>
  phase === 'completed' || phase === 'gone';

/** Trees at the same time; in each of them several files are under way. */
const concurrentMoves = 2;

/** Moves the files of one run of a batch. */
export class BatchStager {
  readonly #work: BatchWork;
  readonly #staging: BatchStaging | undefined;
  readonly #signal: AbortSignal;
  readonly #downloads: readonly Task[];
  readonly #begun = new Set<Task>();
  readonly #tasks = new Set<Promise<void>>();
  readonly #places = new Semaphore(concurrentMoves);
  readonly #done: StagedPair[] = [];
  readonly #failed: FailedItem[] = [];

  /** @throws {ValidationError} `request.invalid` when there is something to move and nobody to do it */
  constructor(work: BatchWork, staging: BatchStaging | undefined, signal: AbortSignal) {
    this.#work = work;
    this.#staging = staging;
    this.#signal = signal;
    this.#downloads = stagedTasks(work.tracker, 'download');
    const isNeeded = work.tracker.staging !== undefined;
    if (isNeeded && staging === undefined) {
      throw new ValidationError(
        [{ path: 'staging', message: 'The batch has files to move.' }],
        'Give staging.move.',
      );
    }
  }

  /** Moves what items that have no session yet need. */
  async upload(): Promise<void> {
    for (const task of stagedTasks(this.#work.tracker, 'upload')) {
      if (isDone(this.#work.tracker, task)) continue;
      if (missingItems(task).length === 0) continue;
      await this.#move(task);
    }
  }

  /** Begins to fetch what an outcome makes ready. */
  onOutcome({ index, result }: Pick<BatchOutcome, 'index' | 'result'>): void {
    if (!finalPhases.has(result)) return;
    for (const task of this.#downloads) {
      if (task.items.some((item) => item.index === index)) this.#consider(task);
    }
  }

  /** Fetches what is ready and was not fetched, and waits until all of it is here. */
  async finish(): Promise<void> {
    for (const task of this.#downloads) this.#consider(task);
    await this.settled();
    this.#signal.throwIfAborted();
    if (this.#failed.length === 0) return;
    const total = this.#done.length + this.#failed.length;
    throw new PartialError(
      `Could not fetch ${this.#failed.length} of ${total} outputs.`,
      this.#done,
      this.#failed,
      { hint: 'The sessions have ended; resume the batch to try again.' },
    );
  }

  /** Waits for what is under way, whatever becomes of it. */
  async settled(): Promise<void> {
    while (this.#tasks.size > 0) await Promise.all(this.#tasks);
  }

  #consider(task: Task): void {
    if (this.#begun.has(task) || isDone(this.#work.tracker, task)) return;
    const isReady =
      task.items.every(({ phase }) => finalPhases.has(phase)) && task.items.some(mayHaveOutput);
    if (!isReady || this.#signal.aborted) return;
    this.#begun.add(task);
    const running = this.#places
      .run(this.#signal, () => this.#move(task))
      .then(() => void this.#done.push(task))
      .catch((error: unknown) => {
        if (this.#signal.aborted) return;
        const reason = isSkahaError(error) ? error : unexpected(error);
        this.#failed.push({
          index: (task.items[0]?.index ?? 1) - 1,
          item: task.from,
          error: reason,
        });
      })
      .then(() => void this.#tasks.delete(running));
    this.#tasks.add(running);
  }

  async #move(task: Task): Promise<void> {
    const { direction, from, to, items } = task;
    const event = { direction, from, to, items: items.map(({ name }) => name) };
    const report = (result: StagedEvent['result'], error?: SkahaError) =>
      this.#staging?.onStaged?.({ ...event, result, error });
    report('begun');
    try {
      await this.#staging?.move({ direction, from, to, signal: this.#signal });
    } catch (error) {
      if (!this.#signal.aborted) report('failed', isSkahaError(error) ? error : unexpected(error));
      throw error;
    }
    const at = this.#work.core.settings.clock.now();
    await addRecord(this.#work, { type: 'staged', at, direction, from, to });
    report('done');
  }
}

const unexpected = (cause: unknown): SkahaError =>
  new SkahaError('storage.local', cause instanceof Error ? cause.message : String(cause), {
    cause,
    hint: 'Try again.',
  });
