import { closeSync, constants, fstatSync, ftruncateSync, openSync, readFileSync } from 'node:fs';
import {
  chmod,
  type FileHandle,
  lstat,
  open,
  readdir,
  rename,
  rm,
  rmdir,
  unlink,
} from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { systemCode } from './errors.js';

// A path that sessions can change may lead elsewhere a moment later. So directories are held open,
// their entries are addressed through the open directory, and links are not followed.

const { O_APPEND, O_CREAT, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** Opens a directory without permission to read it; only on Linux, and not defined by Node. */
const O_PATH = 0o10000000;

/** Flags to open a file for reading without following a link or waiting for a pipe. */
export const plainReading = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;

/** The largest note about a run that is read, in bytes; a session may have written a larger one. */
const largestNote = 64 * 1024;

/** The content of a small file. */
export interface Note {
  readonly text: string;
  /** When it was last written, in milliseconds since the epoch. */
  readonly mtimeMs: number;
}

/**
 * Opens a file of the platform for reading, with {@link plainReading}, even if a session has
 * removed the permission: sessions can change that of the file that is their output.
 */
export async function openPlain(path: string): Promise<FileHandle> {
  try {
    return await open(path, plainReading);
  } catch (error) {
    if (systemCode(error) !== 'EACCES' || process.platform !== 'linux') throw error;
    const held = await open(path, O_PATH | O_NOFOLLOW);
    try {
      if (!(await held.stat()).isFile()) throw error;
      await chmod(pathThrough(held), 0o600);
      return await open(pathThrough(held), O_RDONLY | O_NONBLOCK);
    } finally {
      await held.close();
    }
  }
}

/** Reads a small file; undefined if there is none, or something else is in its place. */
export async function readNote(path: string): Promise<Note | undefined> {
  const file = await openPlain(path).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const stats = await file.stat();
    if (!stats.isFile() || stats.size > largestNote) return undefined;
    return { text: await file.readFile('utf8'), mtimeMs: stats.mtimeMs };
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}

/** Reads a small file synchronously, which is faster than waiting. */
export function readNoteNow(path: string): Note | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, plainReading);
    const stats = fstatSync(descriptor);
    if (!stats.isFile() || stats.size > largestNote) return undefined;
    return { text: readFileSync(descriptor, 'utf8'), mtimeMs: stats.mtimeMs };
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/**
 * Opens a log for appending, and creates it if necessary.
 *
 * @param isNew - whether to empty it
 * @throws if something else than a file is in its place
 */
export function openLog(path: string, isNew = false): number {
  const flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK;
  const descriptor = openSync(path, flags, 0o600);
  const stats = fstatSync(descriptor);
  if (!stats.isFile()) throw new Error('its log is not a file');
  if (isNew && stats.size > 0) ftruncateSync(descriptor);
  return descriptor;
}

/** The size of a file in bytes; 0 for a link, a pipe or nothing. */
export async function fileSize(path: string): Promise<number> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isFile() === true ? found.size : 0;
}

/** The path of an open directory, whatever its original path leads to by now. */
export const pathThrough = ({ fd }: FileHandle): string => `/proc/self/fd/${fd}`;

/** Opens a directory; undefined if it does not exist or is something else, such as a link. */
export async function holdDirectory(path: string): Promise<FileHandle | undefined> {
  return await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW).catch(() => undefined);
}

/**
 * Removes whatever is at a path. Links are removed, never followed, even if a running session
 * replaces directories by links meanwhile. Missing permissions of directories are restored. Any
 * depth is possible, because deeply nested directories are moved up first.
 *
 * @param path - its parent must be a directory that no session can change
 */
export async function removeTree(path: string): Promise<void> {
  if (process.platform !== 'linux') {
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
    return;
  }
  const parent = await open(dirname(path), O_RDONLY | O_DIRECTORY).catch(orGone);
  if (parent === undefined) return;
  try {
    await removeEntry(parent, basename(path), async (held) => await emptyDirectory(held));
  } finally {
    await parent.close();
  }
}

const orGone = (error: unknown): undefined => {
  if (systemCode(error) !== 'ENOENT' && systemCode(error) !== 'ENOTDIR') throw error;
};

/** How often to try again if something still writes to a directory. */
const attempts = 4;

/** The largest depth that is removed. */
const mostLevels = 10_000;

/** How many entries are removed at the same time. */
const atOnce = 16;

/** Removes an entry that is not a directory; returns false if it is one. */
async function removeFile(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return true;
    // POSIX and Linux use different codes for a directory.
    if (systemCode(error) === 'EPERM' || systemCode(error) === 'EISDIR') return false;
    throw error;
  }
}

/** Removes an entry of an open directory; a directory is first passed to `empty`. */
async function removeEntry(
  parent: FileHandle,
  name: string,
  empty: (held: FileHandle) => Promise<void>,
): Promise<void> {
  const path = `${pathThrough(parent)}/${name}`;
  for (let attempt = 1; !(await removeFile(path)); attempt += 1) {
    const held = await open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW).catch(orGone);
    if (held === undefined) continue;
    try {
      await empty(held);
      await rmdir(path);
      return;
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ENOENT') return;
      if ((code !== 'ENOTEMPTY' && code !== 'ENOTDIR') || attempt === attempts) throw error;
    } finally {
      await held.close();
    }
  }
}

/** Empties a directory; moves the content of its subdirectories up to it first. */
async function emptyDirectory(top: FileHandle): Promise<void> {
  let moved = 0;
  const bringUp = async (held: FileHandle): Promise<void> => {
    await each(await namesIn(held), async (name) => {
      const from = `${pathThrough(held)}/${name}`;
      if (await removeFile(from)) return;
      const inner = await open(from, O_PATH | O_DIRECTORY | O_NOFOLLOW).catch(orGone);
      if (inner === undefined) return;
      // It can only be moved with permissions for its owner.
      await openUp(inner).finally(() => inner.close());
      moved += 1;
      await rename(from, `${pathThrough(top)}/.${process.pid}.${Date.now()}.${moved}`).catch(
        orGone,
      );
    });
  };
  for (let level = 0; level < mostLevels; level += 1) {
    const names = await namesIn(top);
    if (names.length === 0) return;
    await each(names, async (name) => await removeEntry(top, name, bringUp));
  }
}

async function each(names: readonly string[], work: (name: string) => Promise<void>) {
  for (let first = 0; first < names.length; first += atOnce) {
    await Promise.all(names.slice(first, first + atOnce).map(work));
  }
}

async function namesIn(held: FileHandle): Promise<string[]> {
  await openUp(held);
  return await readdir(pathThrough(held));
}

/** Adds permissions for its owner to a directory. */
async function openUp(held: FileHandle): Promise<void> {
  const { mode } = await held.stat();
  if ((mode & 0o700) !== 0o700) await chmod(pathThrough(held), 0o700).catch(() => undefined);
}
