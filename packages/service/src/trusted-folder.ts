import {
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  type Stats,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { PlatformError, systemCode } from './errors.js';

const writableByOthers = 0o022;
const sticky = 0o1000;

/** What in a data directory decides what runs, and as whom. */
const weighty = [
  'arc',
  'private',
  'platform.yaml',
  'scratch',
  'sessions',
  'skaha.db',
  'skaha-copy.db',
];

/** As many links as a system follows on the way to one file. */
const mostLinks = 40;

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
  checkWay(root, root, uid);
  const real = realPathOf(root);
  checkOwn(root, real, uid);
  for (const name of weighty) {
    const path = join(real, name);
    checkOwn(root, path, uid);
    if (statsOf(path)?.isSymbolicLink() !== true) continue;
    checkWay(root, path, uid);
    checkOwn(root, realPathOf(path), uid);
  }
  // What somebody put there while it was open to them stays theirs when it no longer is.
  const secrets = join(real, 'private');
  for (const name of namesIn(secrets)) checkOwn(root, join(secrets, name), uid);
}

function namesIn(folder: string): string[] {
  if (statsOf(folder)?.isDirectory() !== true) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' });
}

/** Looks at every directory that the way to a path leads through, links on it included. */
function checkWay(root: string, path: string, uid: number): void {
  const left = [path];
  const seen = new Set<string>();
  for (let place = left.pop(); place !== undefined; place = left.pop()) {
    for (let part = place; part !== dirname(part); part = dirname(part)) {
      checkAbove(root, dirname(part), uid);
      if (statsOf(part)?.isSymbolicLink() !== true || seen.has(part)) continue;
      // Whose link it is, says where it leads tomorrow.
      checkAbove(root, part, uid);
      seen.add(part);
      if (seen.size > mostLinks) return;
      left.push(resolve(dirname(part), readlinkSync(part)));
    }
  }
}

function checkOwn(root: string, path: string, uid: number): void {
  const stats = statsOf(path);
  if (stats === undefined) return;
  if (stats.uid !== uid) {
    throw untrusted(
      root,
      `${path} belongs to another user (${stats.uid}, and you are ${uid})`,
      'Choose one of your own directories with --data.',
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
      `${path}, on the way to it, belongs to another user (${stats.uid}), who could replace it`,
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
    `other users can write to ${path}`,
    `Prevent that with: chmod go-w ${path}   or choose another directory with --data.`,
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
