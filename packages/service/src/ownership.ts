import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir } from 'node:fs/promises';
import { holdDirectory, plainReading, through } from './held.js';

/** How deep it goes: each level is held open, and a session may have made very many. */
const mostLevels = 200;

/**
 * Gives what root has put into a directory to the user who works there. Only root's own files and
 * directories change hands. Every directory is entered through its handle and never through a link,
 * and every file is given by its handle, because sessions that run may exchange either.
 *
 * @param path - the directory; it must be one that only root can replace
 * @param uid - its new owner, and group
 */
export async function giveAway(path: string, uid: number): Promise<void> {
  const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  await give(directory, uid, mostLevels);
}

async function give(directory: FileHandle, uid: number, levels: number): Promise<void> {
  try {
    if ((await directory.stat()).uid === 0) await directory.chown(uid, uid);
    if (levels === 0) return;
    for (const entry of await readdir(through(directory), { withFileTypes: true })) {
      const path = `${through(directory)}/${entry.name}`;
      if (entry.isFile()) await giveFile(path, uid);
      if (!entry.isDirectory()) continue;
      const inner = await holdDirectory(path);
      if (inner !== undefined) await give(inner, uid, levels - 1);
    }
  } finally {
    await directory.close();
  }
}

/** What is given is what was looked at, and no other file that was put there meanwhile. */
async function giveFile(path: string, uid: number): Promise<void> {
  const isRoots = (await lstat(path).catch(() => undefined))?.uid === 0;
  const file = isRoots ? await open(path, plainReading).catch(() => undefined) : undefined;
  if (file === undefined) return;
  try {
    const stats = await file.stat();
    // A file with a second name may be somebody else's by that one.
    if (stats.isFile() && stats.uid === 0 && stats.nlink === 1) await file.chown(uid, uid);
  } finally {
    await file.close();
  }
}
