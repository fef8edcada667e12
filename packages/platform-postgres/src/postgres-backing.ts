import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import {
  type Backing,
  BackingLost,
  type Change,
  type Table,
  type Value,
} from '@skaha/engine/ports/backing.js';
import { PlatformError } from '@skaha/service/errors.js';
import { readAddress } from './address.js';
import { Connection, type Sql, type Transaction } from './connection.js';
import * as statements from './statements.js';

/** The version of the layout of our tables in the database. */
const format = 1;

/** How many rows are read at once. */
const batch = 4_000;

interface Writer {
  readonly format: number;
  readonly term: string;
  readonly holder: string;
}

/** A page of rows, and the key of the last one. */
interface Page {
  readonly page: string | null;
  readonly last: string;
  readonly count: string;
}

/**
 * The state of a platform in a PostgreSQL database. The writer has the highest term; each
 * transaction checks this, so that a delayed platform cannot overwrite what its successor has
 * written.
 */
export class PostgresBacking implements Backing {
  readonly #connection: Connection;
  readonly #lost = new AbortController();
  readonly #holder = `${hostname()} ${process.pid} ${randomUUID().slice(0, 8)}`;
  readonly #tables = new Map<string, Table>();
  #term: string | undefined;

  /**
   * @param address - `postgres://USER@HOST:PORT/DATABASE`
   * @throws {PlatformError} `config.invalid`
   */
  constructor(address: string) {
    this.#connection = new Connection(readAddress(address));
  }

  get name(): string {
    return this.#connection.name;
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async tables(): Promise<readonly Table[]> {
    const found = await this.#connection.use(async (sql) => {
      if (!(await isThere(sql, 'layout'))) return [];
      return await sql.unsafe<{ name: string; definition: string; columns: string }[]>(
        statements.readLayout,
      );
    });
    const tables = found.map((row) => ({ ...row, columns: JSON.parse(row.columns) }) as Table);
    for (const table of tables) this.#tables.set(table.name, table);
    return tables;
  }

  async *pages(table: Table): AsyncGenerator<string> {
    let coming = this.#page(table, undefined);
    for (;;) {
      const { page, last, count } = await coming;
      if (page === null) return;
      const isLast = Number(count) < batch;
      // The next page is fetched while this one is processed.
      if (!isLast) {
        coming = this.#page(table, JSON.parse(last) as Value[]);
        coming.catch(() => undefined);
      }
      yield page;
      if (isLast) return;
    }
  }

  async #page(table: Table, after: readonly Value[] | undefined): Promise<Page> {
    const text = statements.readPage(table, after !== undefined, batch);
    const asked = (after ?? []).map(String);
    const [found] = await this.#connection.use(
      async (sql) => await sql.unsafe<Page[]>(text, asked, { prepare: true }),
    );
    return found as Page;
  }

  async take(): Promise<void> {
    const { term } = await this.#connection.transaction(async (transaction) => {
      // Two platforms that start at the same time would both create the tables.
      await transaction.unsafe(statements.onlyOne);
      await makeWriter(transaction);
      const [writer] = await transaction.unsafe<Writer[]>(statements.raiseTerm, [
        format,
        this.#holder,
      ]);
      return writer as Writer;
    });
    this.#term = term;
  }

  async prepare(tables: readonly Table[]): Promise<void> {
    await this.#transaction(async (transaction) => {
      for (const table of tables) {
        await transaction.unsafe(statements.makeTable(table));
        const { name, definition, columns } = table;
        await transaction.unsafe(statements.writeLayout, [
          ...[name, definition, JSON.stringify(columns)],
        ]);
      }
    });
    for (const table of tables) this.#tables.set(table.name, table);
  }

  async write(batches: Iterable<readonly Change[]>): Promise<void> {
    await this.#transaction(async (transaction, alive) => {
      for (const changes of batches) {
        await Promise.all(this.#statementsFor(changes, transaction));
        alive();
      }
    });
  }

  #statementsFor(changes: readonly Change[], transaction: Transaction): Promise<unknown>[] {
    return [...byTable(changes)].flatMap(([name, theirs]) => {
      const table = this.#tables.get(name);
      if (table === undefined) throw new Error(`the table ${name} was not prepared`);
      const present = theirs.filter(({ row }) => row !== undefined);
      const gone = theirs.filter(({ row }) => row === undefined);
      const send = (text: string, json: string) =>
        transaction.unsafe(text, [json], { prepare: true });
      return [
        ...(present.length === 0 ? [] : [send(statements.upsert(table), rowsOf(table, present))]),
        ...(gone.length === 0 ? [] : [send(statements.remove(table), keysOf(table, gone))]),
      ];
    });
  }

  async check(): Promise<void> {
    const [writer] = await this.#connection.use(
      async (sql) => await sql.unsafe<Writer[]>(statements.readWriter),
    );
    if (writer?.term !== this.#term) throw this.#lose(writer);
  }

  close(): void {
    this.#connection.close();
  }

  /** Runs work that only the writer may do. */
  async #transaction(
    work: (transaction: Transaction, alive: () => void) => Promise<void>,
  ): Promise<void> {
    if (this.#lost.signal.aborted) throw this.#lost.signal.reason;
    const isOurs = await this.#connection.transaction(async (transaction, alive) => {
      const term = this.#term ?? '0';
      const found = await transaction.unsafe(statements.checkWriter, [term], { prepare: true });
      if (found.length === 0) return false;
      await work(transaction, alive);
      return true;
    });
    if (isOurs) return;
    const [writer] = await this.#connection.use(
      async (sql) => await sql.unsafe<Writer[]>(statements.readWriter),
    );
    throw this.#lose(writer);
  }

  #lose(writer: Writer | undefined): BackingLost {
    const who = writer === undefined ? '' : ` (${writer.holder})`;
    const lost = new BackingLost(`another platform${who} works with ${this.name} now`);
    this.#lost.abort(lost);
    return lost;
  }
}

function byTable(changes: readonly Change[]): Map<string, Change[]> {
  const groups = new Map<string, Change[]>();
  for (const change of changes) {
    const group = groups.get(change.table) ?? [];
    group.push(change);
    groups.set(change.table, group);
  }
  return groups;
}

async function isThere(sql: Sql | Transaction, table: string): Promise<boolean> {
  const found = await sql.unsafe(statements.exists, [`${statements.schema}.${table}`]);
  return found.length > 0;
}

async function makeWriter(transaction: Transaction): Promise<void> {
  if (!(await isThere(transaction, 'writer'))) {
    const [schema] = await transaction.unsafe(statements.hasSchema);
    if (schema === undefined) await transaction.unsafe(statements.makeSchema);
    await transaction.unsafe(statements.makeOwnTables);
    return;
  }
  const [writer] = await transaction.unsafe<Writer[]>(statements.readWriter);
  if (writer === undefined || writer.format <= format) return;
  const message =
    `The state in PostgreSQL was written by a newer platform: its layout is ${writer.format}, ` +
    `and this one knows layouts up to ${format}.`;
  throw new PlatformError('platform.storage', message, {
    hint: 'Update skaha-platform, or use another database with --store.',
  });
}

/** Characters that PostgreSQL cannot store in text: NUL, and lone surrogates. */
const sound = (value: unknown): Value =>
  typeof value === 'string'
    ? Buffer.from(value.replaceAll('\0', '\uFFFD')).toString()
    : ((typeof value === 'number' || value === null ? value : String(value)) as Value);

const rowsOf = ({ columns }: Table, changes: readonly Change[]): string =>
  JSON.stringify(
    changes.map(({ row = [] }) =>
      Object.fromEntries(columns.map(({ name }, place) => [name, sound(row[place] ?? null)])),
    ),
  );

const keysOf = (table: Table, changes: readonly Change[]): string => {
  const names = statements.keyNames(table);
  return JSON.stringify(
    changes.map(({ key }) =>
      Object.fromEntries(names.map((name, place) => [name, sound(key[place] ?? null)])),
    ),
  );
};
