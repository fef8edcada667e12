import { storageReason } from '../errors.js';
import type { Logger } from '../logger.js';
import type { EventRow } from '../sessions/event-table.js';
import { newIdentifier } from '../sessions/naming.js';
import type { SessionRecord } from '../sessions/record.js';
import type { SessionStore } from '../store/session-store.js';

/** Where sessions are kept. */
export type Store = Pick<SessionStore, 'load' | 'save' | 'remove' | 'together'>;

/** A session and what happened to it. */
export interface Kept {
  readonly record: SessionRecord;
  readonly events: readonly EventRow[];
}

/**
 * The sessions in memory, in step with the store. A new session must reach the disk or is refused;
 * a later change that cannot be written (a full disk) is kept here and tried again, because what
 * happened to a process cannot be refused.
 */
export class SessionShelf {
  readonly #store: Store;
  readonly #logger: Logger;
  readonly #kept = new Map<string, Kept>();
  /** How many events of a session are on disk. */
  readonly #written = new Map<string, number>();
  readonly #dirty = new Set<string>();
  #sequence = 0;
  #isGathering = false;

  constructor(store: Store, logger: Logger) {
    this.#store = store;
    this.#logger = logger;
    for (const { record, events } of store.load()) {
      this.#kept.set(record.key, { record, events });
      this.#written.set(record.key, events.length);
      this.#sequence = Math.max(this.#sequence, record.sequence);
    }
  }

  all(): SessionRecord[] {
    return [...this.#kept.values()].map(({ record }) => record);
  }

  get(key: string): Kept | undefined {
    return this.#kept.get(key);
  }

  /**
   * Names for a new session that nobody has.
   *
   * @param desktop - id of the desktop a desktop app belongs to
   */
  newKey(desktop: string | undefined): { key: string; id: string; appId?: string } {
    for (;;) {
      const fresh = newIdentifier(desktop === undefined ? 8 : 3);
      const names =
        desktop === undefined
          ? { key: fresh, id: fresh }
          : { key: `${desktop}-${fresh}`, id: desktop, appId: fresh };
      if (!this.#kept.has(names.key)) return names;
    }
  }

  nextSequence(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  /**
   * Keeps a session as it is now.
   *
   * @throws the store's error, and keeps nothing, when the session is new and cannot be written
   */
  put(record: SessionRecord, events: readonly EventRow[]): void {
    const isNew = !this.#kept.has(record.key);
    if (isNew) {
      this.#store.save(record, events, 0);
      this.#written.set(record.key, events.length);
      this.#kept.set(record.key, { record, events });
      return;
    }
    this.#kept.set(record.key, { record, events });
    this.#dirty.add(record.key);
    this.flush();
  }

  /**
   * Makes changes and writes them in one step, because each writing waits for the disk.
   *
   * @returns false inside of another such step, which then writes these changes too
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

  hasNote(key: string, wanted: string): boolean {
    return this.#kept.get(key)?.events.some(({ reason }) => reason === wanted) === true;
  }

  /** Adds an event unless the last one says the same of the same reason. */
  noteOnce(key: string, event: EventRow): void {
    const kept = this.#kept.get(key);
    if (kept === undefined || this.hasNote(key, event.reason)) return;
    this.put(kept.record, [...kept.events, event]);
  }

  /** Adds an event; the same one again only moves its last time. */
  note(key: string, event: EventRow): void {
    const kept = this.#kept.get(key);
    if (kept === undefined) return;
    const isSame = ({ reason, message }: EventRow) =>
      reason === event.reason && message === event.message;
    const again = kept.events.findIndex(isSame);
    const events =
      again < 0
        ? [...kept.events, event]
        : kept.events.map((one, index) => (index === again ? { ...one, last: event.last } : one));
    this.put(kept.record, events);
  }

  remove(key: string): void {
    this.#kept.delete(key);
    this.#dirty.add(key);
    this.flush();
  }

  isDirty(): boolean {
    return this.#dirty.size > 0;
  }

  /** Writes what is not on disk yet: all of it, or nothing. */
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
    for (const key of this.#dirty) {
      const kept = this.#kept.get(key);
      if (kept === undefined) this.#written.delete(key);
      else this.#written.set(key, kept.events.length);
    }
    this.#dirty.clear();
  }

  #write(key: string): void {
    const kept = this.#kept.get(key);
    if (kept === undefined) this.#store.remove(key);
    else this.#store.save(kept.record, kept.events, this.#written.get(key) ?? 0);
  }
}
