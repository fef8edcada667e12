import type { Capacity } from '../sessions/capacity.js';
import { Ledger } from '../sessions/ledger.js';
import { nextDue } from '../sessions/lifecycle.js';
import { isFinished, isInteractive, isVisible, type SessionRecord } from '../sessions/record.js';
import { DueTimes } from './due-times.js';

/** Receives each change of a session; undefined stands for a session that does not exist. */
export type ChangeListener = (
  before: SessionRecord | undefined,
  after: SessionRecord | undefined,
) => void;

/** Sessions by a shared property. */
class Groups {
  readonly #groups = new Map<string, Map<string, SessionRecord>>();

  set(name: string, record: SessionRecord): void {
    const group = this.#groups.get(name) ?? new Map<string, SessionRecord>();
    group.set(record.key, record);
    this.#groups.set(name, group);
  }

  delete(name: string, key: string): void {
    const group = this.#groups.get(name);
    group?.delete(key);
    if (group?.size === 0) this.#groups.delete(name);
  }

  names(): Iterable<string> {
    return this.#groups.keys();
  }

  of(name: string): Iterable<SessionRecord> {
    return this.#groups.get(name)?.values() ?? [];
  }
}

/** Indexes of the sessions that have not ended, so that no query scans all of them. */
export class SessionIndex {
  readonly ledger: Ledger;
  /** When the next timed change of each session is due. */
  readonly due = new DueTimes();
  readonly #byOwner = new Groups();
  readonly #byId = new Groups();
  readonly #interactive = new Groups();
  readonly #listeners = new Set<ChangeListener>();
  /** Accepted sessions with a page that are not on disk yet; they count already. */
  readonly #expected = new Groups();

  constructor(capacity: Capacity) {
    this.ledger = new Ledger(capacity);
  }

  /** Calls a function with each change from now on, until the returned function is called. */
  watch(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  readonly changed: ChangeListener = (before, after) => {
    if (before === undefined && after !== undefined) this.#expected.delete(after.owner, after.key);
    this.ledger.change(before, after);
    const isAlive = after !== undefined && !isFinished(after.life);
    if (isAlive) this.#set(after);
    else if (before !== undefined) this.#drop(before);
    for (const listener of this.#listeners) listener(before, after);
  };

  /** Notifies watchers that the usage of a session has changed. */
  touched(record: SessionRecord): void {
    for (const listener of this.#listeners) listener(record, record);
  }

  /** All visible sessions that have not ended. */
  *all(): Generator<SessionRecord, void> {
    for (const owner of this.#byOwner.names()) yield* this.of(owner);
  }

  /** The visible sessions of a user that have not ended. */
  *of(owner: string): Generator<SessionRecord, void> {
    for (const record of this.#byOwner.of(owner)) if (isVisible(record.life)) yield record;
  }

  /** The session with this id and the apps of a desktop, if they have not ended. */
  *withId(id: string): Generator<SessionRecord, void> {
    for (const record of this.#byId.of(id)) if (isVisible(record.life)) yield record;
  }

  /** How many running or waiting sessions with a page a user has. */
  interactiveOf(owner: string): number {
    let count = [...this.#expected.of(owner)].length;
    for (const { life } of this.#interactive.of(owner)) {
      if (life.phase !== 'stopping' && life.phase !== 'deleting') count += 1;
    }
    return count;
  }

  /** Counts a session that is being written, until it is on disk or was refused. */
  async expecting(record: SessionRecord, written: Promise<void>): Promise<void> {
    const isCounted = isInteractive(record.kind);
    if (isCounted) this.#expected.set(record.owner, record);
    try {
      await written;
    } finally {
      if (isCounted) this.#expected.delete(record.owner, record.key);
    }
  }

  #set(record: SessionRecord): void {
    const { key, id, owner, kind, life, keepSeconds } = record;
    this.#byOwner.set(owner, record);
    this.#byId.set(id, record);
    if (isInteractive(kind)) this.#interactive.set(owner, record);
    this.due.set(key, nextDue(life, keepSeconds));
  }

  #drop({ key, id, owner }: SessionRecord): void {
    this.#byOwner.delete(owner, key);
    this.#byId.delete(id, key);
    this.#interactive.delete(owner, key);
    this.due.delete(key);
  }
}
