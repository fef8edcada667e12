/** A value in a column. */
export type Value = string | number | null;

/** A column of a replicated table. */
export interface Column {
  readonly name: string;
  readonly type: 'text' | 'integer' | 'real';
  /** Its position in the primary key, from 1; 0 if it is not part of it. */
  readonly keyPlace: number;
}

/** A replicated table. */
export interface Table {
  readonly name: string;
  /** The SQL that creates it in the working copy. */
  readonly definition: string;
  readonly columns: readonly Column[];
}

/** The columns of the primary key, in order. */
export const keyColumns = ({ columns }: Table): Column[] =>
  columns.filter(({ keyPlace }) => keyPlace > 0).sort((a, b) => a.keyPlace - b.keyPlace);

/** Quotes the name of a table or a column for SQL. */
export const quotedName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** The present state of a row, or its deletion. */
export interface Change {
  readonly table: string;
  /** The values of the primary key, in order. */
  readonly key: readonly Value[];
  /** The values in the order of the columns; undefined if the row was deleted. */
  readonly row: readonly Value[] | undefined;
}

/** The backing cannot be reached, or refuses to write at the moment; trying again may succeed. */
export class BackingUnreachable extends Error {
  override readonly name = 'BackingUnreachable';
  /** What may help, in one sentence. */
  readonly hint: string | undefined;

  constructor(message: string, options: { hint?: string | undefined; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.hint = options.hint;
  }
}

/** Another platform writes to the backing now; this one may not, ever again. */
export class BackingLost extends Error {
  override readonly name = 'BackingLost';
}

/** Whether an error means that nothing can be stored at the moment, or ever again. */
export const isAway = (error: unknown): boolean =>
  error instanceof BackingUnreachable || error instanceof BackingLost;

/**
 * Durable storage for the state of a platform outside this machine. One platform at a time writes
 * to it. Its content counts; the database on this machine is a working copy.
 */
export interface Backing {
  /** Where it is, without secrets. */
  readonly name: string;
  /** Aborted as soon as another platform writes to it. */
  readonly lost: AbortSignal;
  /** The existing tables. Before `take`, others may change what is read. */
  tables(): Promise<readonly Table[]>;
  /**
   * The rows of a table in pages: each is JSON, a list of rows, each of which is a list in the
   * order of the columns. There may be very many, so the pages are not parsed here.
   */
  pages(table: Table): AsyncIterable<string>;
  /**
   * Takes over as the only writer: from then on no other platform can write.
   *
   * @throws {BackingUnreachable}
   */
  take(): Promise<void>;
  /** Creates missing tables and columns. */
  prepare(tables: readonly Table[]): Promise<void>;
  /**
   * Writes changes, all of them or none; they are durable when this resolves. Writing the same
   * changes again does no harm.
   *
   * @param batches - no row occurs twice
   * @throws {BackingUnreachable} if it is not known whether they were written
   * @throws {BackingLost}
   */
  write(batches: Iterable<readonly Change[]>): Promise<void>;
  /**
   * Checks whether it can be reached, and who writes to it.
   *
   * @throws {BackingUnreachable}
   * @throws {BackingLost}
   */
  check(): Promise<void>;
  /** Closes the connection at once. */
  close(): void;
}
