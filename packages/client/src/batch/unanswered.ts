import { listAllSessions, type Outage, type SessionList } from './listing.js';
import { type SearchResult, searchLaunch, settleTime } from './search.js';
import type { TrackedItem } from './state.js';
import type { BatchWork } from './work.js';

const firstPause = 200;
const longestPause = 4_000;

/** Launches whose answer was lost, now or in an earlier run, and the search for their sessions. */
export class UnansweredLaunches {
  readonly #work: BatchWork;
  readonly #outage: Outage;
  readonly #conclude: (item: TrackedItem, finding: SearchResult) => Promise<void>;
  readonly #items = new Set<TrackedItem>();
  #isSearching = false;

  /**
   * @param work - the batch
   * @param outage - of the platform, while it is out of reach
   * @param conclude - called with what became of each launch
   */
  constructor(
    work: BatchWork,
    outage: Outage,
    conclude: (item: TrackedItem, finding: SearchResult) => Promise<void>,
  ) {
    this.#work = work;
    this.#outage = outage;
    this.#conclude = conclude;
  }

  /** How many are searched for. */
  get size(): number {
    return this.#items.size;
  }

  /** Whether there is something to search for and nobody does. */
  get isWaiting(): boolean {
    return this.#items.size > 0 && !this.#isSearching;
  }

  add(item: TrackedItem): void {
    this.#items.add(item);
  }

  /** Searches until it is clear what became of every launch. */
  async search(signal: AbortSignal): Promise<void> {
    const { core } = this.#work;
    this.#isSearching = true;
    try {
      for (let pause = firstPause; ; ) {
        // One list serves all: many answers are lost at once when a connection breaks.
        const asked = [...this.#items];
        const seen = await listAllSessions(core, this.#outage, signal);
        for (const item of asked) await this.#search(item, seen);
        if (this.#items.size === 0) return;
        const isFresh = [...this.#items].some((item) => !asked.includes(item));
        pause = isFresh ? firstPause : Math.min(longestPause, pause * 2);
        await core.settings.clock.sleep(pause, signal);
      }
    } finally {
      this.#isSearching = false;
    }
  }

  async #search(item: TrackedItem, seen: SessionList): Promise<void> {
    const { core, tracker, plan, settings } = this.#work;
    const { image, kind } = plan;
    const taken = (id: string) => tracker.claimed.has(id) || core.claimed.has(id);
    const settleMs = settings.settleMs ?? settleTime(tracker.slowestLaunchMs);
    const limits = { settleMs, keepMs: settings.keepMs };
    const finding = searchLaunch(item, seen, { image, kind, taken }, limits);
    if (finding.result === 'open') return;
    this.#items.delete(item);
    await this.#conclude(item, finding);
  }
}
