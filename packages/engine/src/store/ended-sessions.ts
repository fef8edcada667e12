import type Database from 'libsql';
import type { EventRow } from '../sessions/event-table.js';
import { nextDue } from '../sessions/lifecycle.js';
import { isFinished, type Phase, type SessionRecord } from '../sessions/record.js';

/** How many rows are read at once where there may be any number of them. */
const batch = 500;

/** The last millisecond that a date can tell. */
const endOfTime = 8.64e15;

type Columns = [
  kind: string,
  phase: string,
  sequence: number,
  due: number | null,
  turn: number | null,
  started: number | null,
];

/** What of a session can be looked for: only one that is over has a time to be forgotten at. */
export function columnsOf({ kind, life, sequence, keepSeconds }: SessionRecord): Columns {
  const due = isFinished(life) ? Math.min(nextDue(life, keepSeconds), endOfTime) : null;
  // Replies tell whole seconds, and what they tell is what callers sort by.
  const started = life.startedAt === undefined ? null : Math.floor(life.startedAt / 1000);
  return [kind, life.phase, sequence, due, life.turn ?? null, started];
}

/** Sessions of one kind in one phase. */
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

/** What a caller calls the launch of a session; nothing where the record cannot be read. */
export const launchInSql = "CASE WHEN json_valid(record) THEN json_extract(record, '$.launch') END";

const parsed = ({ record }: Row) => JSON.parse(record) as SessionRecord;

/**
 * The sessions on disk that are over. They are not held in memory: there may be a hundred thousand
 * of them, and hardly one is ever asked for.
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

  /** A session on disk, also one that is not over. */
  get(key: string): SessionRecord | undefined {
    const row = this.#one.get(key) as Row | undefined;
    return row === undefined ? undefined : parsed(row);
  }

  /** Keys of the sessions, over or not, whose callers call their launch so. */
  launchedAs(launch: string): string[] {
    return (this.#launched.all(launch) as { key: string }[]).map(({ key }) => key);
  }

  /** What happened to a session. */
  events(key: string): EventRow[] {
    return (this.#events.all(key) as { row: string }[]).map(({ row }) => JSON.parse(row));
  }

  /**
   * Keys of all sessions on disk, for callers that look for very many of them. Those are among them whose
   * records cannot be read: what they left is not nobody's.
   */
  keys(): Set<string> {
    const statement = this.#database.prepare(
      'SELECT key FROM sessions UNION SELECT key FROM damaged',
    );
    const keys = new Set<string>();
    for (const { key } of statement.iterate() as Iterable<{ key: string }>) keys.add(key);
    return keys;
  }

  /** The highest number in the order of creation; 0 where there is no session. */
  lastSequence(): number {
    const row = this.#database.prepare('SELECT max(sequence) AS last FROM sessions').get();
    return (row as { last: number | null }).last ?? 0;
  }

  /** The session of each user that had the latest turn. */
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

  /** When the first of them is to be forgotten; infinity when there is none. */
  nextDue(): number {
    return (this.#first.get() as { due: number | null }).due ?? Number.POSITIVE_INFINITY;
  }

  /** Some of those that are to be forgotten by a time, the first of them first. */
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

  /** How many there are of each kind. */
  counts(): PhaseCount[] {
    return this.#database
      .prepare(
        'SELECT kind, phase, count(*) AS count FROM sessions WHERE due IS NOT NULL GROUP BY kind, phase',
      )
      .all() as PhaseCount[];
  }

  /**
   * Those of a user that started first, and all that started in the same second as the last of them.
   *
   * @param withApps - desktop apps as well
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
   * All of them, some at a time, so that others have their turn in between.
   *
   * @param owner - whose; everybody's when left out
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

/** The sessions of one user that are over; an index has them in the order of their start. */
const theirs = 'FROM sessions WHERE due IS NOT NULL AND owner = ?';
