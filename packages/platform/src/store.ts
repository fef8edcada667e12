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
 * Reads the address of a database, and forgets it again.
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

/** A state, and the signal that it belongs to another platform now. */
export interface OpenedStore {
  readonly store: SessionStore;
  readonly lost: AbortSignal | undefined;
}

/**
 * Opens the state of a platform, in its data directory or where its address says.
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

/** Turns what goes wrong with a state into the error a user sees. */
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
    // Those who remove the directory are told what remains.
    const kept: KeptDatabase = { name: backing.name, address };
    replaceFileSync(keptPath(layout), `${JSON.stringify(kept)}\n`);
    return { store, lost: backing.lost };
  } catch (error) {
    backing.close();
    throw error;
  }
}

/** The database that keeps the sessions of a platform, in place of its data directory. */
export interface KeptDatabase {
  /** Where it is, in words; no secret is in it. */
  readonly name: string;
  /** As it was given; no password is in it. */
  readonly address: string;
}

const keptPath = ({ secrets }: DataLayout) => join(secrets, 'store.json');

/**
 * Tells in which database the sessions of a data directory are.
 *
 * @param data - the data directory; the default one when left out
 * @returns undefined where they are in the directory itself
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
  const told = readIfPresent(keptPath(layout));
  // One that was used before its name was noted.
  if (told === undefined) return { name: 'a PostgreSQL database', address: 'postgres://…' };
  return JSON.parse(told) as KeptDatabase;
}

const movingPath = ({ database }: DataLayout) => `${database}.moving`;
const movedPath = ({ database }: DataLayout) => `${database}.moved`;

/**
 * The state that the data directory had until now. It moves to a database in which there is none
 * yet; two states are not mixed.
 */
async function formerState(layout: DataLayout, backing: Backing): Promise<string | undefined> {
  const { database } = layout;
  const moving = movingPath(layout);
  if (existsSync(database)) {
    if ((await backing.tables()).length > 0) throw twoStates(layout, backing);
    // Ends what was written last, and refuses while a platform holds it.
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

/** Keys and tokens: a platform that takes over needs the same. */
const keptName = /^(?:instance|oidc-keys\.json|[\w-]+\.(?:key|pem)|users\/\w[\w.-]*)$/;

/** The name of the authority's certificate, which is not secret and not with the others. */
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

/** Gives a data directory the keys and tokens of the platform whose state it gets. */
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
 * Gives a platform that waits the keys of the one that works, so that it can answer as the same; they
 * are not there before the first has started.
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

/** How often is looked for keys and tokens that are new. */
const lookMs = 2_000;

/** Keeps the keys and tokens of a data directory in the state, where that is kept elsewhere. */
export class KeptFiles {
  readonly #layout: DataLayout;
  readonly #store: SessionStore;
  readonly #logger: Logger;
  /** When and with what size each was kept. */
  readonly #seen = new Map<string, string>();
  readonly #timer: NodeJS.Timeout;

  constructor(layout: DataLayout, store: SessionStore, logger: Logger) {
    this.#layout = layout;
    this.#store = store;
    this.#logger = logger;
    this.#timer = setInterval(() => this.#look(), lookMs).unref();
  }

  /** Notes what is new or has changed. */
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
    // Another directory may have another path, and is that of the same platform.
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
      this.#logger.debug(`keys cannot be kept at the moment: ${reasonOf(error)}`);
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
