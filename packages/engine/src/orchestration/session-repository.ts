import type { Logger } from '@skaha/base/logger.js';
import { storageReason } from '@skaha/service/errors.js';
import type { EventRow } from '../sessions/event-table.js';
import { newIdentifier } from '../sessions/naming.js';
import { isFinished, type SessionRecord } from '../sessions/record.js';
import type { SessionStore } from '../store/session-store.js';
import type { ChangeListener } from './session-index.js';

/** Where sessions are stored. */
export type Store = Pick<
  SessionStore,
  'load' | 'save' | 'remove' | 'together' | 'ended' | 'aheadOfDisk' | 'reachDisk'
>;

/** How many events of a session are stored; the oldest are dropped. */
export const mostEvents = 200;

/** A session and its events. */
export interface StoredSession {
  readonly record: SessionRecord;
  readonly events: readonly EventRow[];
}

/**
 * What is on disk of a session; without a number of events if some were dropped, because all of
 * them are then written again.
 */
interface OnDisk {
  readonly record?: SessionRecord;
  /** How many of its events. */
  readonly events?: number;
}

/**
 * The sessions that have not ended, in memory and in step with the store; ended sessions are only
 * on disk. A new session that cannot be written is refused. A later change that cannot be written
 * (because the disk is full) is kept in memory and tried again, because what has happened to a
 * process cannot be undone.
 */
export class SessionRepository {
  readonly #store: Store;
  readonly #logger: Logger;
  readonly #inMemory = new Map<string, StoredSession>();
  readonly #written = new Map<string, OnDisk>();
  readonly #dirty = new Set<string>();
  readonly #changed: ChangeListener;
  /** Keys of sessions that are not stored yet. */
  readonly #promised = new Set<string>();
  #sequence: number;
  #isGathering = false;

  /** @param changed - called for each session that is loaded, and for each change */
  constructor(store: Store, logger: Logger, changed: ChangeListener = () => undefined) {
    this.#store = store;
    this.#logger = logger;
    this.#changed = changed;
    this.#sequence = store.ended.lastSequence();
    for (const { record, events } of store.load('alive')) {
      this.#inMemory.set(record.key, { record, events });
      this.#written.set(record.key, { record, events: events.length });
      this.#sequence = Math.max(this.#sequence, record.sequence);
      changed(undefined, record);
    }
  }

  /** The sessions in memory. */
  all(): SessionRecord[] {
    return [...this.#inMemory.values()].map(({ record }) => record);
  }

  /** A session, in memory or on disk. */
  record(key: string): SessionRecord | undefined {
    const known = this.#inMemory.get(key);
    // A session that is not in memory but still to be written has been removed.
    if (known !== undefined || this.#dirty.has(key)) return known?.record;
    return this.#store.ended.get(key);
  }

  /** A session and its events, in memory or on disk. */
  get(key: string): StoredSession | undefined {
    const record = this.record(key);
    if (record === undefined) return undefined;
    return this.#inMemory.get(key) ?? { record, events: this.#store.ended.events(key) };
  }

  /**
   * Unused key and id for a new session.
   *
   * @param desktop - id of the desktop to which a desktop app belongs
   */
  newKey(desktop: string | undefined): { key: string; id: string; appId?: string } {
    for (;;) {
      const fresh = newIdentifier(desktop === undefined ? 8 : 3);
      const names =
        desktop === undefined
          ? { key: fresh, id: fresh }
          : { key: `${desktop}-${fresh}`, id: desktop, appId: fresh };
      if (this.#promised.has(names.key) || this.record(names.key) !== undefined) continue;
      this.#promised.add(names.key);
      return names;
    }
  }

  nextSequence(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  /**
   * Stores a session as it is now.
   *
   * @throws the store's error if the session is new and cannot be written; it is not kept then
   */
  put(record: SessionRecord, events: readonly EventRow[]): void {
    const { key } = record;
    const before = this.get(key);
    if (before === undefined) {
      this.add([record], () => events);
      return;
    }
    if (!this.#written.has(key)) {
      this.#written.set(key, { record: before.record, events: before.events.length });
    }
    const isTooMany = events.length > mostEvents;
    if (isTooMany) this.#written.set(key, {});
    this.#inMemory.set(key, { record, events: isTooMany ? events.slice(-mostEvents) : events });
    this.#dirty.add(key);
    this.#changed(before.record, record);
    this.flush();
  }

  /**
   * Stores new sessions, all of them or none.
   *
   * @param eventsOf - the events of each session so far
   * @throws the store's error if they cannot be written
   */
  add(
    records: readonly SessionRecord[],
    eventsOf: (key: string) => readonly EventRow[] = () => [],
  ): void {
    for (const { key } of records) this.#promised.delete(key);
    this.#store.together(() => {
      for (const record of records) this.#store.save(record, eventsOf(record.key), 0);
    });
    for (const record of records) {
      const events = eventsOf(record.key);
      this.#written.set(record.key, { record, events: events.length });
      this.#inMemory.set(record.key, { record, events });
      this.#changed(undefined, record);
    }
  }

  /**
   * Applies changes and writes them in one transaction, because each one waits for the disk.
   *
   * @returns false inside another such step, which then writes these changes too
   */
  together(changes: () => void): boolean {
    if (this.#isGathering) {
      changes();
      return false;
    }
    this.#isGathering = true;
    try {
      changes();
    } finally {
      this.#isGathering = false;
      this.flush();
    }
    return true;
  }

  /** Runs `work`, whose writes are on disk only once {@link reachDisk} has resolved. */
  aheadOfDisk(work: () => void): void {
    this.#store.aheadOfDisk(work);
  }

  async reachDisk(): Promise<void> {
    await this.#store.reachDisk();
  }

  hasNote(key: string, wanted: string): boolean {
    return this.get(key)?.events.some(({ reason }) => reason === wanted) === true;
  }

  /** Adds an event, unless there is already one with this reason. */
  noteOnce(key: string, event: EventRow): void {
    const known = this.get(key);
    if (known === undefined || this.hasNote(key, event.reason)) return;
    this.put(known.record, [...known.events, event]);
  }

  /** Adds an event; for a repeated one, only its time is updated. */
  note(key: string, event: EventRow): void {
    const known = this.get(key);
    if (known === undefined) return;
    const isSame = ({ reason, message }: EventRow) =>
      reason === event.reason && message === event.message;
    const again = known.events.findIndex(isSame);
    const events =
      again < 0
        ? [...known.events, event]
        : known.events.map((one, index) => (index === again ? { ...one, last: event.last } : one));
    this.put(known.record, events);
  }

  remove(key: string): void {
    const before = this.record(key);
    this.#inMemory.delete(key);
    this.#dirty.add(key);
    if (before !== undefined) this.#changed(before, undefined);
    this.flush();
  }

  /** Sessions whose changes could not be written, so that queries of the store miss them. */
  *unwritten(): Generator<SessionRecord, void> {
    for (const key of this.#dirty) {
      const known = this.#inMemory.get(key);
      if (known !== undefined) yield known.record;
    }
  }

  isDirty(): boolean {
    return this.#dirty.size > 0;
  }

  /** Writes everything that is not on disk yet: all of it, or nothing. */
  flush(): void {
    if (this.#isGathering || this.#dirty.size === 0) return;
    try {
      this.#store.together(() => {
        for (const key of this.#dirty) this.#write(key);
      });
    } catch (error) {
      this.#logger.error(`cannot store a session: ${storageReason(error) ?? 'unknown reason'}`);
      return;
    }
    for (const key of this.#dirty) this.#isInStep(key);
    this.#dirty.clear();
  }

  #isInStep(key: string): void {
    const known = this.#inMemory.get(key);
    if (known !== undefined && !isFinished(known.record.life)) {
      this.#written.set(key, { record: known.record, events: known.events.length });
      return;
    }
    this.#inMemory.delete(key);
    this.#written.delete(key);
  }

  #write(key: string): void {
    const known = this.#inMemory.get(key);
    const { record, events } = this.#written.get(key) ?? {};
    // Events replace those on disk, so all of them are written again.
    if (known === undefined || events === undefined) this.#store.remove(key);
    if (known === undefined) return;
    this.#store.save(known.record, known.events, events ?? 0, known.record === record);
  }
}
