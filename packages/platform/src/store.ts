import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Logger } from '@skaha/base/logger.js';
import { replaceFileSync } from '@skaha/base/private-file.js';
import { type Backing, BackingLost, BackingUnreachable } from '@skaha/engine/ports/backing.js';
import { SessionStore } from '@skaha/engine/store/session-store.js';
import {
  type DataLayout,
  dataLayout,
  platformInstance,
  readIfPresent,
  seedName,
  seedOf,
  storageError,
} from '@skaha/service/data.js';
import { PlatformError, reasonOf } from '@skaha/service/errors.js';

/**
 * Checks the address of a database.
 *
 * @throws {PlatformError} `config.invalid`
 */
export async function checkAddress(address: string): Promise<void> {
  const { readAddress } = await import('@skaha/platform-postgres/address.js');
  readAddress(address);
}

async function openBacking(address: string): Promise<Backing> {
  const { PostgresBacking } = await import('@skaha/platform-postgres/postgres-backing.js');
  return new PostgresBacking(address);
}

/** The state, and a signal that is aborted when another platform takes it over. */
export interface OpenedStore {
  readonly store: SessionStore;
  readonly lost: AbortSignal | undefined;
}

/**
 * Opens the state of a platform, in its data directory or in a database.
 *
 * @throws {PlatformError} `platform.already_running`, `platform.storage`, `platform.store_unavailable`
 *   or `config.invalid`
 */
export async function openStore(
  layout: DataLayout,
  address: string | undefined,
  logger: Logger,
): Promise<OpenedStore> {
  try {
    if (address !== undefined) return await openBacked(layout, address, logger);
    if (existsSync(layout.workingCopy) && !existsSync(layout.database)) throw elsewhere(layout);
    return { store: SessionStore.open(layout.database), lost: undefined };
  } catch (error) {
    throw storeError(layout, error);
  }
}

/** Converts an error of the state to the one that a user sees. */
export function storeError(layout: DataLayout, error: unknown): PlatformError {
  if (error instanceof PlatformError) return error;
  if (error instanceof BackingLost) {
    return new PlatformError(
      'platform.already_running',
      `The platform did not start: ${error.message}.`,
      {
        hint: 'Only one platform at a time can use a database. Use that platform, or stop it first.',
        cause: error,
      },
    );
  }
  if (!(error instanceof BackingUnreachable)) return storageError(layout.root, error);
  return new PlatformError('platform.store_unavailable', `${error.message}.`, {
    hint: error.hint ?? 'Start the platform again once the database answers.',
    cause: error,
  });
}

async function openBacked(
  layout: DataLayout,
  address: string,
  logger: Logger,
): Promise<OpenedStore> {
  const backing = await openBacking(address);
  try {
    const former = await formerState(layout, backing);
    const store = await SessionStore.openBacked(layout.workingCopy, backing, logger, { former });
    if (former !== undefined) renameSync(former, movedPath(layout));
    restoreFiles(layout, filesIn(store));
    // Users who remove the directory learn what remains.
    const database: KeptDatabase = { name: backing.name, address };
    replaceFileSync(keptPath(layout), `${JSON.stringify(database)}\n`);
    return { store, lost: backing.lost };
  } catch (error) {
    backing.close();
    throw error;
  }
}

/** The database with the sessions of a platform. */
export interface KeptDatabase {
  /** Where it is, in words, without secrets. */
  readonly name: string;
  /** Its address as it was given, without a password. */
  readonly address: string;
}

const keptPath = ({ secrets }: DataLayout) => join(secrets, 'store.json');

/**
 * Returns the database in which the sessions of a data directory are.
 *
 * @param data - the data directory; the default one if omitted
 * @returns undefined if they are in the directory itself
 * @example
 * ```ts
 * import { keptDatabase } from 'skaha-platform';
 *
 * console.log(keptDatabase()?.name ?? 'in the data directory');
 * ```
 */
export function keptDatabase(data?: string): KeptDatabase | undefined {
  const layout = dataLayout(data);
  if (existsSync(layout.database) || !existsSync(layout.workingCopy)) return undefined;
  const text = readIfPresent(keptPath(layout));
  // The database was used before its name was recorded.
  if (text === undefined) return { name: 'a PostgreSQL database', address: 'postgres://…' };
  return JSON.parse(text) as KeptDatabase;
}

const movingPath = ({ database }: DataLayout) => `${database}.moving`;
const movedPath = ({ database }: DataLayout) => `${database}.moved`;

/** A state in the data directory, which is moved to an empty database, never merged. */
async function formerState(layout: DataLayout, backing: Backing): Promise<string | undefined> {
  const { database } = layout;
  const moving = movingPath(layout);
  if (existsSync(database)) {
    if ((await backing.tables()).length > 0) throw twoStates(layout, backing);
    // Completes the last writes, and fails if a platform uses it.
    SessionStore.open(database).close();
    renameSync(database, moving);
  }
  return existsSync(moving) ? moving : undefined;
}

const twoStates = ({ database }: DataLayout, { name }: Backing): PlatformError =>
  new PlatformError(
    'config.invalid',
    `There are sessions in the data folder (${database}) and others in ${name}.`,
    {
      hint: `Choose another folder with --data or another database with --store, or move ${database} away: its sessions are forgotten then.`,
    },
  );

const elsewhere = ({ workingCopy }: DataLayout): PlatformError =>
  new PlatformError(
    'config.invalid',
    'The sessions of this data folder are in a PostgreSQL database, which is not configured any more.',
    {
      hint: `Give its address with --store or in the configuration, or remove ${workingCopy} to begin without them.`,
    },
  );

/** Keys and tokens, which a platform that takes over needs too. */
const keptName = /^(?:instance|oidc-keys\.json|[\w-]+\.(?:key|pem)|users\/\w[\w.-]*)$/;

/** The name of the authority's certificate, which is public and not in the same directory. */
const authorityName = 'ca.pem';

const schema = `
  CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, content TEXT NOT NULL);
`;

interface FileRow {
  readonly path: string;
  readonly content: string;
}

function filesIn({ database }: SessionStore): readonly FileRow[] {
  database.exec(schema);
  return database.prepare('SELECT path, content FROM files').all() as FileRow[];
}

/** Writes the keys and tokens of the state to the data directory. */
function restoreFiles(layout: DataLayout, files: readonly FileRow[]): void {
  for (const { path, content } of files) {
    if (path !== authorityName && !keptName.test(path)) continue;
    const target = pathOf(layout, path);
    if (readIfPresent(target) === content) continue;
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    replaceFileSync(target, content, path === authorityName ? 0o644 : 0o600);
  }
}

const pathOf = (layout: DataLayout, path: string): string =>
  path === authorityName ? layout.ca : join(layout.secrets, path);

/**
 * Copies the keys of the active platform to one that waits, so that both have the same certificate;
 * they do not exist before the first one has started.
 */
export async function borrowFiles(
  layout: DataLayout,
  address: string,
  logger: Logger,
): Promise<void> {
  let backing: Backing | undefined;
  try {
    backing = await openBacking(address);
    const table = (await backing.tables()).find(({ name }) => name === 'files');
    if (table === undefined) return;
    for await (const page of backing.pages(table)) {
      const rows = JSON.parse(page) as [path: string, content: string][];
      restoreFiles(
        layout,
        rows.map(([path, content]) => ({ path, content })),
      );
    }
  } catch (error) {
    logger.warn(`the keys of the platform cannot be read at the moment: ${reasonOf(error)}`);
  } finally {
    backing?.close();
  }
}

/** How often to look for new keys and tokens, in milliseconds. */
const lookMs = 2_000;

/** Stores the keys and tokens of a data directory in the state, if that is in a database. */
export class KeptFiles {
  readonly #layout: DataLayout;
  readonly #store: SessionStore;
  readonly #logger: Logger;
  /** Time and size of each file when it was stored. */
  readonly #seen = new Map<string, string>();
  readonly #timer: NodeJS.Timeout;

  constructor(layout: DataLayout, store: SessionStore, logger: Logger) {
    this.#layout = layout;
    this.#store = store;
    this.#logger = logger;
    this.#timer = setInterval(() => this.#look(), lookMs).unref();
  }

  /** Stores what is new or has changed. */
  keep(): void {
    const { database } = this.#store;
    const put = database.prepare(
      'INSERT INTO files VALUES (?, ?) ON CONFLICT (path) DO UPDATE SET content = excluded.content ' +
        'WHERE content <> excluded.content',
    );
    for (const path of this.#paths()) {
      const mark = this.#markOf(path);
      if (this.#seen.get(path) === mark) continue;
      put.run(path, this.#contentOf(path));
      this.#seen.set(path, mark);
    }
  }

  #contentOf(path: string): string {
    // The directory of a platform that takes over may have another path.
    if (path === seedName) return seedOf(platformInstance(this.#layout));
    return readIfPresent(pathOf(this.#layout, path)) ?? '';
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    try {
      this.keep();
    } catch (error) {
      this.#logger.debug(`keys cannot be moved at the moment: ${reasonOf(error)}`);
    }
  }

  #paths(): string[] {
    const { secrets } = this.#layout;
    const names = readdirSync(secrets, { recursive: true, encoding: 'utf8' });
    return [...new Set([authorityName, seedName, ...names.filter((name) => keptName.test(name))])];
  }

  #markOf(path: string): string {
    const stats = statSync(pathOf(this.#layout, path), { throwIfNoEntry: false });
    return stats === undefined ? '' : `${stats.mtimeMs} ${stats.size} ${stats.ino}`;
  }
}
