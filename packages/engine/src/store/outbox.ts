import type Database from 'libsql';
import {
  type Change,
  type Column,
  keyColumns,
  quotedName,
  type Table,
  type Value,
} from '../ports/backing.js';

/** How many changes are sent at once. */
const batch = 1_000;

interface ColumnRow {
  readonly name: string;
  readonly type: string;
  readonly pk: number;
}

interface Entry {
  readonly number: number;
  readonly name: string;
  readonly key: string;
}

/** Changes to be sent. */
export interface PendingChanges {
  readonly batches: Iterable<readonly Change[]>;
  readonly count: number;
  /** Call this once they were written: only later changes are still to be sent. */
  done(): void;
}

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

const typeOf = (declared: string): Column['type'] => {
  if (/INT/i.test(declared)) return 'integer';
  return /REAL|FLOA|DOUB/i.test(declared) ? 'real' : 'text';
};

/**
 * Records which rows of a database have changed since they were sent to the backing. Triggers note
 * each row in the transaction that changes it; the notes are in temporary tables, so nothing of
 * this is in the file of the database.
 */
export class Outbox {
  readonly #database: Database.Database;
  readonly #tables = new Map<string, Table>();
  readonly #readers = new Map<string, Database.Statement>();
  readonly #entries: Database.Statement;
  readonly #count: Database.Statement;
  readonly #forget: Database.Statement;
  readonly #any: Database.Statement;

  constructor(database: Database.Database) {
    this.#database = database;
    database.pragma('temp_store=MEMORY');
    // Makes the triggers fire for replaced rows too.
    database.pragma('recursive_triggers=ON');
    database.exec(
      'CREATE TEMP TABLE outbox (number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, ' +
        'key TEXT NOT NULL, UNIQUE (name, key))',
    );
    this.#entries = database.prepare('SELECT number, name, key FROM temp.outbox ORDER BY number');
    this.#count = database.prepare('SELECT count(*) AS count FROM temp.outbox');
    this.#any = database.prepare('SELECT EXISTS (SELECT 1 FROM temp.outbox) AS found');
    this.#forget = database.prepare('DELETE FROM temp.outbox WHERE number = ?');
  }

  get isEmpty(): boolean {
    return (this.#any.get() as { found: number }).found === 0;
  }

  /** How many rows are to be sent. */
  get size(): number {
    return (this.#count.get() as { count: number }).count;
  }

  /**
   * Watches all existing tables.
   *
   * @param sent - names of tables whose rows have been sent already; those of the others are to be
   *   sent
   * @returns the tables that were not watched before, or whose columns have changed
   */
  watch(sent: ReadonlySet<string> = new Set()): Table[] {
    const found = tablesOf(this.#database);
    const changed = found.filter(
      (table) => JSON.stringify(this.#tables.get(table.name)) !== JSON.stringify(table),
    );
    for (const table of changed) {
      const isNew = !this.#tables.has(table.name);
      this.#tables.set(table.name, table);
      this.#readers.set(table.name, this.#database.prepare(readerOf(table)));
      if (!isNew) continue;
      this.#database.exec(triggersOf(table));
      if (!sent.has(table.name)) this.#database.exec(noteAll(table));
    }
    return changed;
  }

  /** Everything that is to be sent, in its present state. */
  take(): PendingChanges {
    const entries = this.#entries.all() as Entry[];
    const changes = entries.map(({ name, key }) => this.#change(name, JSON.parse(key)));
    return {
      batches: batchesOf(changes),
      count: entries.length,
      done: () => {
        this.#database.exec('SAVEPOINT sent');
        for (const { number } of entries) this.#forget.run(number);
        this.#database.exec('RELEASE sent');
      },
    };
  }

  #change(table: string, key: readonly Value[]): Change {
    const reader = this.#readers.get(table);
    const row = reader?.raw().get(...key) as readonly Value[] | undefined;
    return { table, key, row };
  }
}

function* batchesOf(changes: readonly Change[]): Generator<readonly Change[]> {
  for (let from = 0; from < changes.length; from += batch) {
    yield changes.slice(from, from + batch);
  }
}

/** All rows of a database, in batches. */
export function* allRows(database: Database.Database): Generator<readonly Change[]> {
  for (const table of tablesOf(database)) {
    const places = keyColumns(table).map((column) => table.columns.indexOf(column) + 1);
    const columns = table.columns.map(({ name }) => quotedName(name)).join(', ');
    const page = database
      .prepare(
        `SELECT rowid, ${columns} FROM main.${quotedName(table.name)} WHERE rowid > ? ORDER BY rowid LIMIT ${batch}`,
      )
      .raw();
    let last: Value = -1;
    for (;;) {
      const rows = page.all(last) as Value[][];
      if (rows.length === 0) break;
      yield rows.map((row) => ({
        table: table.name,
        key: places.map((place) => row[place] ?? null),
        row: row.slice(1),
      }));
      last = rows.at(-1)?.[0] ?? null;
    }
  }
}

/** The tables of a database that have a primary key. */
export function tablesOf(database: Database.Database): Table[] {
  const rows = database
    .prepare(
      "SELECT name, sql FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' " +
        "ESCAPE '\\' AND name NOT LIKE 'libsql\\_%' ESCAPE '\\' ORDER BY name",
    )
    .all() as { name: string; sql: string }[];
  return rows
    .map(({ name, sql }) => ({ name, definition: sql, columns: columnsOf(database, name) }))
    .filter(({ columns }) => columns.some(({ keyPlace }) => keyPlace > 0));
}

const columnsOf = (database: Database.Database, table: string): Column[] =>
  (database.prepare(`PRAGMA main.table_info(${quotedName(table)})`).all() as ColumnRow[]).map(
    ({ name, type, pk }) => ({ name, type: typeOf(type), keyPlace: pk }),
  );

function readerOf(table: Table): string {
  const columns = table.columns.map(({ name }) => quotedName(name)).join(', ');
  const key = keyColumns(table).map(({ name }) => `${quotedName(name)} = ?`);
  return `SELECT ${columns} FROM main.${quotedName(table.name)} WHERE ${key.join(' AND ')}`;
}

const keyIn = (table: Table, row: string): string =>
  `json_array(${keyColumns(table)
    .map(({ name }) => `${row}${quotedName(name)}`)
    .join(', ')})`;

const noteAll = (table: Table): string =>
  `INSERT OR REPLACE INTO temp.outbox (name, key) SELECT ${text(table.name)}, ${keyIn(table, '')} ` +
  `FROM main.${quotedName(table.name)}`;

function triggersOf(table: Table): string {
  const name = text(table.name);
  // Two statements, because the conflict clause of the outer statement would also apply here.
  const note = (row: string) =>
    `DELETE FROM outbox WHERE name = ${name} AND key = ${keyIn(table, row)}; ` +
    `INSERT INTO outbox (name, key) VALUES (${name}, ${keyIn(table, row)});`;
  const trigger = (event: string, rows: readonly string[]) =>
    `CREATE TEMP TRIGGER ${quotedName(`outbox ${event} ${table.name}`)} AFTER ${event} ON ` +
    `main.${quotedName(table.name)} BEGIN ${rows.map(note).join(' ')} END;`;
  return [
    trigger('INSERT', ['NEW.']),
    trigger('UPDATE', ['OLD.', 'NEW.']),
    trigger('DELETE', ['OLD.']),
  ].join('\n');
}
