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

// What sessions can change is never gone through by a path that could be another one a moment
// later: a directory is held open, what is in it is named through the open directory, and a link is
// what it is, not what it leads to.

const { O_APPEND, O_CREAT, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** Holds a directory without a right to read it; Linux only, and unknown to Node. */
const O_PATH = 0o10000000;

/** Opens a file for reading as it is, never what a link leads to, and never waits for a pipe. */
export const plainReading = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;

/** The largest note about a run that is read, in bytes; a session may have put more there. */
const largestNote = 64 * 1024;

/** A small file as it is. */
export interface Note {
  readonly text: string;
  /** When it was last written, in milliseconds since the epoch. */
  readonly mtimeMs: number;
}

/**
 * Opens a file of the platform's for reading, as {@link plainReading} does, also when a session has
 * taken away the right to: what is open as its output it can close to its owner.
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

/** Reads a small file; undefined when there is none, or something else is in its place. */
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

/** Reads a small file at once, where waiting for others would cost more than the file. */
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
 * Opens a log for appending, made when it is not there.
 *
 * @param isNew - what is in it is thrown away
 * @throws when something that is no file is in its place
 */
export function openLog(path: string, isNew = false): number {
  const flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK;
  const descriptor = openSync(path, flags, 0o600);
  const stats = fstatSync(descriptor);
  if (!stats.isFile()) throw new Error('its log is not a file');
  if (isNew && stats.size > 0) ftruncateSync(descriptor);
  return descriptor;
}

/** Bytes in a file that is one; 0 for a link, a pipe or nothing. */
export async function fileSize(path: string): Promise<number> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isFile() === true ? found.size : 0;
}

/** The way to what is in a directory that is held open, whatever its path leads to by now. */
export const pathThrough = ({ fd }: FileHandle): string => `/proc/self/fd/${fd}`;

/** Holds a directory for good; undefined when it is gone or no directory, a link included. */
export async function holdDirectory(path: string): Promise<FileHandle | undefined> {
  return await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW).catch(() => undefined);
}

/**
 * Removes whatever is at a path. Links are removed, never followed, also when a session that still
 * runs exchanges directories for links meanwhile; directories that their owner has closed are
 * opened; and no depth is too much, because what lies deep is brought up first.
 *
 * @param path - its parent must be one that no session can change
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

/** How often a directory is emptied again into which something still writes. */
const attempts = 4;

/** How many levels of directories are removed at most. */
const mostLevels = 10_000;

/** How much is removed at a time. */
const atOnce = 16;

/** Removes an entry that is no directory; false when it is one. */
async function removeFile(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return true;
    // What POSIX says, and what Linux says.
    if (systemCode(error) === 'EPERM' || systemCode(error) === 'EISDIR') return false;
    throw error;
  }
}

/** Removes one entry of a held directory; a directory is first given to `empty`. */
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

/** Empties a directory; what its directories hold is moved into it first, so that none is deep. */
async function emptyDirectory(top: FileHandle): Promise<void> {
  let moved = 0;
  const bringUp = async (held: FileHandle): Promise<void> => {
    await each(await namesIn(held), async (name) => {
      const from = `${pathThrough(held)}/${name}`;
      if (await removeFile(from)) return;
      const inner = await open(from, O_PATH | O_DIRECTORY | O_NOFOLLOW).catch(orGone);
      if (inner === undefined) return;
      // To be moved, it must be open to its owner too.
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

/** Lets its owner into a directory. */
async function openUp(held: FileHandle): Promise<void> {
  const { mode } = await held.stat();
  if ((mode & 0o700) !== 0o700) await chmod(pathThrough(held), 0o700).catch(() => undefined);
}
