import { closeSync, openSync, rmSync } from 'node:fs';
import { PlatformError } from '@skaha/service/errors.js';
import Database from 'libsql';
import type { Backing, Table, Value } from '../ports/backing.js';
import { schemaVersion } from './migrations.js';

/** Inserts a page of rows without parsing it here. */
const insertOf = ({ name, columns }: Table): string => {
  const cells = columns.map((_, place) => `value ->> '$[${place}]'`).join(', ');
  return `INSERT INTO "${name}" SELECT ${cells} FROM json_each(?)`;
};

/**
 * Creates a database with the content of a backing, replacing an existing one.
 *
 * @returns the names of its tables; none if the backing is empty
 */
export async function makeWorkingCopy(path: string, backing: Backing): Promise<Set<string>> {
  for (const end of ['', '-wal', '-shm', '-journal']) rmSync(`${path}${end}`, { force: true });
  // It contains secrets of logins.
  closeSync(openSync(path, 'wx', 0o600));
  const tables = await backing.tables();
  const database = new Database(path);
  try {
    // If this is interrupted, the copy is created again anyway.
    database.pragma('journal_mode=OFF');
    database.pragma('synchronous=OFF');
    // Tables come in no particular order.
    database.pragma('foreign_keys=OFF');
    for (const { definition } of tables) database.exec(definition);
    for (const table of tables) await fill(database, table, backing);
    return new Set(tables.map(({ name }) => name));
  } finally {
    database.close();
  }
}

async function fill(database: Database.Database, table: Table, backing: Backing): Promise<void> {
  const insert = database.prepare(insertOf(table));
  for await (const page of backing.pages(table)) insert.run(page);
}

/**
 * The version of the state in a backing, before anything is changed there.
 *
 * @returns undefined if the backing is empty
 * @throws {PlatformError} `platform.storage` when a newer platform wrote it
 */
export async function versionIn(backing: Backing): Promise<number | undefined> {
  const facts = (await backing.tables()).find(({ name }) => name === 'facts');
  const found = facts === undefined ? undefined : await factIn(backing, facts, 'schema');
  if (found === undefined) return undefined;
  if (Number(found) <= schemaVersion) return Number(found);
  const message =
    `The state in ${backing.name} was written by a newer platform: its format is ${found}, ` +
    `and this one knows formats up to ${schemaVersion}.`;
  throw new PlatformError('platform.storage', message, {
    hint: 'Update skaha-platform, or use another database with --store.',
  });
}

async function factIn(backing: Backing, facts: Table, wanted: string): Promise<Value | undefined> {
  for await (const page of backing.pages(facts)) {
    const rows = JSON.parse(page) as Value[][];
    const found = rows.find(([name]) => name === wanted);
    if (found !== undefined) return found[1];
  }
  return undefined;
}
