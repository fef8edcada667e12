import type { BigIntStats } from 'node:fs';
import { join } from 'node:path';
import type { DataLayout } from '@skaha/service/data.js';
import Database from 'libsql';

/** Who may do what with a node. */
export interface Access {
  /** Empty for what is nobody's. */
  readonly owner: string;
  readonly isPublic: boolean;
  /** Identifiers of groups. */
  readonly groupRead: readonly string[];
  readonly groupWrite: readonly string[];
  /** Whether what is made in it takes these permissions over. */
  readonly inherit: boolean;
  readonly locked: boolean;
}

/** The checksum of a file that went through the service, and the file it is of. */
export interface Checksum {
  /** Hexadecimal. */
  readonly md5: string;
  readonly size: string;
  /** Nanoseconds. */
  readonly modified: string;
}

/** What is known of a node besides its file. */
export interface Attributes {
  /** Undefined: it follows from the folder it is in. */
  readonly access?: Access | undefined;
  readonly checksum?: Checksum | undefined;
  readonly type?: string | undefined;
  readonly encoding?: string | undefined;
  readonly others?: Readonly<Record<string, string>> | undefined;
}

/**
 * Tells a file from every other of the same disk for all time, whatever it is called: its number,
 * and when it was made, because numbers are used again.
 *
 * @param path - stands in where the file system does not know when a file was made
 */
export const identityOf = (stats: BigIntStats, path: readonly string[]): string =>
  stats.birthtimeNs > 0n ? `${stats.ino}.${stats.birthtimeNs}` : `${stats.ino}@${path.join('/')}`;

const mostKnown = 4_096;

/**
 * What the service knows of nodes besides their files: owner, permissions, checksums, properties. It
 * is kept by file, not by name, so that it goes along when a session renames something, and does
 * not pass to what a session puts in its place.
 */
export class AttributeStore {
  readonly #database: Database.Database;
  readonly #get: Database.Statement;
  readonly #set: Database.Statement;
  readonly #remove: Database.Statement;
  /** What was asked for last: each request asks for all folders on its way. */
  readonly #known = new Map<string, Attributes>();

  /** Whether the database is for this alone. */
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
   * Opens the store of a data directory, or makes it.
   *
   * @param shared - the database to keep it in, with others, where it is not one of its own
   */
  static open(layout: DataLayout, shared?: Database.Database): AttributeStore {
    if (shared !== undefined) return new AttributeStore(shared, false);
    const database = new Database(join(layout.secrets, 'storage.db'));
    database.pragma('journal_mode = WAL');
    // A checksum that a power cut takes away is only not known; permissions are flushed below.
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

  /** As {@link set}; it is on the disk when this returns, unless the database is shared. */
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

/** The checksum of a file, unless the file changed behind the service. */
export function checksumOf({ checksum }: Attributes, stats: BigIntStats): string | undefined {
  if (checksum === undefined) return undefined;
  const isSame =
    checksum.size === String(stats.size) && checksum.modified === String(stats.mtimeNs);
  return isSame ? checksum.md5 : undefined;
}
