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

/** What is asked of ended sessions is answered from these alone, however many there are. */
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

/** A session with what happened to it, as read back from disk. */
export interface StoredSession {
  readonly record: SessionRecord;
  readonly events: readonly EventRow[];
}

interface BackedOptions {
  readonly former?: string | undefined;
  readonly clock?: Clock;
}

/**
 * The durable state of a platform. A call that returned is on disk: the write-ahead log is flushed
 * with every transaction. One process at a time holds the store; the lock dies with it.
 */
export class SessionStore {
  readonly #database: Database.Database;
  readonly #saveRecord: Database.Statement;
  readonly #saveEvent: Database.Statement;
  readonly #removeEvents: Database.Statement;
  readonly #removeRecord: Database.Statement;
  /** Sessions that are over and kept: they are read when they are asked for. */
  readonly ended: EndedSessions;
  readonly #path: string;
  #isWriting = false;
  /** Whether what is written now need not be on disk at once. */
  #isInAdvance = false;
  /** Whether something was written that may not be on disk. */
  #isAhead = false;
  #log: FileHandle | undefined;
  /** The last that the disk was asked to take in, and what waits for that. */
  #flush: Promise<void> | undefined;
  #nextFlush: Promise<void> | undefined;
  /** Where the state is kept for good, where that is not this disk. */
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
   * @param path - the database file, created when missing
   * @throws {PlatformError} `platform.already_running` when another process holds it,
   *   `platform.storage` when a newer platform wrote it
   */
  static open(path: string): SessionStore {
    makePrivate(path);
    const database = new Database(path, { timeout: 500 });
    try {
      database.pragma('locking_mode=EXCLUSIVE');
      database.pragma('journal_mode=WAL');
      database.pragma('synchronous=FULL');
      // Who writes waits while the log is put into the file: 8 MiB at a time take less than 4 MiB twice.
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
   * Opens a copy of what is kept elsewhere, and keeps both in step from then on. No other platform can
   * write there any more.
   *
   * @param path - file of the copy, which is made again
   * @param backing - where the state is
   * @param options - `former`: a store of this disk that is moved there, if nothing is kept there
   *   yet; `clock`: when to look for what was not sent yet
   * @throws {PlatformError} as {@link open}
   */
  static async openBacked(
    path: string,
    backing: Backing,
    logger: Logger,
    { former, clock = steadyClock }: BackedOptions = {},
  ): Promise<SessionStore> {
    // A platform that works with this copy is not robbed of it.
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

  /** How it stands with where the state is kept for good; undefined where that is this disk. */
  get backing(): BackingState | undefined {
    return this.#replication?.state;
  }

  /** @throws what keeps everything from being stored at present, where that is known */
  refuseInTrouble(): void {
    this.#replication?.refuseInTrouble();
  }

  /** Calls back once, when everything can be stored again. */
  whenBack(tell: () => void): void {
    this.#replication?.whenBack(tell);
  }

  /** What other rooms made in the database is kept like all else, from now on. */
  async keepAll(): Promise<void> {
    await this.#replication?.watch();
    await this.#replication?.reach();
  }

  /** Sends what is left before the platform ends. */
  async part(): Promise<void> {
    await this.#replication?.part();
  }

  /**
   * Sessions with their events, in order of creation.
   *
   * @param which - `alive` for those that are not over yet, which is all of them by default
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
   * Puts records that cannot be read into a table of their own, so that the others can be used.
   *
   * @param now - milliseconds since the epoch
   * @returns the keys of their sessions
   */
  setDamagedAside(now: number): string[] {
    // Those that ended are read one by one when they are asked for: that they can be is enough here.
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
   * @param isKnown - the session is on disk as it is now, and only events are added
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

  /** Writes all that `work` writes in one transaction, which is on disk when this returns. */
  together(work: () => void): void {
    if (this.#isWriting) {
      work();
      return;
    }
    // A copy that is made again at each start has nothing to wait for.
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
   * Lets `work` write without waiting for the disk: what it wrote is on it once {@link reachDisk} has
   * resolved. Others who write meanwhile wait as ever.
   */
  aheadOfDisk(work: () => void): void {
    this.#isInAdvance = true;
    try {
      work();
    } finally {
      this.#isInAdvance = false;
    }
  }

  /** Resolves once all that was written is on disk, or where else it is kept for good; this process does other things meanwhile. */
  async reachDisk(): Promise<void> {
    if (this.#replication !== undefined) return await this.#replication.reach();
    if (this.#isAhead) this.#nextFlush ??= this.#flushAfter(this.#flush);
    await (this.#nextFlush ?? this.#flush);
  }

  /** One at a time: all that is written while the disk is busy shares the next. */
  async #flushAfter(last: Promise<void> | undefined): Promise<void> {
    await last?.catch(() => undefined);
    const flush = this.#nextFlush;
    this.#flush = flush;
    this.#nextFlush = undefined;
    this.#isAhead = false;
    try {
      // Transactions are in the write-ahead log, each with a sum over it; the file stays the same.
      this.#log ??= await open(`${this.#path}-wal`, 'r');
      await this.#log.datasync();
    } catch (error) {
      // It is still not there: whoever asks next must not be told that it is.
      this.#isAhead = true;
      throw error;
    } finally {
      if (this.#flush === flush) this.#flush = undefined;
    }
  }

  /** A remembered value, such as the port used last time. */
  fact(name: string): string | undefined {
    const row = this.#database.prepare('SELECT value FROM facts WHERE name = ?').get(name);
    return (row as { value: string } | undefined)?.value;
  }

  setFact(name: string, value: string): void {
    this.#database.prepare('INSERT OR REPLACE INTO facts VALUES (?, ?)').run(name, value);
  }

  /** The database itself, for what other rooms keep in it. */
  get database(): Database.Database {
    return this.#database;
  }

  /** Closes the store, so that another may open it at once. */
  close(): void {
    void this.#log?.close().catch(() => undefined);
    this.#replication?.close();
    release(this.#database);
  }

  /** On a full disk the database rolls back on its own; a second rollback then fails. */
  #rollBack(): void {
    try {
      this.#database.exec('ROLLBACK');
    } catch {
      // Nothing was left to roll back.
    }
  }
}

/** Moves a store of this disk to where nothing is kept yet, all of it or nothing. */
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

/** @throws {PlatformError} `platform.already_running` when a platform holds it */
function tryLock(path: string): void {
  try {
    SessionStore.open(path).close();
  } catch (error) {
    // A copy that is damaged is made again in any case.
    if (error instanceof PlatformError && error.code === 'platform.already_running') throw error;
  }
}

/**
 * Gives the lock back before closing: the driver keeps a closed database open for as long as one of
 * its statements waits for the garbage collector.
 */
function release(database: Database.Database): void {
  try {
    database.pragma('journal_mode=DELETE');
    database.pragma('locking_mode=NORMAL');
    database.exec('SELECT count(*) FROM sqlite_master');
  } catch {
    // Another process holds it, or it is no database: then there is no lock of ours.
  }
  database.close();
}

/**
 * Secrets of logins are in it, and its directory may be open to others. An existing file is never
 * opened here: closing it would end the lock of a database that this process has open already.
 */
function makePrivate(path: string): void {
  if (existsSync(path)) chmodSync(path, 0o600);
  else closeSync(openSync(path, 'wx', 0o600));
}
