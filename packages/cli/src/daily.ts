import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makePrivateDirectory, replaceFile } from '@skaha/base/private-file.js';
import type { Environment } from 'skaha/config';
import { cachePath } from './places.js';

/**
 * Tells whether something has not been said today yet, and notes that it is said now.
 *
 * @returns true also when the note cannot be read or written
 */
export async function isNewToday(
  text: string,
  environment: Environment,
  now: number,
): Promise<boolean> {
  const file = cachePath(environment, 'told-today');
  // A user without a home directory is told each time.
  if (file === undefined) return true;
  const today = new Date(now).toISOString().slice(0, 10);
  const note = `${today} ${text}`;
  const lines = await readFile(file, 'utf8')
    .then((all) => all.split('\n'))
    .catch((): string[] => []);
  if (lines.includes(note)) return false;
  const kept = lines.filter((line) => line.startsWith(`${today} `));
  try {
    await makePrivateDirectory(dirname(file));
    await replaceFile(file, `${[...kept, note].join('\n')}\n`);
  } catch {
    // Said too often is better than not at all.
  }
  return true;
}
