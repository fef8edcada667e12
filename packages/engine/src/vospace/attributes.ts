import type { BigIntStats } from 'node:fs';
import { join } from 'node:path';
import type { DataLayout } from '@skaha/service/data.js';
import Database from 'libsql';

/** Who may do what with a node. */
export interface Access {
  /** Empty if nobody owns it. */
  readonly owner: string;
  readonly isPublic: boolean;
  /** Identifiers of groups. */
  readonly groupRead: readonly string[];
  readonly groupWrite: readonly string[];
  /** Whether nodes created in it inherit these permissions. */
  readonly inherit: boolean;
  readonly locked: boolean;
}

/** The checksum of a file that was uploaded, and the size and time of the file at that moment. */
export interface Checksum {
  /** Hexadecimal. */
  readonly md5: string;
  readonly size: string;
  /** Nanoseconds. */
  readonly modified: string;
}

/** What the service stores about a node. */
export interface Attributes {
  /** Undefined if they follow from its folder. */
  readonly access?: Access | undefined;
  readonly checksum?: Checksum | undefined;
  readonly type?: string | undefined;
  readonly encoding?: string | undefined;
  readonly others?: Readonly<Record<string, string>> | undefined;
}

/**
 * Identifies a file on its disk whatever its name is: by its inode, and by its time of creation
 * because inodes are reused.
 *
 * @param path - used instead where the file system does not record times of creation
 */
export const identityOf = (stats: BigIntStats, path: readonly string[]): string =>
  stats.birthtimeNs > 0n ? `${stats.ino}.${stats.birthtimeNs}` : `${stats.ino}@${path.join('/')}`;

const mostKnown = 4_096;

/**
 * Stores owner, permissions, checksums and properties of nodes. They belong to a file, not to its
 * name, so they are kept when a session renames the file, and do not apply to another file that a
 * session puts in its place.
 */
export class AttributeStore {
  readonly #database: Database.Database;
  readonly #get: Database.Statement;
  readonly #set: Database.Statement;
  readonly #remove: Database.Statement;
  /** A cache: each request reads the attributes of all folders on its path. */
  readonly #known = new Map<string, Attributes>();

  /** Whether the database contains nothing else. */
  readonly #isOwn: boolean;

  private constructor(database: Database.Database, isOwn: boolean) {
    this.#database = database;
    this.#isOwn = isOwn;
    database.exec(
      'CREATE TABLE IF NOT EXISTS nodes (identity TEXT PRIMARY KEY, value TEXT NOT NULL)',
    );
    this.#get = database.prepare('SELECT value FROM nodes WHERE identity = ?');
    this.#set = database.prepare(
      'INSERT INTO nodes VALUES (?, ?) ON CONFLICT (identity) DO UPDATE SET value = excluded.value',
    );
    this.#remove = database.prepare('DELETE FROM nodes WHERE identity = ?');
  }

  /**
   * Opens the store of a data directory, or creates it.
   *
   * @param shared - an existing database to use instead of a separate one
   */
  static open(layout: DataLayout, shared?: Database.Database): AttributeStore {
    if (shared !== undefined) return new AttributeStore(shared, false);
    const database = new Database(join(layout.secrets, 'storage.db'));
    database.pragma('journal_mode = WAL');
    // Losing a checksum in a power failure does no harm; permissions are flushed below.
    database.pragma('synchronous = NORMAL');
    return new AttributeStore(database, true);
  }

  get(identity: string): Attributes {
    const known = this.#known.get(identity);
    if (known !== undefined) return known;
    const row = this.#get.get(identity) as { value: string } | undefined;
    const found = row === undefined ? {} : (JSON.parse(row.value) as Attributes);
    this.#note(identity, found);
    return found;
  }

  set(identity: string, attributes: Attributes): void {
    this.#known.delete(identity);
    this.#set.run(identity, JSON.stringify(attributes));
    this.#note(identity, attributes);
  }

  #note(identity: string, attributes: Attributes): void {
    if (this.#known.size >= mostKnown) this.#known.clear();
    this.#known.set(identity, attributes);
  }

  /** Like {@link set}, but on disk when this returns, unless the database is shared. */
  setDurably(identity: string, attributes: Attributes): void {
    if (!this.#isOwn) {
      this.set(identity, attributes);
      return;
    }
    this.#database.pragma('synchronous = FULL');
    try {
      this.set(identity, attributes);
    } finally {
      this.#database.pragma('synchronous = NORMAL');
    }
  }

  remove(identity: string): void {
    this.#known.delete(identity);
    this.#remove.run(identity);
  }

  close(): void {
    if (this.#isOwn) this.#database.close();
  }
}

/** The checksum of a file, unless a session has changed the file since. */
export function checksumOf({ checksum }: Attributes, stats: BigIntStats): string | undefined {
  if (checksum === undefined) return undefined;
  const isSame =
    checksum.size === String(stats.size) && checksum.modified === String(stats.mtimeNs);
  return isSame ? checksum.md5 : undefined;
}
