import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { replaceFileSync } from '@skaha/base/private-file.js';
import { PlatformError, storageReason, systemCode } from './errors.js';
import { checkTrusted } from './trusted-folder.js';

/** Marks a directory as a data directory. */
const markerName = '.skaha-platform';

/** Everything that the platform creates in its data directory. */
const ours = [
  'arc',
  'ca.pem',
  'platform.log',
  'platform.yaml',
  'private',
  'scratch',
  'sessions',
  'skaha.db',
  'skaha.db-shm',
  'skaha.db-wal',
  'skaha-copy.db',
  'skaha-copy.db-shm',
  'skaha-copy.db-wal',
];

/** Older logs, and the state before it was migrated or moved. */
const oursInTime =
  /^(?:platform\.log\.\d+|skaha(?:-copy)?\.db\.(?:v\d+(?:\.tmp)?|mov(?:ing|ed)(?:-shm|-wal)?))$/;

const isOurs = (name: string): boolean => ours.includes(name) || oursInTime.test(name);

/** Paths in a data directory. */
export interface DataLayout {
  readonly root: string;
  readonly ca: string;
  readonly config: string;
  readonly database: string;
  /** The working copy if the state is in a backing; created again at each start. */
  readonly workingCopy: string;
  readonly log: string;
  /** Keys, tokens and certificates; only the owner may read it. */
  readonly secrets: string;
  /** How other processes of the owner reach the running server. */
  readonly server: string;
  readonly sessions: string;
  readonly scratch: string;
  home(user: string): string;
  /** The folder that the users of a project share. */
  project(name: string): string;
}

/**
 * The default directory: `$XDG_DATA_HOME/skaha/platform`, or `~/.local/share/skaha/platform`.
 *
 * @throws {PlatformError} `config.invalid` for a user without a home directory
 */
export function defaultDataDirectory(): string {
  const base = process.env['XDG_DATA_HOME'];
  return join(base?.startsWith('/') ? base : join(home(), '.local', 'share'), 'skaha/platform');
}

function home(): string {
  try {
    return homedir();
  } catch (cause) {
    throw new PlatformError('config.invalid', 'There is no home directory: HOME is not set.', {
      cause,
      hint: 'Set HOME or XDG_DATA_HOME to one of your directories, or give a data directory.',
    });
  }
}

/** The paths in a data directory. */
export function dataLayout(data: string | undefined): DataLayout {
  const root = resolve(data ?? defaultDataDirectory());
  const secrets = join(root, 'private');
  return {
    root,
    ca: join(root, 'ca.pem'),
    config: join(root, 'platform.yaml'),
    database: join(root, 'skaha.db'),
    workingCopy: join(root, 'skaha-copy.db'),
    log: join(root, 'platform.log'),
    secrets,
    server: join(secrets, 'server.json'),
    sessions: join(root, 'sessions'),
    scratch: join(root, 'scratch'),
    home: (user) => join(root, 'arc', 'home', user),
    project: (name) => join(root, 'arc', 'projects', name),
  };
}

/**
 * The log file of a detached platform.
 *
 * @param data - the data directory; the default one if omitted
 */
export function platformLogFile(data?: string): string {
  return dataLayout(data).log;
}

/**
 * The configuration file of a platform.
 *
 * @param data - the data directory; the default one if omitted
 */
export function platformConfigFile(data?: string): string {
  return dataLayout(data).config;
}

/** Converts a failure to use a path to the error that a user sees. */
export function storageError(path: string, cause: unknown): PlatformError {
  const reason = storageReason(cause) ?? (cause instanceof Error ? cause.message : String(cause));
  return new PlatformError(
    'platform.storage',
    `Cannot use the data directory ${path}: ${reason}.`,
    {
      cause,
      hint: 'Choose another directory with --data, or free some space and check its permissions.',
    },
  );
}

/**
 * Prepares the data directory for use.
 *
 * @throws {PlatformError} `platform.storage` if it cannot be written, contains other files, or can
 *   be changed by others
 */
export function prepareData(layout: DataLayout): void {
  try {
    checkTrusted(layout.root);
    makeDirectories(layout.root);
    const marker = join(layout.root, markerName);
    if (!existsSync(marker)) {
      const foreign = readdirSync(layout.root).filter((name) => !isOurs(name));
      // Another platform may be writing the marker at this moment.
      const isBeingMade = foreign.every((name) => name.startsWith(`.${markerName}.`));
      if (!isBeingMade && !existsSync(marker)) throw new ForeignDirectoryError();
    }
    // Written at every start, so that a full or read-only disk is noticed at once.
    replaceFileSync(
      marker,
      "State of a local skaha platform. Remove it with: 'skaha platform reset'\n",
    );
    mkdirSync(layout.secrets, { recursive: true, mode: 0o700 });
    chmodSync(layout.secrets, 0o700);
    makeSeed(layout);
    mkdirSync(layout.sessions, { recursive: true, mode: 0o700 });
    mkdirSync(layout.scratch, { recursive: true, mode: 0o700 });
    mkdirSync(layout.home(''), { recursive: true, mode: 0o700 });
  } catch (error) {
    if (error instanceof PlatformError) throw error;
    if (error instanceof ForeignDirectoryError) {
      throw new PlatformError(
        'platform.storage',
        `The directory ${layout.root} is not empty and was not made by a platform.`,
        { hint: 'Choose an empty or new directory with --data.' },
      );
    }
    throw storageError(layout.root, error);
  }
}

/**
 * Creates a directory and those above it, one by one: Node's own function never ends if a system
 * reports "no such directory" for a child of an existing parent, as in /proc.
 */
function makeDirectories(path: string): void {
  if (existsSync(path) && statSync(path).isDirectory()) return;
  if (dirname(path) !== path) makeDirectories(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

class ForeignDirectoryError extends Error {}

/** Identifies a data directory on this machine; the same at every start. */
export const instanceOf = (root: string): string => digest(root);

/**
 * Identifies the platform of a data directory, also among those with the same path on other
 * machines; the same at every start.
 */
export function platformInstance({ root, secrets }: DataLayout): string {
  const seed = readIfPresent(join(secrets, seedName)) ?? '';
  // For a platform that uses several data directories in turn.
  return seed.startsWith('=') ? seed.slice(1).trim() : digest(root + seed);
}

/** The seed that gives a directory this instance, whatever its path is. */
export const seedOf = (instance: string): string => `=${instance}\n`;

const digest = (text: string): string =>
  createHash('sha256').update(text).digest('hex').slice(0, 12);

/** The random part of the instance; data directories of earlier versions have none. */
export const seedName = 'instance';

function makeSeed({ database, secrets }: DataLayout): void {
  const path = join(secrets, seedName);
  if (existsSync(database) || existsSync(path)) return;
  replaceFileSync(path, `${randomBytes(12).toString('hex')}\n`);
}

/** Whether a platform created this directory. */
export function isDataDirectory(layout: DataLayout): boolean {
  return existsSync(join(layout.root, markerName));
}

/** Removes what a platform created, and the directory itself if it is empty then. */
export function removeData(layout: DataLayout): void {
  for (const name of [...readdirSync(layout.root).filter(isOurs), markerName]) {
    rmSync(join(layout.root, name), { recursive: true, force: true });
  }
  if (readdirSync(layout.root).length === 0) rmSync(layout.root, { recursive: true });
}

/** The text of a file; undefined if there is none. */
export function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}
