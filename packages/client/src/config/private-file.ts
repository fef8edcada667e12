import { dirname } from 'node:path';
import { makePrivateDirectory, realTarget, replaceFile } from '@skaha/base/private-file.js';
import { systemCode } from '@skaha/base/system-code.js';
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
  ELOOP: 'its links form a loop',
  ENOENT: 'its directory cannot be created',
};

/**
 * Puts the failure to write a file into words.
 *
 * @param what - the file, as the beginning of a sentence
 * @param error - what the system said
 * @param hint - what to do about it
 */
export function unwritableFile(what: string, error: unknown, hint: string): SkahaError {
  const code = systemCode(error) ?? 'unknown reason';
  return new SkahaError(
    'config.unwritable',
    `${what} cannot be written: ${reasons[code] ?? code}.`,
    {
      hint,
      cause: error,
    },
  );
}

/**
 * Writes a file that only its owner can read, at no moment otherwise. A symbolic link keeps
 * pointing where it points.
 *
 * @param path - absolute; a directory that is missing is made, private too
 * @param text - what to write
 * @throws {SkahaError} `config.unwritable` with the reason
 */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  try {
    await makePrivateDirectory(dirname(path));
    await replaceFile(await realTarget(path), text);
  } catch (error) {
    throw unwritableFile(
      `The file ${path}`,
      error,
      'Make its directory writable, or give a file elsewhere.',
    );
  }
}
