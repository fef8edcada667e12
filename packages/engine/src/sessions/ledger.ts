import type { Capacity, UserShare } from './capacity.js';
import { holdsResources, type SessionRecord } from './record.js';
import { shareOf, Turns, WaitingUsers } from './turns.js';

const nothing: UserShare = { cores: 0, memory: 0, sessions: 0 };

const isQueued = (record: SessionRecord | undefined): record is SessionRecord =>
  record?.life.phase === 'queued';

const isHeld = (record: SessionRecord | undefined): record is SessionRecord =>
  record !== undefined && holdsResources(record.life);

/**
 * Which resources are in use, by whom, and which sessions wait: updated with each change of a
 * session, so that no decision has to scan all of them.
 */
export class Ledger {
  readonly #capacity: Capacity;
  readonly #held = new Map<string, SessionRecord>();
  readonly #used = new Map<string, UserShare>();
  readonly #waiting = new WaitingUsers();
  /** The turns of users: where each continues, and how far they have come. */
  readonly #next = new Map<string, number>();
  #now = 0;
  #total = nothing;

  constructor(capacity: Capacity) {
    this.#capacity = capacity;
  }

  /** Sessions that hold cores and memory. */
  get held(): ReadonlyMap<string, SessionRecord> {
    return this.#held;
  }

  /** Waiting sessions, by key. */
  get queued(): ReadonlyMap<string, SessionRecord> {
    return this.#waiting.queued;
  }

  /** What all sessions use together. */
  get used(): UserShare {
    return this.#total;
  }

  usedBy(owner: string): UserShare {
    return this.#used.get(owner) ?? nothing;
  }

  /** Waiting sessions, in the order of their turns. */
  turns(): Turns {
    return new Turns(this.#waiting, { now: this.#now, next: this.#next }, this.#capacity);
  }

  /**
   * Applies a change of a session.
   *
   * @param before - undefined for a new session
   * @param after - undefined for a session that no longer exists
   */
  change(before: SessionRecord | undefined, after: SessionRecord | undefined): void {
    if (isHeld(before) && isHeld(after)) this.#held.set(after.key, after);
    else if (isHeld(before)) this.#give(before, -1);
    else if (isHeld(after)) this.#give(after, 1);
    if (isQueued(after)) this.#waiting.set(after);
    else if (isQueued(before)) this.#waiting.drop(before);
    if (after !== undefined) this.hadTurn(after);
  }

  /** Records the turn of a session, which still counts after its end. */
  hadTurn(record: SessionRecord): void {
    const { owner, life } = record;
    if (life.turn === undefined) return;
    this.#now = Math.max(this.#now, life.turn);
    const after = life.turn + shareOf(record, this.#capacity);
    this.#next.set(owner, Math.max(after, this.#next.get(owner) ?? 0));
  }

  #give(record: SessionRecord, sign: 1 | -1): void {
    if (sign > 0) this.#held.set(record.key, record);
    else this.#held.delete(record.key);
    const own = plus(this.usedBy(record.owner), record.resources, sign);
    if (own.sessions === 0) this.#used.delete(record.owner);
    else this.#used.set(record.owner, own);
    // Sums of decimals drift, so they restart from exactly 0 when nothing is in use.
    this.#total = this.#held.size === 0 ? nothing : plus(this.#total, record.resources, sign);
  }
}

/** What is in use after a session of this size has started, or ended. */
export function plus(taken: UserShare, { cores, memory }: Capacity, sign: 1 | -1 = 1): UserShare {
  return {
    cores: taken.cores + sign * cores,
    memory: taken.memory + sign * memory,
    sessions: taken.sessions + sign,
  };
}
