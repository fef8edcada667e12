import type { Capacity } from './capacity.js';
import type { SessionRecord } from './record.js';

/** A waiting session with its position in the order of starts. */
export interface Turn {
  readonly session: SessionRecord;
  /** Its position in the order: what its owner has had so far, in shares of the machine. */
  readonly turn: number;
}

/** A lower bound, so that nobody can start any number of tiny sessions in one turn. */
const smallestShare = 1e-6;

/** The larger of its shares of cores and memory. */
export const shareOf = ({ resources }: SessionRecord, capacity: Capacity): number =>
  Math.max(resources.cores / capacity.cores, resources.memory / capacity.memory, smallestShare);

/**
 * The waiting sessions of a user in order of arrival. Those that have left are skipped, and removed
 * once there are many: removing each one at once would move all those behind it.
 */
class Line {
  #keys: string[] = [];
  #head = 0;
  #left = 0;

  add(key: string): void {
    this.#keys.push(key);
  }

  /** Notes that a session has left, which is no longer in `queued`. */
  leave(queued: ReadonlyMap<string, SessionRecord>): void {
    this.#left += 1;
    while (this.#head < this.#keys.length && !queued.has(this.#keys[this.#head] ?? '')) {
      this.#head += 1;
      this.#left -= 1;
    }
    if (this.#head + this.#left <= 64 + this.#keys.length / 2) return;
    this.#keys = this.#keys.slice(this.#head).filter((key) => queued.has(key));
    this.#head = 0;
    this.#left = 0;
  }

  *sessions(queued: ReadonlyMap<string, SessionRecord>): Generator<SessionRecord, void> {
    for (let index = this.#head; index < this.#keys.length; index += 1) {
      const session = queued.get(this.#keys[index] ?? '');
      if (session !== undefined) yield session;
    }
  }
}

/** All waiting sessions, in a line for each user. */
export class WaitingUsers {
  readonly queued = new Map<string, SessionRecord>();
  readonly #lines = new Map<string, { readonly line: Line; count: number }>();

  /** Adds a session behind those of its owner, or replaces it in its place. */
  set(session: SessionRecord): void {
    const isNew = !this.queued.has(session.key);
    this.queued.set(session.key, session);
    if (!isNew) return;
    const found = this.#lines.get(session.owner) ?? { line: new Line(), count: 0 };
    found.line.add(session.key);
    found.count += 1;
    this.#lines.set(session.owner, found);
  }

  drop({ key, owner }: SessionRecord): void {
    const found = this.#lines.get(owner);
    if (!this.queued.delete(key) || found === undefined) return;
    found.count -= 1;
    if (found.count === 0) this.#lines.delete(owner);
    else found.line.leave(this.queued);
  }

  /** The waiting sessions of each user, in order of arrival. */
  *lines(): Generator<[string, Iterator<SessionRecord, void>], void> {
    for (const [owner, { line }] of this.#lines) yield [owner, line.sessions(this.queued)];
  }
}

/** How far the turns have advanced, and where each user continues. */
interface Standing {
  readonly now: number;
  readonly next: ReadonlyMap<string, number>;
}

interface Place extends Turn {
  readonly rest: Iterator<SessionRecord, void>;
}

/**
 * The waiting sessions in order: first come, first served for each user, and users take turns so
 * that they get equal shares of the machine. A user who is new, or returns after a while, starts
 * where the others are, so that nobody saves up turns while absent (start-time fair queueing).
 *
 * The turn is stored with the session, so the order survives a restart of the platform.
 */
export class Turns {
  readonly #capacity: Capacity;
  readonly #places = new Map<string, Place>();

  constructor(waiting: WaitingUsers, { now, next }: Standing, capacity: Capacity) {
    this.#capacity = capacity;
    for (const [owner, rest] of waiting.lines()) {
      this.#place(owner, rest, Math.max(now, next.get(owner) ?? now));
    }
  }

  /** The next session; undefined if there is none. */
  next(): Turn | undefined {
    let best: Place | undefined;
    for (const place of this.#places.values()) {
      if (best === undefined || isBefore(place, best)) best = place;
    }
    if (best === undefined) return undefined;
    const { session, turn, rest } = best;
    this.#place(session.owner, rest, turn + shareOf(session, this.#capacity));
    return { session, turn };
  }

  /** Skips all remaining sessions of a user. */
  leave(owner: string): void {
    this.#places.delete(owner);
  }

  #place(owner: string, rest: Iterator<SessionRecord, void>, turn: number): void {
    const session = rest.next().value;
    if (session === undefined) this.#places.delete(owner);
    else this.#places.set(owner, { session, turn, rest });
  }
}

const isBefore = (one: Turn, other: Turn): boolean =>
  one.turn === other.turn ? one.session.sequence < other.session.sequence : one.turn < other.turn;
