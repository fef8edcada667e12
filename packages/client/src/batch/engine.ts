import { delayedSignal, linkSignals } from '@skaha/base/signals.js';
import { isFailed, isFinished } from '@skaha/wire/status.js';
import { abortError } from '../client/failures.js';
import { SkahaError } from '../errors/index.js';
import { launchName } from '../session/create.js';
import { EndNotice } from '../session/end-notice.js';
import {
  failedItem,
  failureKind,
  mayHaveLaunched,
  rolledBack,
  unknownItem,
} from './launch-failure.js';
import { listAllSessions, Outage } from './listing.js';
import { errorRecord, type RecordOf } from './records.js';
import { removeSessions, sessionsOfItems } from './remove.js';
import type { SearchResult } from './search.js';
import { mayRetryFailed, retryPause, sortItems } from './sort-items.js';
import { addRecord, type TrackedItem } from './state.js';
import type { BatchOutcome } from './types.js';
import { UnansweredLaunches } from './unanswered.js';
import { type BatchWork, fittingItems, sendLaunch, sendLaunches } from './work.js';

/** How long requests already sent may still take after the caller cancelled, in milliseconds. */
const grace = 2_000;

/** How many launches the first of several requests contains: they begin while the others are read. */
const firstLaunches = 8;

/** The shortest pause between two lists of sessions: in milliseconds, and in times of a list. */
const shortestPause = { milliseconds: 100, lists: 4 };

/** In place of the id of a session if it is unknown whether there is one. */
const lost: unique symbol = Symbol('lost');

/** The id of a session, or why there is none; undefined for an item that was not launched. */
type Found = string | typeof lost | undefined;

/** Works on all items at the same time; throws only once all have been settled. */
async function all(
  items: readonly TrackedItem[],
  work: (item: TrackedItem, place: number) => Promise<void>,
): Promise<void> {
  const results = await Promise.allSettled(items.map(work));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** Launches what is missing of a batch, and follows the sessions whose end matters. */
export class BatchEngine {
  readonly #work: BatchWork;
  readonly #outage: Outage;
  readonly #outcomes = new Queue<BatchOutcome>();
  readonly #stop = new AbortController();
  /** Aborted when nothing more will be launched: pauses before retries end. */
  readonly #closing = new AbortController();
  readonly #signal: AbortSignal;
  readonly #release: () => void;
  readonly #late: ReturnType<typeof delayedSignal>;
  readonly #tasks = new Set<Promise<void>>();
  readonly #ready: TrackedItem[] = [];
  readonly #lost: UnansweredLaunches;
  /** Sessions that have not finished, as far as is known, and how often they were not listed. */
  readonly #active = new Map<TrackedItem, number>();
  readonly #rejections = new Map<TrackedItem, number>();
  /** Launches that were sent and not answered, and the number of their requests. */
  #launching = 0;
  #sending = 0;
  /** The beginning of the keys of this run's launches, if several are sent in one request. */
  #name: string | undefined;
  #hasSent = false;
  #pausing = 0;
  #isWatching = false;
  #failure: { error: unknown } | undefined;
  #rejection: SkahaError | undefined;
  #isRemoving = false;

  constructor(work: BatchWork) {
    this.#work = work;
    const { core, settings } = work;
    this.#outage = new Outage(core, settings.patienceMs);
    this.#lost = new UnansweredLaunches(work, this.#outage, (item, finding) =>
      this.#found(item, finding),
    );
    const linked = linkSignals(settings.signal, core.settings.signal, this.#stop.signal);
    this.#signal = linked.signal;
    this.#release = linked.release;
    this.#late = delayedSignal(core.settings.clock, grace, linked.signal);
  }

  /** Works until the batch is over. If the caller leaves the loop, nothing further is sent. */
  async *run(): AsyncGenerator<BatchOutcome, void> {
    try {
      this.#begin();
      yield* this.#outcomes.values();
    } finally {
      const left = new SkahaError('request.aborted', 'The loop over the batch was left.');
      if (this.#tasks.size > 0) this.#stop.abort(left);
      while (this.#tasks.size > 0) await Promise.allSettled([...this.#tasks]);
      this.#late.release();
      this.#release();
    }
  }

  #begin(): void {
    const { tracker, settings } = this.#work;
    const { ready, lost, active, unknown } = sortItems(tracker, settings);
    this.#ready.push(...ready);
    for (const item of lost) this.#lost.add(item);
    for (const item of active) this.#active.set(item, 0);
    for (const item of unknown) this.#emit(item, 'unknown', { error: unknownItem(item, []) });
    this.#pump();
  }

  #emit(item: TrackedItem, result: BatchOutcome['result'], more: Partial<BatchOutcome> = {}): void {
    const { index, name, row, id, attempts: attempt } = item;
    this.#outcomes.push({ index, name, row, id, attempt, result, found: false, ...more });
  }

  #spawn(task: Promise<void>): void {
    const settled = task
      .catch((error: unknown) => this.#fail(error))
      .then(() => {
        this.#tasks.delete(settled);
        this.#pump();
      });
    this.#tasks.add(settled);
  }

  #fail(error: unknown): void {
    // A pause that was cut short because nothing more is launched is not a failure.
    if (this.#rejection !== undefined && error === this.#rejection) return;
    this.#failure ??= { error: this.#signal.aborted ? abortError(this.#signal.reason) : error };
    if (!this.#stop.signal.aborted) this.#stop.abort(error);
  }

  /** Starts whatever can be started now. */
  #pump(): void {
    if (this.#signal.aborted && this.#failure === undefined) this.#fail(this.#signal.reason);
    if (this.#failure === undefined) {
      if (this.#rejection === undefined) this.#startLaunches();
      if (this.#lost.isWaiting) this.#spawn(this.#lost.search(this.#signal));
      if (this.#mustWatch() && !this.#isWatching) this.#spawn(this.#watch());
    }
    if (this.#tasks.size > 0) return;
    if (this.#rejection !== undefined && this.#failure === undefined && !this.#isRemoving) {
      this.#isRemoving = true;
      this.#spawn(this.#takeBack(this.#rejection));
      return;
    }
    this.#outcomes.end(this.#failure);
  }

  #startLaunches(): void {
    const { concurrency } = this.#work.settings;
    while (this.#sending < concurrency) {
      const items = this.#nextItems();
      if (items.length === 0) return;
      this.#hasSent = true;
      this.#sending += 1;
      this.#launching += items.length;
      this.#spawn(this.#launch(items));
    }
  }

  /** Takes as many items as one request may contain and as `maxActive` allows. */
  #nextItems(): readonly TrackedItem[] {
    const { core, settings } = this.#work;
    const room = settings.maxActive - this.#launching - this.#lost.size - this.#active.size;
    const atOnce = this.#hasSent
      ? core.launchesAtOnce
      : Math.min(firstLaunches, core.launchesAtOnce);
    const most = Math.max(0, Math.min(room, atOnce));
    const items = fittingItems(this.#work, this.#ready.slice(0, most));
    this.#ready.splice(0, items.length);
    return items;
  }

  async #launch(items: readonly TrackedItem[]): Promise<void> {
    const attempt = ({ attempts }: TrackedItem) => attempts + 1;
    try {
      await all(items, (item) =>
        addRecord(this.#work, {
          type: 'intent',
          at: this.#now(),
          item: item.index,
          attempt: attempt(item),
        }),
      );
      const ids = items.length === 1 ? [] : await this.#sendTogether(items);
      await all(items, async (item, place) => {
        const id = ids[place];
        if (id === undefined) await this.#sendAlone(item);
        else if (id === lost) this.#lost.add(item);
        else await this.#launched(item, id, false);
      });
    } finally {
      this.#sending -= 1;
      this.#launching -= items.length;
    }
  }

  /** @returns the id of each that was launched, and `lost` where that is unknown */
  async #sendTogether(items: readonly TrackedItem[]): Promise<readonly Found[]> {
    this.#name ??= launchName();
    const send = (): Promise<readonly Found[]> =>
      sendLaunches(this.#work, items, this.#name ?? '', this.#late.signal);
    try {
      const ids = await send().catch((error: unknown) => {
        if (!mayHaveLaunched(error)) throw error;
        // The keys are the same, so that nothing is launched twice.
        return send().catch(() => items.map((): Found => lost));
      });
      if (!ids.includes(lost)) this.#outage.reset();
      return ids;
    } catch (error) {
      if (!(error instanceof SkahaError)) throw error;
      // Sent one by one, each gets its own error.
      return [];
    }
  }

  async #sendAlone(item: TrackedItem): Promise<void> {
    const id = await sendLaunch(this.#work, item, this.#late.signal).catch((error: unknown) => {
      if (error instanceof SkahaError) return error;
      throw error;
    });
    if (id instanceof SkahaError) return await this.#notLaunched(item, id);
    this.#outage.reset();
    await this.#launched(item, id, false);
  }

  async #launched(item: TrackedItem, id: string, found: boolean): Promise<void> {
    await this.#outcome(item, { result: 'launched', id, ...(found ? { found } : {}) });
    // Only now: if the journal could not be written, a search must still find the session.
    this.#work.core.claimed.add(id);
    this.#active.set(item, 0);
    this.#emit(item, 'launched', { found });
  }

  async #notLaunched(item: TrackedItem, error: SkahaError): Promise<void> {
    const kind = failureKind(error);
    if (kind === 'lost') {
      const facts = { name: item.name, code: error.code };
      this.#work.core.settings.logger.info('The reply to a launch was lost.', facts);
      this.#lost.add(item);
      return;
    }
    const passing = kind !== 'rejected';
    const why = { error: errorRecord(error), ...(passing ? { passing } : {}) };
    await this.#outcome(item, { result: 'refused', ...why });
    if (kind === 'fatal') throw error;
    if (kind === 'passing') this.#spawn(this.#again(item, this.#outage.pauseAfter(error)));
    else this.#rejected(item, error);
  }

  #rejected(item: TrackedItem, error: SkahaError): void {
    const { retries, retryOn, backoffMs, atomic } = this.#work.settings;
    const earlier = this.#rejections.get(item) ?? 0;
    this.#rejections.set(item, earlier + 1);
    if (retryOn.has('rejected') && earlier < retries) {
      this.#emit(item, 'retrying', { error });
      this.#spawn(this.#again(item, retryPause(backoffMs, earlier)));
      return;
    }
    this.#emit(item, 'rejected', { error });
    if (atomic) this.#close(error);
  }

  /** Puts an item back after a pause. */
  async #again(item: TrackedItem, milliseconds: number): Promise<void> {
    if (this.#rejection !== undefined) return;
    const { signal, release } = linkSignals(this.#signal, this.#closing.signal);
    this.#pausing += 1;
    try {
      await this.#work.core.settings.clock.sleep(milliseconds, signal);
      this.#ready.push(item);
    } finally {
      this.#pausing -= 1;
      release();
    }
  }

  /** Acts on what was found out about a launch whose answer was lost. */
  async #found(item: TrackedItem, finding: SearchResult): Promise<void> {
    const { settings } = this.#work;
    if (finding.result === 'found') await this.#launched(item, finding.id, true);
    else if (finding.result === 'unknown') {
      const isGone = finding.ids.length === 0;
      if (settings.resubmitUnknown && isGone) await this.#absent(item);
      else {
        const error = unknownItem(item, finding.ids);
        await this.#outcome(item, { result: 'unknown', error: errorRecord(error) });
        this.#emit(item, 'unknown', { error });
        if (settings.atomic) this.#close(error);
      }
    } else await this.#absent(item);
    this.#pump();
  }

  async #absent(item: TrackedItem): Promise<void> {
    await this.#outcome(item, { result: 'absent' });
    this.#ready.push(item);
  }

  #outcome(
    { index, attempts: attempt }: TrackedItem,
    facts: Omit<RecordOf<'outcome'>, 'at' | 'attempt' | 'item' | 'type'>,
  ): Promise<void> {
    return addRecord(this.#work, {
      type: 'outcome',
      at: this.#now(),
      item: index,
      attempt,
      ...facts,
      result: facts.result as RecordOf<'outcome'>['result'],
    });
  }

  /** Whether it matters when sessions finish. */
  #mustWatch(): boolean {
    if (this.#active.size === 0 || this.#rejection !== undefined) return false;
    const { until, maxActive } = this.#work.settings;
    if (until === 'finished') return true;
    return Number.isFinite(maxActive) && this.#hasWaiting();
  }

  /** Whether some are still to be launched. */
  #hasWaiting(): boolean {
    return this.#ready.length + this.#lost.size + this.#pausing > 0;
  }

  async #watch(): Promise<void> {
    const { core } = this.#work;
    const left = new AbortController();
    const { signal, release } = linkSignals(this.#signal, left.signal);
    const pause = this.#pauses(signal);
    this.#isWatching = true;
    try {
      while (this.#mustWatch()) {
        const asked = [...this.#active.keys()];
        const began = this.#now();
        const { sessions } = await listAllSessions(core, this.#outage, this.#signal);
        const statuses = new Map(sessions.map(({ id, status }) => [id, status]));
        for (const item of asked) await this.#check(item, statuses.get(item.id ?? ''));
        this.#pump();
        if (this.#mustWatch()) await pause(this.#now() - began);
      }
    } finally {
      this.#isWatching = false;
      left.abort();
      release();
    }
  }

  /** Pauses between lists, given how long the last one took; they end early when a session ends. */
  #pauses(signal: AbortSignal): (listMs: number) => Promise<void> {
    const { core, settings } = this.#work;
    const { clock } = core.settings;
    const notice = new EndNotice(core);
    const wait = (own: AbortSignal) => clock.sleep(settings.intervalMs, own);
    let noticed: string | undefined;
    return async (listMs) => {
      const active = [...this.#active.keys()];
      // The end of the first one makes room; if none is left to launch, that of the last one ends the batch.
      const id = active.at(this.#hasWaiting() ? 0 : -1)?.id;
      // A list may still be older than the notice.
      if (id === undefined || id === noticed) return await wait(signal);
      if (!(await notice.pause(id, wait, signal))) return;
      noticed = id;
      const least = Math.max(shortestPause.milliseconds, shortestPause.lists * listMs);
      await clock.sleep(Math.min(least, settings.intervalMs), signal);
    };
  }

  async #check(item: TrackedItem, status: string | undefined): Promise<void> {
    const misses = status === undefined ? (this.#active.get(item) ?? 0) + 1 : 0;
    // A list may be a moment old: only a session that is missing twice is gone.
    if (misses === 1 || (status !== undefined && !isFinished(status))) {
      this.#active.set(item, misses);
      return;
    }
    this.#active.delete(item);
    const end = status === undefined ? 'gone' : isFailed(status) ? 'failed' : 'completed';
    const { index, id = '' } = item;
    await addRecord(this.#work, { type: 'end', at: this.#now(), item: index, id, status: end });
    if (end !== 'failed' || !mayRetryFailed(item, this.#work.settings))
      return this.#emit(item, end);
    this.#emit(item, 'retrying', { error: failedItem(item) });
    const { backoffMs } = this.#work.settings;
    this.#spawn(this.#again(item, retryPause(backoffMs, item.failures - 1)));
  }

  /** Stops launching; when requests already sent are answered, everything is deleted. */
  #close(error: SkahaError): void {
    if (this.#rejection !== undefined) return;
    this.#rejection = error;
    this.#closing.abort(error);
  }

  async #takeBack(error: SkahaError): Promise<void> {
    await addRecord(this.#work, { type: 'cancel', at: this.#now(), reason: 'atomic' });
    const left = await removeSessions(
      {
        ...this.#work,
        signal: this.#signal,
        onRemoved: (item, id) => this.#emit(item, 'removed', { id }),
      },
      sessionsOfItems(this.#work.tracker.items, { earlier: true }),
    );
    throw rolledBack(error, left.length);
  }

  #now(): number {
    return this.#work.core.settings.clock.now();
  }
}

/** Passes values from several producers to one consumer. */
class Queue<T> {
  readonly #values: T[] = [];
  #wake: (() => void) | undefined;
  #ended: { error?: unknown } | undefined;

  push(value: T): void {
    this.#values.push(value);
    this.#wake?.();
  }

  /** Ends the queue; an error is thrown once all values were taken. */
  end(failure: { error?: unknown } = {}): void {
    this.#ended ??= failure;
    this.#wake?.();
  }

  /** The values, as they are pushed. */
  async *values(): AsyncGenerator<T, void> {
    for (;;) {
      const values = this.#values.splice(0);
      yield* values;
      if (this.#values.length > 0) continue;
      if (this.#ended !== undefined) {
        if ('error' in this.#ended) throw this.#ended.error;
        return;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }
}
