import { randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type TextPart, WrittenEntries } from '@skaha/service/entries.js';
import type { SessionsView } from '../../orchestration/sessions-view.js';
import type { SessionRecord } from '../../sessions/record.js';

/** How many serialised sessions are cached, in all lists except the one requested last. */
const mostCached = 50_000;
/** Empty lists take memory too. */
const listCost = 10;
/** How long a list is cached after it was last requested, in milliseconds. */
const cachedMs = 60_000;

/** How sessions are listed: for whom, and in which form. */
export interface ListForm {
  /** Identifies this form. */
  readonly name: string;
  /** Whose sessions; everybody's if undefined. */
  readonly owner: string | undefined;
  present(record: SessionRecord): object;
  status(record: SessionRecord): string;
}

/** A serialised session of a list. */
export interface ListEntry extends TextPart {
  readonly key: string;
  /** The real server lists jobs in the order of their names: by kind first, then by user and id. */
  readonly rank: string;
  readonly kind: string;
  readonly status: string;
}

/** The entries that match a filter, shared by all callers with this filter. */
interface Selection {
  readonly name: string;
  readonly version: number;
  readonly entries: WrittenEntries;
}

const inOrder = (one: ListEntry, other: ListEntry): number => (one.rank < other.rank ? -1 : 1);

/**
 * A list of sessions that stays serialised: a session is serialised again only after it has
 * changed, so that a list costs little more than sending it.
 */
export class SessionList {
  readonly #form: ListForm;
  readonly #sessions: SessionsView;
  readonly #entries = new Map<string, ListEntry>();
  readonly #stale = new Set<string>();
  readonly #boot = randomBytes(8).toString('hex');
  readonly #forget: () => void;
  #sorted: ListEntry[] = [];
  #version = 0;
  #selection: Selection | undefined;

  private constructor(sessions: SessionsView, form: ListForm) {
    this.#form = form;
    this.#sessions = sessions;
    this.#forget = sessions.watch((before, after) => {
      const record = after ?? before;
      if (record === undefined) return;
      if (form.owner === undefined || form.owner === record.owner) this.#stale.add(record.key);
    });
  }

  /** Serialises a list for the first time; other work gets its turn meanwhile. */
  static async write(sessions: SessionsView, form: ListForm): Promise<SessionList> {
    const list = new SessionList(sessions, form);
    for (const { key } of sessions.alive(form.owner)) list.#stale.add(key);
    for (const { key } of sessions.unwritten(form.owner)) list.#stale.add(key);
    for (const records of sessions.ended.batches(form.owner)) {
      for (const record of records) if (!list.#stale.has(record.key)) list.#set(record);
      await nextTurn();
    }
    list.#sorted = [...list.#entries.values()].sort(inOrder);
    return list;
  }

  /** How many serialised sessions it contains. */
  get size(): number {
    return this.#entries.size;
  }

  /** Changes whenever any of its sessions does. */
  get version(): string {
    this.#refresh();
    return `${this.#boot}-${this.#version}`;
  }

  /** The first session with this id, in order. */
  find(isMeant: (entry: ListEntry) => boolean): ListEntry | undefined {
    this.#refresh();
    return this.#sorted.find(isMeant);
  }

  /** Stops following the sessions. */
  close(): void {
    this.#forget();
  }

  /**
   * The sessions that match a filter.
   *
   * @param name - identifies the filter
   */
  select(name: string, isShown: (entry: ListEntry) => boolean): WrittenEntries {
    this.#refresh();
    const last = this.#selection;
    if (last?.name === name && last.version === this.#version) return last.entries;
    last?.entries.outdate();
    const entries = new WrittenEntries(this.#sorted.filter(isShown));
    this.#selection = { name, version: this.#version, entries };
    return entries;
  }

  #refresh(): void {
    if (this.#stale.size === 0) return;
    const before = this.#version;
    const added: ListEntry[] = [];
    for (const key of this.#stale) {
      const record = this.#sessions.visible(key);
      const isNew = !this.#entries.has(key);
      if (record !== undefined) {
        const entry = this.#set(record);
        if (isNew) added.push(entry);
      } else if (this.#entries.delete(key)) this.#version += 1;
    }
    this.#stale.clear();
    if (this.#version === before) return;
    // A reply that is being sent keeps the old list.
    this.#sorted = this.#sorted
      .map(({ key }) => this.#entries.get(key))
      .filter((entry) => entry !== undefined)
      .concat(added)
      .sort(inOrder);
  }

  #set(record: SessionRecord): ListEntry {
    const { key, kind } = record;
    const text = JSON.stringify([this.#form.present(record)], null, 2).slice(2, -2);
    const status = this.#form.status(record);
    const known = this.#entries.get(key);
    if (known?.text === text && known.status === status) return known;
    const bytes = Buffer.byteLength(text);
    const entry = { key, kind, rank: `${kind} ${key}`, status, text, bytes };
    this.#entries.set(key, entry);
    this.#version += 1;
    return entry;
  }
}

interface CachedList {
  readonly list: Promise<SessionList>;
  readonly timer: NodeJS.Timeout;
  /** Undefined while it is being built. */
  written?: SessionList;
}

/** Caches the lists that are requested repeatedly, shared by all callers who request the same. */
export class SessionLists {
  readonly #sessions: SessionsView;
  /** The list that was requested last comes last. */
  readonly #lists = new Map<string, CachedList>();

  constructor(sessions: SessionsView) {
    this.#sessions = sessions;
  }

  async of(form: ListForm): Promise<SessionList> {
    const { name } = form;
    const cached = this.#lists.get(name) ?? this.#begin(form);
    cached.timer.refresh();
    this.#lists.delete(name);
    this.#lists.set(name, cached);
    const list = await cached.list;
    this.#makeRoom(name);
    return list;
  }

  #begin(form: ListForm): CachedList {
    const { name } = form;
    const list = SessionList.write(this.#sessions, form);
    const cached: CachedList = {
      list,
      timer: setTimeout(() => this.#drop(name), cachedMs).unref(),
    };
    list.then(
      (written) => {
        cached.written = written;
      },
      () => this.#drop(name),
    );
    return cached;
  }

  /** Drops the lists that have not been requested for longest until the rest is small enough. */
  #makeRoom(wanted: string): void {
    const cost = ({ written }: CachedList) => listCost + (written?.size ?? 0);
    let cached = 0;
    for (const one of this.#lists.values()) cached += cost(one);
    for (const [name, one] of this.#lists) {
      if (cached <= mostCached) return;
      if (name === wanted || one.written === undefined) continue;
      cached -= cost(one);
      this.#drop(name);
    }
  }

  #drop(name: string): void {
    const cached = this.#lists.get(name);
    if (cached === undefined) return;
    clearTimeout(cached.timer);
    this.#lists.delete(name);
    cached.list.then(
      (list) => list.close(),
      () => undefined,
    );
  }
}
