import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { makePrivateDirectory, replaceFile } from '@skaha/base/private-file.js';
import { type Environment, homeDirectory } from 'skaha/config';

/** Where what can be had again is kept. */
function cacheFile(environment: Environment): string {
  const base = environment['XDG_CACHE_HOME'];
  const folder =
    base !== undefined && isAbsolute(base) ? base : join(homeDirectory(environment), '.cache');
  return join(folder, 'skaha', 'told-today');
}

/**
 * Tells whether something has not been said today yet, and notes that it is said now.
 *
 * @param text - what is to be said
 * @param environment - tells where the note is kept
 * @param now - milliseconds since the Unix epoch
 * @returns true also when the note cannot be read or written
 */
export async function isNewToday(
  text: string,
  environment: Environment,
  now: number,
): Promise<boolean> {
  let file: string;
  try {
    file = cacheFile(environment);
  } catch {
    // Whoever has no home directory is told each time.
    return true;
  }
  const today = new Date(now).toISOString().slice(0, 10);
  const note = `${today} ${text}`;
  const lines = await readFile(file, 'utf8')
    .then((all) => all.split('\n'))
    .catch((): string[] => []);
  if (lines.includes(note)) return false;
  const kept = lines.filter((line) => line.startsWith(`${today} `));
  try {
    await makePrivateDirectory(join(file, '..'));
    await replaceFile(file, `${[...kept, note].join('\n')}\n`);
  } catch {
    // Said too often is better than not at all.
  }
  return true;
}
