import { chmodSync, closeSync, existsSync, openSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Clock } from '@skaha/base/clock.js';
import type { Logger } from '@skaha/base/logger.js';
import { PlatformError, systemCode } from '@skaha/service/errors.js';
import { steadyClock } from '@skaha/service/steady-clock.js';
import Database from 'libsql';
import type { Backing } from '../ports/backing.js';
import type { EventRow } from '../sessions/event-table.js';
import type { SessionRecord } from '../sessions/record.js';
import { columnsOf, EndedSessions, launchInSql } from './ended-sessions.js';
import { migrate, schemaVersion } from './migrations.js';
import { allRows, tablesOf } from './outbox.js';
import { type BackingState, Replication } from './replication.js';
import { readEvent, readRecord, soundInSql } from './stored-record.js';
import { makeWorkingCopy, versionIn } from './working-copy.js';

const schema = `
  CREATE TABLE IF NOT EXISTS sessions (
    key TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    record TEXT NOT NULL,
    kind TEXT NOT NULL,
    phase TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    due INTEGER,
    turn REAL,
    started INTEGER
  );
  CREATE TABLE IF NOT EXISTS events (
    session TEXT NOT NULL REFERENCES sessions (key) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    row TEXT NOT NULL,
    PRIMARY KEY (session, position)
  );
  CREATE TABLE IF NOT EXISTS damaged (
    key TEXT PRIMARY KEY,
    owner TEXT,
    record TEXT,
    found_at INTEGER NOT NULL
  );
  CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
`;

/** Queries about ended sessions use only these indexes, however many sessions there are. */
const indexes = `
  CREATE INDEX IF NOT EXISTS sessions_alive ON sessions (sequence) WHERE due IS NULL;
  CREATE INDEX IF NOT EXISTS sessions_due ON sessions (due) WHERE due IS NOT NULL;
  CREATE INDEX IF NOT EXISTS sessions_listed ON sessions (owner, started, key) WHERE due IS NOT NULL;
  CREATE INDEX IF NOT EXISTS sessions_counted ON sessions (kind, phase) WHERE due IS NOT NULL;
  CREATE INDEX IF NOT EXISTS sessions_turns ON sessions (owner, turn);
  CREATE INDEX IF NOT EXISTS sessions_order ON sessions (sequence);
  CREATE INDEX IF NOT EXISTS sessions_launched ON sessions (${launchInSql}) WHERE ${launchInSql} IS NOT NULL;
`;

interface StoredRow {
  readonly key: string;
  readonly record: string;
}
interface StoredEvent {
  readonly session: string;
  readonly row: string;
}

/** A session with its events, as read from disk. */
export interface StoredSession {
  readonly record: SessionRecord;
  readonly events: readonly EventRow[];
}

interface BackedOptions {
  readonly former?: string | undefined;
  readonly clock?: Clock;
}

/**
 * The durable state of a platform. When a call returns, its changes are on disk: the write-ahead
 * log is flushed with every transaction. Only one process at a time can open the store; the lock
 * ends with the process.
 */
export class SessionStore {
  readonly #database: Database.Database;
  readonly #saveRecord: Database.Statement;
  readonly #saveEvent: Database.Statement;
  readonly #removeEvents: Database.Statement;
  readonly #removeRecord: Database.Statement;
  /** Ended sessions that are still stored; they are read on demand. */
  readonly ended: EndedSessions;
  readonly #path: string;
  #isWriting = false;
  /** Whether the current writes need not be on disk at once. */
  #isInAdvance = false;
  /** Whether there are writes that may not be on disk yet. */
  #isAhead = false;
  #log: FileHandle | undefined;
  /** The flush in progress, and the one that waits for it. */
  #flush: Promise<void> | undefined;
  #nextFlush: Promise<void> | undefined;
  /** Sends changes to the backing, if the state is not kept on this disk. */
  #replication: Replication | undefined;

  private constructor(database: Database.Database, path: string) {
    this.#database = database;
    this.#path = path;
    this.#saveRecord = database.prepare(
      'INSERT INTO sessions (key, owner, record, kind, phase, sequence, due, turn, started) ' +
        'VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET ' +
        'record = excluded.record, phase = excluded.phase, due = excluded.due, ' +
        'turn = excluded.turn, started = excluded.started',
    );
    this.#saveEvent = database.prepare('INSERT OR REPLACE INTO events VALUES (?, ?, ?)');
    this.#removeEvents = database.prepare('DELETE FROM events WHERE session = ?');
    this.#removeRecord = database.prepare('DELETE FROM sessions WHERE key = ?');
    this.ended = new EndedSessions(database);
  }

  /**
   * @param path - the database file, created if missing
   * @throws {PlatformError} `platform.already_running` if another process uses it,
   *   `platform.storage` if a newer platform wrote it
   */
  static open(path: string): SessionStore {
    makePrivate(path);
    const database = new Database(path, { timeout: 500 });
    try {
      database.pragma('locking_mode=EXCLUSIVE');
      database.pragma('journal_mode=WAL');
      database.pragma('synchronous=FULL');
      // Writers wait during a checkpoint: one of 8 MiB takes less time than two of 4 MiB.
      database.pragma('wal_autocheckpoint=2000');
      database.pragma('foreign_keys=ON');
      database.exec('BEGIN EXCLUSIVE');
      database.exec(schema);
      database.exec('COMMIT');
      migrate(database, path);
      database.exec(indexes);
      return new SessionStore(database, path);
    } catch (error) {
      release(database);
      if (systemCode(error) !== 'SQLITE_BUSY') throw error;
      throw new PlatformError('platform.already_running', `A platform already uses ${path}.`, {
        hint: "Use it, or stop it first: 'skaha platform stop'",
        cause: error,
      });
    }
  }

  /**
   * Opens a working copy of a backing, and keeps both in step from then on. No other platform can
   * write to the backing any more.
   *
   * @param path - file of the copy, which is replaced
   * @param backing - where the state is
   * @param options - `former`: a store on this disk that is moved to the backing, if that is empty;
   *   `clock`: for periodic checks
   * @throws {PlatformError} like {@link open}
   */
  static async openBacked(
    path: string,
    backing: Backing,
    logger: Logger,
    { former, clock = steadyClock }: BackedOptions = {},
  ): Promise<SessionStore> {
    // Fails if another platform is using this copy.
    if (existsSync(path)) tryLock(path);
    const version = await versionIn(backing);
    await backing.take();
    if (former !== undefined && (await backing.tables()).length === 0) await move(former, backing);
    logger.info(`reading the state from ${backing.name}`);
    const sent = await makeWorkingCopy(path, backing);
    const store = SessionStore.open(path);
    try {
      store.#database.pragma('synchronous=OFF');
      if (version !== undefined && version < schemaVersion) await sendAll(store.#database, backing);
      store.#replication = new Replication(store.#database, backing, logger, clock);
      await store.#replication.watch(sent);
      await store.#replication.reach();
      store.#replication.start();
      return store;
    } catch (error) {
      store.close();
      throw error;
    }
  }

  /** The state of the backing; undefined if there is none. */
  get backing(): BackingState | undefined {
    return this.#replication?.state;
  }

  /** @throws the reason why nothing can be stored at the moment, if there is one */
  refuseInTrouble(): void {
    this.#replication?.refuseInTrouble();
  }

  /** Calls a function once, when everything can be stored again. */
  whenBack(callback: () => void): void {
    this.#replication?.whenBack(callback);
  }

  /** Replicates tables that others have created in the database, from now on. */
  async keepAll(): Promise<void> {
    await this.#replication?.watch();
    await this.#replication?.reach();
  }

  /** Sends the remaining changes before the platform ends. */
  async sendRemaining(): Promise<void> {
    await this.#replication?.sendRemaining();
  }

  /**
   * Sessions with their events, in order of creation.
   *
   * @param which - `alive` for those that have not ended; all by default
   */
  load(which: 'all' | 'alive' = 'all'): StoredSession[] {
    const from = which === 'all' ? 'FROM sessions' : 'FROM sessions WHERE due IS NULL';
    const events = new Map<string, EventRow[]>();
    const rows = this.#database
      .prepare(
        `SELECT session, row FROM events${which === 'all' ? '' : ` WHERE session IN (SELECT key ${from})`} ORDER BY session, position`,
      )
      .all();
    for (const { session, row } of rows as StoredEvent[]) {
      const list = events.get(session) ?? [];
      const event = readEvent(row);
      if (event !== undefined) list.push(event);
      events.set(session, list);
    }
    const records = this.#database.prepare(`SELECT key, record ${from} ORDER BY sequence`).all();
    return (records as StoredRow[])
      .flatMap(({ key, record }) => readRecord(key, record) ?? [])
      .map((record) => ({ record, events: events.get(record.key) ?? [] }));
  }

  /**
   * Moves records that cannot be read to a separate table, so that the others can be used.
   *
   * @param now - milliseconds since the epoch
   * @returns the keys of their sessions
   */
  setDamagedAside(now: number): string[] {
    // Ended sessions are read one by one on demand, so a quick check is enough here.
    const rows = this.#database
      .prepare(`SELECT key, record FROM sessions WHERE due IS NULL OR NOT ${soundInSql}`)
      .all() as StoredRow[];
    const keys = rows
      .filter(({ key, record }) => readRecord(key, record) === undefined)
      .map(({ key }) => key);
    if (keys.length === 0) return [];
    this.together(() => {
      for (const key of keys) {
        this.#database
          .prepare(
            'INSERT OR REPLACE INTO damaged SELECT key, owner, record, ? FROM sessions WHERE key IS ?',
          )
          .run(now, key);
        this.remove(key);
      }
    });
    return keys;
  }

  /**
   * Writes a session as it is now, and its events from `from` on, in one transaction.
   *
   * @param events - all events of the session
   * @param from - how many of them are on disk already
   * @param isKnown - the session is already on disk in its present state, and only events are added
   */
  save(record: SessionRecord, events: readonly EventRow[], from: number, isKnown = false): void {
    this.together(() => {
      if (!isKnown) {
        const columns = columnsOf(record);
        this.#saveRecord.run(record.key, record.owner, JSON.stringify(record), ...columns);
      }
      for (const [offset, event] of events.slice(from).entries()) {
        this.#saveEvent.run(record.key, from + offset, JSON.stringify(event));
      }
    });
  }

  /** Removes a session and its events. */
  remove(key: string): void {
    this.together(() => {
      this.#removeEvents.run(key);
      this.#removeRecord.run(key);
    });
  }

  /** Runs `work` in a transaction, which is on disk when this returns. */
  together(work: () => void): void {
    if (this.#isWriting) {
      work();
      return;
    }
    // A working copy is created again at each start, so it need not be flushed.
    const isInAdvance = this.#isInAdvance && this.#replication === undefined;
    if (isInAdvance) this.#database.exec('PRAGMA synchronous=NORMAL');
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      this.#isWriting = true;
      work();
      this.#database.exec('COMMIT');
      this.#isAhead ||= isInAdvance;
    } catch (error) {
      this.#rollBack();
      throw error;
    } finally {
      this.#isWriting = false;
      if (isInAdvance) this.#database.exec('PRAGMA synchronous=FULL');
    }
  }

  /**
   * Lets `work` write without waiting for the disk: its writes are on disk once {@link reachDisk}
   * has resolved. Other writers still wait.
   */
  aheadOfDisk(work: () => void): void {
    this.#isInAdvance = true;
    try {
      work();
    } finally {
      this.#isInAdvance = false;
    }
  }

  /** Resolves once everything that was written is on disk or in the backing, without blocking. */
  async reachDisk(): Promise<void> {
    if (this.#replication !== undefined) return await this.#replication.reach();
    if (this.#isAhead) this.#nextFlush ??= this.#flushAfter(this.#flush);
    await (this.#nextFlush ?? this.#flush);
  }

  /** One flush at a time: everything written meanwhile shares the next one. */
  async #flushAfter(last: Promise<void> | undefined): Promise<void> {
    await last?.catch(() => undefined);
    const flush = this.#nextFlush;
    this.#flush = flush;
    this.#nextFlush = undefined;
    this.#isAhead = false;
    try {
      // Flushing the write-ahead log is enough: transactions are in it, each with a checksum.
      this.#log ??= await open(`${this.#path}-wal`, 'r');
      await this.#log.datasync();
    } catch (error) {
      // The writes are still not on disk: the next caller must try again.
      this.#isAhead = true;
      throw error;
    } finally {
      if (this.#flush === flush) this.#flush = undefined;
    }
  }

  /** A stored value, such as the port used last time. */
  fact(name: string): string | undefined {
    const row = this.#database.prepare('SELECT value FROM facts WHERE name = ?').get(name);
    return (row as { value: string } | undefined)?.value;
  }

  setFact(name: string, value: string): void {
    this.#database.prepare('INSERT OR REPLACE INTO facts VALUES (?, ?)').run(name, value);
  }

  /** The database itself, for other tables in it. */
  get database(): Database.Database {
    return this.#database;
  }

  /** Closes the store, so that another process can open it at once. */
  close(): void {
    void this.#log?.close().catch(() => undefined);
    this.#replication?.close();
    release(this.#database);
  }

  /** On a full disk the database rolls back by itself, and another rollback fails. */
  #rollBack(): void {
    try {
      this.#database.exec('ROLLBACK');
    } catch {
      // There was nothing left to roll back.
    }
  }
}

/** Moves a store on this disk to an empty backing, completely or not at all. */
async function move(path: string, backing: Backing): Promise<void> {
  const store = SessionStore.open(path);
  try {
    await sendAll(store.database, backing);
  } finally {
    store.close();
  }
}

async function sendAll(database: Database.Database, backing: Backing): Promise<void> {
  await backing.prepare(tablesOf(database));
  await backing.write(allRows(database));
}

/** @throws {PlatformError} `platform.already_running` if a platform uses it */
function tryLock(path: string): void {
  try {
    SessionStore.open(path).close();
  } catch (error) {
    // A damaged copy is created again anyway.
    if (error instanceof PlatformError && error.code === 'platform.already_running') throw error;
  }
}

/**
 * Releases the lock before closing: the driver keeps a closed database open until its statements
 * are garbage-collected.
 */
function release(database: Database.Database): void {
  try {
    database.pragma('journal_mode=DELETE');
    database.pragma('locking_mode=NORMAL');
    database.exec('SELECT count(*) FROM sqlite_master');
  } catch {
    // Another process uses it, or it is not a database: then we hold no lock.
  }
  database.close();
}

/**
 * The file contains secrets of logins, and others may be able to read its directory. An existing
 * file is never opened here: closing it would release the lock of a database that this process has
 * already opened.
 */
function makePrivate(path: string): void {
  if (existsSync(path)) chmodSync(path, 0o600);
  else closeSync(openSync(path, 'wx', 0o600));
}
