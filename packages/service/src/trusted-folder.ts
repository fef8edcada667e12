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

/** The files in a data directory that decide what runs, and as whom. */
const weighty = [
  'arc',
  'private',
  'platform.yaml',
  'scratch',
  'sessions',
  'skaha.db',
  'skaha-copy.db',
];

/** As many links as systems follow in a path. */
const mostLinks = 40;

/**
 * Refuses a directory that somebody else could have filled or could replace, because its content is
 * trusted and executed. Like the files of `ssh`, the directory and its important files must belong
 * to the user and be writable only by the user, and nobody else may be able to replace a directory
 * above it. A shared directory such as `/tmp` is accepted if its sticky bit protects what is in it.
 *
 * @param root - it need not exist yet
 * @throws {PlatformError} `platform.storage` that names the directory or file, and the reason
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
  // What others put there while they could still write to it belongs to them.
  const secrets = join(real, 'private');
  for (const name of namesIn(secrets)) checkOwn(root, join(secrets, name), uid);
}

function namesIn(folder: string): string[] {
  if (statsOf(folder)?.isDirectory() !== true) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' });
}

/** Checks every directory on a path, including those to which links lead. */
function checkWay(root: string, path: string, uid: number): void {
  const left = [path];
  const seen = new Set<string>();
  for (let place = left.pop(); place !== undefined; place = left.pop()) {
    for (let part = place; part !== dirname(part); part = dirname(part)) {
      checkAbove(root, dirname(part), uid);
      if (statsOf(part)?.isSymbolicLink() !== true || seen.has(part)) continue;
      // The owner of a link can change where it leads.
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

/** The permissions of a link have no meaning; its target is checked by its own path. */
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

/** The real path; of a path that does not exist yet, that of its existing part. */
function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPathOf(parent), path.slice(parent.length));
  }
}

/** The administrator; inside a user namespace, unmapped users appear as nobody. */
const isSystem = (uid: number): boolean => uid === 0 || uid === unmappedUid();

function unmappedUid(): number | undefined {
  try {
    const isWhole = /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8'));
    return isWhole ? undefined : Number(readFileSync('/proc/sys/kernel/overflowuid', 'utf8'));
  } catch {
    return undefined;
  }
}
