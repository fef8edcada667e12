import { constants } from 'node:fs';
import { type FileHandle, lchown, lstat, open, readdir } from 'node:fs/promises';

/**
 * Gives what root has put into a directory to the user who works there. Only root's own files
 * change hands. Every directory is entered through its handle and never through a link, because
 * sessions that run may put links in the way.
 *
 * @param path - the directory; it must be one that only root can replace
 * @param uid - its new owner, and group
 */
export async function giveAway(path: string, uid: number): Promise<void> {
  const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    if ((await directory.stat()).uid === 0) await directory.chown(uid, uid);
    await giveContent(directory, uid);
  } finally {
    await directory.close();
  }
}

async function giveContent(directory: FileHandle, uid: number): Promise<void> {
  const through = `/proc/self/fd/${directory.fd}`;
  for (const entry of await readdir(through, { withFileTypes: true })) {
    const path = `${through}/${entry.name}`;
    if (entry.isDirectory()) await giveDirectory(path, uid);
    else await giveFile(path, uid);
  }
}

async function giveDirectory(path: string, uid: number): Promise<void> {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  // Gone, or replaced, since it was listed.
  const directory = await open(path, flags).catch(() => undefined);
  if (directory === undefined) return;
  try {
    if ((await directory.stat()).uid === 0) await directory.chown(uid, uid);
    await giveContent(directory, uid);
  } finally {
    await directory.close();
  }
}

async function giveFile(path: string, uid: number): Promise<void> {
  try {
    if ((await lstat(path)).uid === 0) await lchown(path, uid, uid);
  } catch {
    // Gone since it was listed.
  }
}
