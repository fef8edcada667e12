/** What a column of a table can hold. */
export type Value = string | number | null;

/** A column of a table that is kept elsewhere as well. */
export interface Column {
  readonly name: string;
  readonly type: 'text' | 'integer' | 'real';
  /** Its place in the primary key, from 1; 0 for the others. */
  readonly keyPlace: number;
}

/** A table that is kept elsewhere as well. */
export interface Table {
  readonly name: string;
  /** What makes it in the working copy. */
  readonly definition: string;
  readonly columns: readonly Column[];
}

/** The columns of the primary key, in its order. */
export const keyColumns = ({ columns }: Table): Column[] =>
  columns.filter(({ keyPlace }) => keyPlace > 0).sort((a, b) => a.keyPlace - b.keyPlace);

/** The name of a table or a column as SQL takes it. */
export const quotedName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A row as it is now, or that it is gone. */
export interface Change {
  readonly table: string;
  /** In the order of the primary key. */
  readonly key: readonly Value[];
  /** In the order of the columns; undefined when it is gone. */
  readonly row: readonly Value[] | undefined;
}

/** It cannot be reached, or refuses to write at the moment; the same again may succeed. */
export class BackingUnreachable extends Error {
  override readonly name = 'BackingUnreachable';
  /** What would help, in one sentence. */
  readonly hint: string | undefined;

  constructor(message: string, options: { hint?: string | undefined; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.hint = options.hint;
  }
}

/** Another platform writes there now: this one may not, ever again. */
export class BackingLost extends Error {
  override readonly name = 'BackingLost';
}

/** True when nothing can be kept for good, now or ever. */
export const isAway = (error: unknown): boolean =>
  error instanceof BackingUnreachable || error instanceof BackingLost;

/**
 * Where the state of a platform is kept for good, where that is not the disk of this machine. One
 * platform at a time writes to it; what it holds is the truth, and the database on this machine is a
 * copy to work with.
 */
export interface Backing {
  /** Where it is, in words that hold no secret. */
  readonly name: string;
  /** Aborted as soon as another platform writes there. */
  readonly lost: AbortSignal;
  /** Tables that are there. Before `take` what is read may be changed by others. */
  tables(): Promise<readonly Table[]>;
  /**
   * The rows of a table, some at a time: texts of JSON, each a list of rows, and each row a list in the
   * order of the columns. There may be very many, so that nobody should look at each of them.
   */
  pages(table: Table): AsyncIterable<string>;
  /**
   * Becomes the one that writes: from then on no other platform can, whatever it is doing.
   *
   * @throws {BackingUnreachable}
   */
  take(): Promise<void>;
  /** Makes room for tables, and for columns that they did not have before. */
  prepare(tables: readonly Table[]): Promise<void>;
  /**
   * Writes changes, all of them or none; they are there for good when this resolves. The same
   * changes again do no harm.
   *
   * @param batches - no row is in them twice
   * @throws {BackingUnreachable} when it is not known whether they were written
   * @throws {BackingLost}
   */
  write(batches: Iterable<readonly Change[]>): Promise<void>;
  /**
   * Finds out whether it can be reached, and who writes there.
   *
   * @throws {BackingUnreachable}
   * @throws {BackingLost}
   */
  check(): Promise<void>;
  /** Lets go of it at once. */
  close(): void;
}
