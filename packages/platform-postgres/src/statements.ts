import { type Column, keyColumns, quotedName, type Table } from '@skaha/engine/ports/backing.js';

/** The schema with all tables of a platform. */
export const schema = 'skaha';

const place = (table: string): string => `${schema}.${quotedName(table)}`;
const names = (columns: readonly { readonly name: string }[], before = ''): string =>
  columns.map(({ name }) => `${before}${quotedName(name)}`).join(', ');

/** `numeric` can store any number; SQLite does not enforce types. */
const types = { text: 'text', integer: 'numeric', real: 'double precision' } as const;

const declared = (columns: readonly Column[]): string =>
  columns.map(({ name, type }) => `${quotedName(name)} ${types[type]}`).join(', ');

/** Names of the columns of the primary key, in order. */
export const keyNames = (table: Table): string[] => keyColumns(table).map(({ name }) => name);

export const exists = 'SELECT 1 WHERE to_regclass($1) IS NOT NULL';

export const hasSchema = `SELECT 1 FROM pg_namespace WHERE nspname = '${schema}'`;

export const makeSchema = `CREATE SCHEMA ${schema}`;

/** A row for the term of the writer, and the definitions of the tables in the working copy. */
export const makeOwnTables = `
  CREATE TABLE ${schema}.writer (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    format integer NOT NULL,
    term bigint NOT NULL,
    holder text NOT NULL,
    since timestamptz NOT NULL DEFAULT now()
  );
  CREATE TABLE ${schema}.layout (name text PRIMARY KEY, definition text NOT NULL, columns text NOT NULL);
`;

export const onlyOne = `SELECT pg_advisory_xact_lock(hashtext('${schema}'))`;

export const readWriter = `SELECT format, term::text, holder FROM ${schema}.writer`;

export const raiseTerm = `
  INSERT INTO ${schema}.writer (format, term, holder) VALUES ($1, 1, $2)
  ON CONFLICT (single) DO UPDATE
    SET format = excluded.format, term = writer.term + 1, holder = excluded.holder, since = now()
  RETURNING format, term::text, holder
`;

/**
 * Returns no row if another platform writes. A platform that takes over waits until this
 * transaction has ended. Commits are flushed to disk, whatever the default of this database is.
 */
export const checkWriter = `
  SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit')
    WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, true)
  FROM ${schema}.writer WHERE term = $1::text::bigint FOR SHARE
`;

export const readLayout = `SELECT name, definition, columns FROM ${schema}.layout ORDER BY name`;

export const writeLayout = `
  INSERT INTO ${schema}.layout VALUES ($1, $2, $3)
  ON CONFLICT (name) DO UPDATE SET definition = excluded.definition, columns = excluded.columns
`;

export const makeTable = (table: Table): string =>
  [
    `CREATE TABLE IF NOT EXISTS ${place(table.name)} (${declared(table.columns)}, ` +
      `PRIMARY KEY (${names(keyColumns(table))}))`,
    ...table.columns.map(
      (column) => `ALTER TABLE ${place(table.name)} ADD COLUMN IF NOT EXISTS ${declared([column])}`,
    ),
  ].join(';\n');

/** Rows as JSON, which is created and parsed by the two databases. */
export function readPage(table: Table, isAfter: boolean, most: number): string {
  const key = names(keyColumns(table));
  const places = keyColumns(table).map(({ type }, index) => `$${index + 1}::text::${types[type]}`);
  const where = isAfter ? `WHERE (${key}) > (${places.join(', ')})` : '';
  const columns = names(table.columns);
  return `
    WITH found AS (
      SELECT ${columns} FROM ${place(table.name)} ${where} ORDER BY ${key} LIMIT ${most}
    )
    SELECT json_agg(json_build_array(${columns}))::text AS page, count(*)::text AS count,
      (SELECT json_build_array(${key}) FROM found ORDER BY ${keyDown(table)} LIMIT 1)::text AS last
    FROM found
  `;
}

const keyDown = (table: Table): string =>
  keyColumns(table)
    .map(({ name }) => `${quotedName(name)} DESC`)
    .join(', ');

export function upsert(table: Table): string {
  const others = table.columns.filter(({ keyPlace }) => keyPlace === 0);
  const changed = others.map(({ name }) => `${quotedName(name)} = excluded.${quotedName(name)}`);
  const columns = names(table.columns);
  return (
    `INSERT INTO ${place(table.name)} (${columns}) SELECT ${columns} ` +
    `FROM json_to_recordset($1::text::json) AS given (${declared(table.columns)}) ` +
    `ON CONFLICT (${names(keyColumns(table))}) DO ` +
    (changed.length === 0 ? 'NOTHING' : `UPDATE SET ${changed.join(', ')}`)
  );
}

export function remove(table: Table): string {
  const key = keyColumns(table);
  const same = key
    .map(({ name }) => `old.${quotedName(name)} = given.${quotedName(name)}`)
    .join(' AND ');
  return (
    `DELETE FROM ${place(table.name)} AS old ` +
    `USING json_to_recordset($1::text::json) AS given (${declared(key)}) WHERE ${same}`
  );
}
