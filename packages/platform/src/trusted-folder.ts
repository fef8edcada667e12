import { lstatSync, readFileSync, realpathSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { PlatformError, systemCode } from './errors.js';

const writableByOthers = 0o022;
const sticky = 0o1000;

/** What in a data directory decides what runs, and as whom. */
const weighty = ['private', 'platform.yaml', 'skaha.db', 'sessions'];

/**
 * Refuses a directory that somebody else could have filled, or could replace: what is in it is run
 * and believed. As `ssh` does with its own, the directory and what matters in it must belong to the
 * user and be writable by nobody else, and nobody else may be able to replace a directory above it. A
 * directory for everybody, such as `/tmp`, is in order where its sticky bit keeps others' hands off.
 *
 * @param root - it need not exist yet
 * @throws {PlatformError} `platform.storage` that says which one, and why
 */
export function checkTrusted(root: string): void {
  const uid = process.getuid?.();
  if (uid === undefined) return;
  const places = new Set([root, realPathOf(root)]);
  for (const place of places) {
    for (let folder = dirname(place); ; folder = dirname(folder)) {
      checkAbove(root, folder, uid);
      if (folder === dirname(folder)) break;
    }
  }
  const real = realPathOf(root);
  checkOwn(root, real, uid);
  for (const name of weighty) checkOwn(root, join(real, name), uid);
}

function checkOwn(root: string, path: string, uid: number): void {
  const stats = statsOf(path);
  if (stats === undefined) return;
  if (stats.uid !== uid) {
    throw untrusted(
      root,
      `${path} belongs to another user (${stats.uid}, and you are ${uid})`,
      'Choose a directory of your own with --data.',
    );
  }
  if (isOpen(stats)) throw open(root, path);
}

function checkAbove(root: string, path: string, uid: number): void {
  const stats = statsOf(path);
  if (stats === undefined) return;
  if (stats.uid !== uid && !isSystem(stats.uid)) {
    throw untrusted(
      root,
      `${path}, in which it is, belongs to another user (${stats.uid}), who could replace it`,
      'Choose a directory below your home with --data.',
    );
  }
  if (isOpen(stats) && (stats.mode & sticky) === 0) throw open(root, path);
}

/** The permissions of a link say nothing; what it leads to is looked at by its own path. */
const isOpen = (stats: Stats): boolean =>
  !stats.isSymbolicLink() && (stats.mode & writableByOthers) !== 0;

const open = (root: string, path: string): PlatformError =>
  untrusted(
    root,
    `others than you can write to ${path}`,
    `Take that away with: chmod go-w ${path}   or choose another directory with --data.`,
  );

const untrusted = (root: string, why: string, hint: string): PlatformError =>
  new PlatformError('platform.storage', `The data directory ${root} is not safe to use: ${why}.`, {
    hint,
  });

function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Where a path leads; of one that does not exist yet, the part that does. */
function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPathOf(parent), path.slice(parent.length));
  }
}

/** The administrator; inside a user namespace, whom its map does not name is shown as nobody. */
const isSystem = (uid: number): boolean => uid === 0 || uid === unmappedUid();

function unmappedUid(): number | undefined {
  try {
    const isWhole = /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8'));
    return isWhole ? undefined : Number(readFileSync('/proc/sys/kernel/overflowuid', 'utf8'));
  } catch {
    return undefined;
  }
}
