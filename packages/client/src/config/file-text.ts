import { closeSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { systemCode } from '@skaha/base/system-code.js';
import { SkahaError } from '../errors/index.js';
import { isNullDevice } from './paths.js';

/** Largest configuration file that is read, in bytes. */
const maximumSize = 256 * 1024;

/**
 * Makes the error for a file that cannot be used.
 *
 * @param path - of the file
 * @param reason - follows the path in the message
 */
export function invalidFile(path: string, reason: string, hint?: string): SkahaError {
  return new SkahaError('config.invalid', `The configuration file ${path} ${reason}.`, {
    hint: hint ?? `Correct the file, or move it away to start again: mv '${path}' '${path}.old'`,
  });
}

/** A file as text, with what may be wrong about its permissions. */
export interface FileText {
  text: string;
  /** True if the group or others may read it. */
  loose: boolean;
}

function unreadable(path: string, error: unknown): Error {
  const code = systemCode(error);
  if (code === 'EACCES' || code === 'EPERM') {
    return invalidFile(
      path,
      'cannot be read: permission denied',
      `Give yourself access to it: chmod 600 '${path}'`,
    );
  }
  if (code === 'ENOTDIR') return invalidFile(path, 'cannot be read: a part of its path is a file');
  if (code === 'ELOOP') return invalidFile(path, 'cannot be read: its links form a loop');
  return invalidFile(path, `cannot be read (${code ?? 'unknown reason'})`);
}

const isMissing = (error: unknown): boolean => systemCode(error) === 'ENOENT';

/**
 * Reads the file's text with every check that comes before its grammar.
 *
 * @param path - of the file
 * @returns undefined if there is no file
 * @throws {SkahaError} `config.invalid` if it cannot be read, is too large or is not UTF-8
 */
export async function readConfigurationText(path: string): Promise<FileText | undefined> {
  if (isNullDevice(path)) return undefined;
  let bytes: Buffer;
  let mode: number;
  try {
    // Before opening, because opening a pipe would wait for its other end.
    const kind = statSync(path);
    if (kind.isDirectory()) throw invalidFile(path, 'is a directory', 'Give a file instead.');
    if (!kind.isFile()) throw invalidFile(path, 'is not a regular file', 'Give a file instead.');
    // At once: to hand each step to another thread takes longer than the step.
    const file = openSync(path, 'r');
    try {
      const { size, mode: fileMode } = fstatSync(file);
      if (size > maximumSize) throw invalidFile(path, `is larger than ${maximumSize / 1024} KiB`);
      mode = fileMode;
      bytes = readFileSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error instanceof Error && error.name === 'SkahaError' ? error : unreadable(path, error);
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return { text, loose: process.platform !== 'win32' && (mode & 0o077) !== 0 };
  } catch {
    throw invalidFile(path, 'is not UTF-8 text');
  }
}
