import { pageKind } from '../kinds/pages.js';
import type { UserShare } from '../sessions/capacity.js';
import type { EventRow } from '../sessions/event-table.js';
import { isVisible, type SessionRecord } from '../sessions/record.js';
import type { EndedSessions } from '../store/ended-sessions.js';
import type { ChangeListener, SessionIndex } from './session-index.js';
import type { SessionRepository } from './session-repository.js';

/** Queries about sessions, both those in memory and the ended ones that are only on disk. */
export class SessionsView {
  /** The ended sessions that are stored. */
  readonly ended: EndedSessions;
  readonly #stored: SessionRepository;
  readonly #index: SessionIndex;

  constructor(stored: SessionRepository, index: SessionIndex, ended: EndedSessions) {
    this.#stored = stored;
    this.#index = index;
    this.ended = ended;
  }

  /** The visible session with this key, whoever owns it. */
  visible(key: string): SessionRecord | undefined {
    const record = this.#stored.record(key);
    return record !== undefined && isVisible(record.life) ? record : undefined;
  }

  /** A visible session of this owner. */
  find(owner: string, key: string): SessionRecord | undefined {
    const record = this.visible(key);
    return record?.owner === owner ? record : undefined;
  }

  /** A deleted session of this owner whose processes still exist. */
  leaving(owner: string, key: string): SessionRecord | undefined {
    const record = this.#stored.record(key);
    return record?.owner === owner && record.life.phase === 'deleting' ? record : undefined;
  }

  /** The visible session with this id, whoever owns it, if its kind has a page. */
  page(id: string): SessionRecord | undefined {
    const record = this.visible(id);
    return record === undefined || pageKind(record.kind) === undefined ? undefined : record;
  }

  /** The visible apps of a desktop. */
  apps({ id, appId, owner }: SessionRecord): SessionRecord[] {
    if (appId !== undefined) return [];
    const over = this.ended.apps(id).map(({ key }) => this.visible(key));
    const all = new Set([...this.#index.withId(id), ...over]);
    return [...all].filter(
      (one) => one?.appId !== undefined && one.owner === owner,
    ) as SessionRecord[];
  }

  /** Visible sessions that have not ended, of one user or of all. */
  alive(owner?: string): Iterable<SessionRecord> {
    return owner === undefined ? this.#index.all() : this.#index.of(owner);
  }

  /** Sessions whose last change could not be written yet, of one user or of all. */
  unwritten(owner?: string): SessionRecord[] {
    return [...this.#stored.unwritten()].filter(
      (record) => owner === undefined || record.owner === owner,
    );
  }

  /** How many running or waiting sessions with a page a user has. */
  interactiveOf(owner: string): number {
    return this.#index.interactiveOf(owner);
  }

  /** Sessions that hold cores and memory. */
  held(): Iterable<SessionRecord> {
    return this.#index.ledger.held.values();
  }

  /** What running sessions use. */
  used(): UserShare {
    return this.#index.ledger.used;
  }

  events(key: string): readonly EventRow[] {
    return this.#stored.get(key)?.events ?? [];
  }

  /** Calls a function with each change or new usage; the result stops this. */
  watch(listener: ChangeListener): () => void {
    return this.#index.watch(listener);
  }
}
