import {
  type Backing,
  BackingLost,
  BackingUnreachable,
  type Change,
  type Table,
  type Value,
} from '../../src/ports/backing.js';

/** A backing in memory, as simple as one can be. */
export class Memory {
  readonly tables = new Map<string, Table>();
  readonly rows = new Map<string, Map<string, readonly Value[]>>();
  term = 0;
  isAway = false;
  /** What each transaction wrote: names of tables and keys. */
  readonly transactions: string[][] = [];

  /** One platform's way to it. */
  open(): Backing {
    const lost = new AbortController();
    let term = 0;
    const guard = () => {
      if (this.isAway) throw new BackingUnreachable('it is away');
      if (term === this.term) return;
      lost.abort(new BackingLost('another writes'));
      throw lost.signal.reason;
    };
    return {
      name: 'memory',
      lost: lost.signal,
      tables: async () => [...this.tables.values()],
      pages: (table) => this.#all(table),
      take: async () => {
        this.term += 1;
        term = this.term;
      },
      prepare: async (tables) => {
        guard();
        for (const table of tables) this.tables.set(table.name, table);
      },
      write: async (batches) => {
        await new Promise((resolve) => setImmediate(resolve));
        guard();
        this.#apply([...batches].flat());
      },
      check: async () => guard(),
      close: () => undefined,
    };
  }

  async *#all({ name }: Table) {
    yield JSON.stringify([...(this.rows.get(name)?.values() ?? [])]);
  }

  #apply(changes: readonly Change[]): void {
    this.transactions.push(changes.map(({ table, key }) => `${table} ${key.join()}`).sort());
    for (const { table, key, row } of changes) {
      const rows = this.rows.get(table) ?? new Map<string, readonly Value[]>();
      this.rows.set(table, rows);
      if (row === undefined) rows.delete(JSON.stringify(key));
      else rows.set(JSON.stringify(key), row);
    }
  }

  get facts(): Record<string, Value> {
    const rows = [...(this.rows.get('facts')?.values() ?? [])];
    return Object.fromEntries(rows.map(([name, value]) => [name, value ?? null]));
  }
}
