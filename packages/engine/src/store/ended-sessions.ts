import type Database from 'libsql';
import type { EventRow } from '../sessions/event-table.js';
import { nextDue } from '../sessions/lifecycle.js';
import { isFinished, type Phase, type SessionRecord } from '../sessions/record.js';

/** How many rows are read at once if there may be any number of them. */
const batch = 500;

/** The last millisecond that a date can represent. */
const endOfTime = 8.64e15;

type Columns = [
  kind: string,
  phase: string,
  sequence: number,
  due: number | null,
  turn: number | null,
  started: number | null,
];

/** The indexed columns of a session; only an ended one has a time at which to remove it. */
export function columnsOf({ kind, life, sequence, keepSeconds }: SessionRecord): Columns {
  const due = isFinished(life) ? Math.min(nextDue(life, keepSeconds), endOfTime) : null;
  // Replies contain whole seconds, by which callers sort.
  const started = life.startedAt === undefined ? null : Math.floor(life.startedAt / 1000);
  return [kind, life.phase, sequence, due, life.turn ?? null, started];
}

/** The number of sessions of a kind in a phase. */
export interface PhaseCount {
  readonly kind: string;
  readonly phase: Phase;
  readonly count: number;
}

interface Row {
  readonly record: string;
}

interface Listed extends Row {
  readonly key: string;
  readonly started: number;
}

/** The caller's name of a launch, in SQL; null if the record is damaged. */
export const launchInSql = "CASE WHEN json_valid(record) THEN json_extract(record, '$.launch') END";

const parsed = ({ record }: Row) => JSON.parse(record) as SessionRecord;

/**
 * The ended sessions on disk. They are not in memory: there may be a hundred thousand of them, and
 * few are ever requested.
 */
export class EndedSessions {
  readonly #database: Database.Database;
  readonly #one: Database.Statement;
  readonly #events: Database.Statement;
  readonly #first: Database.Statement;
  readonly #launched: Database.Statement;

  constructor(database: Database.Database) {
    this.#database = database;
    this.#one = database.prepare('SELECT record FROM sessions WHERE key = ?');
    this.#launched = database.prepare(`SELECT key FROM sessions WHERE ${launchInSql} = ?`);
    this.#events = database.prepare('SELECT row FROM events WHERE session = ? ORDER BY position');
    this.#first = database.prepare('SELECT min(due) AS due FROM sessions WHERE due IS NOT NULL');
  }

  /** A session on disk, ended or not. */
  get(key: string): SessionRecord | undefined {
    const row = this.#one.get(key) as Row | undefined;
    return row === undefined ? undefined : parsed(row);
  }

  /** Keys of the sessions, ended or not, whose launch has this name. */
  launchedAs(launch: string): string[] {
    return (this.#launched.all(launch) as { key: string }[]).map(({ key }) => key);
  }

  /** The events of a session. */
  events(key: string): EventRow[] {
    return (this.#events.all(key) as { row: string }[]).map(({ row }) => JSON.parse(row));
  }

  /**
   * Keys of all sessions on disk, for callers that look up very many of them. They include sessions
   * with damaged records, so that their files are not treated as unused.
   */
  keys(): Set<string> {
    const statement = this.#database.prepare(
      'SELECT key FROM sessions UNION SELECT key FROM damaged',
    );
    const keys = new Set<string>();
    for (const { key } of statement.iterate() as Iterable<{ key: string }>) keys.add(key);
    return keys;
  }

  /** The highest number in the order of creation; 0 if there are no sessions. */
  lastSequence(): number {
    const row = this.#database.prepare('SELECT max(sequence) AS last FROM sessions').get();
    return (row as { last: number | null }).last ?? 0;
  }

  /** The session with the latest turn of each user. */
  lastTurns(): SessionRecord[] {
    const rows = this.#database
      .prepare(
        'SELECT record FROM sessions WHERE rowid IN (SELECT (SELECT rowid FROM sessions AS theirs ' +
          'WHERE theirs.owner = owners.owner ORDER BY turn DESC LIMIT 1) ' +
          'FROM (SELECT DISTINCT owner FROM sessions) AS owners)',
      )
      .all() as Row[];
    return rows.map(parsed);
  }

  /** When the first of them is to be removed; infinity if there is none. */
  nextDue(): number {
    return (this.#first.get() as { due: number | null }).due ?? Number.POSITIVE_INFINITY;
  }

  /** Some of those to be removed by a time, the earliest first. */
  due(at: number): SessionRecord[] {
    const rows = this.#database
      .prepare('SELECT record FROM sessions WHERE due <= ? ORDER BY due LIMIT ?')
      .all(at, batch) as Row[];
    return rows.map(parsed);
  }

  /** The apps of a desktop. */
  apps(desktop: string): SessionRecord[] {
    const rows = this.#database
      .prepare('SELECT record FROM sessions WHERE key > ? AND key < ? AND due IS NOT NULL')
      .all(`${desktop}-`, `${desktop}.`) as Row[];
    return rows.map(parsed);
  }

  /** How many there are of each kind and phase. */
  counts(): PhaseCount[] {
    return this.#database
      .prepare(
        'SELECT kind, phase, count(*) AS count FROM sessions WHERE due IS NOT NULL GROUP BY kind, phase',
      )
      .all() as PhaseCount[];
  }

  /**
   * The sessions of a user that started first, with all that started in the same second as the last
   * of them.
   *
   * @param withApps - includes desktop apps
   */
  firstStarted(owner: string, count: number, withApps: boolean): SessionRecord[] {
    const meant = withApps ? theirs : `${theirs} AND kind <> 'desktop-app'`;
    const rows = this.#database
      .prepare(
        `SELECT record ${meant} AND started <= ifnull((SELECT started ${meant} ` +
          'ORDER BY started LIMIT 1 OFFSET ?), 9e15) ORDER BY started, key',
      )
      .all(owner, owner, count - 1) as Row[];
    return rows.map(parsed);
  }

  /**
   * All of them, in batches, so that other work gets its turn in between.
   *
   * @param owner - only those of this user; everybody's by default
   */
  *batches(owner: string | undefined): Generator<SessionRecord[], void> {
    const owners = owner === undefined ? this.#owners() : [owner];
    const statement = this.#database.prepare(
      `SELECT key, started, record ${theirs} AND (started, key) > (?, ?) ORDER BY started, key LIMIT ?`,
    );
    for (const one of owners) {
      let [started, key] = [-1, ''];
      for (;;) {
        const rows = statement.all(one, started, key, batch) as Listed[];
        const last = rows.at(-1);
        if (last !== undefined) yield rows.map(parsed);
        if (last === undefined || rows.length < batch) break;
        ({ started, key } = last);
      }
    }
  }

  #owners(): string[] {
    const rows = this.#database
      .prepare('SELECT DISTINCT owner FROM sessions WHERE due IS NOT NULL')
      .all() as { owner: string }[];
    return rows.map(({ owner }) => owner);
  }
}

/** The ended sessions of a user, which an index contains in order of their start. */
const theirs = 'FROM sessions WHERE due IS NOT NULL AND owner = ?';
