import { randomUUID } from 'node:crypto';
import { mkdir, open, realpath, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SkahaError } from '../errors/index.js';

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  ENOTDIR: 'a part of its path is a file',
  EEXIST: 'a part of its path is a file',
  EISDIR: 'it is a directory',
};

function unwritable(path: string, error: unknown): SkahaError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
  return new SkahaError(
    'config.unwritable',
    `The file ${path} cannot be written: ${reasons[code] ?? code}.`,
    { hint: 'Make its directory writable, or name a file elsewhere.', cause: error },
  );
}

async function write(draft: string, target: string, text: string): Promise<void> {
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, target);
}

/**
 * Writes a file that only its owner can read, at no moment otherwise. Killed at any point, it
 * leaves the old or the new file whole. A symbolic link keeps pointing where it points.
 *
 * @param path - absolute; a directory that is missing is made, private too
 * @param text - what to write
 * @throws {SkahaError} `config.unwritable` with the reason
 */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const target = await realpath(path).catch(() => path);
    const draft = join(dirname(target), `.${basename(target)}.${randomUUID()}.new`);
    try {
      await write(draft, target, text);
    } catch (error) {
      await unlink(draft).catch(() => undefined);
      throw error;
    }
  } catch (error) {
    throw unwritable(path, error);
  }
}
