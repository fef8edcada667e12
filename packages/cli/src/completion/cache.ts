import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { makePrivateDirectory, replaceFile } from '@skaha/base/private-file.js';
import { type Environment, homeDirectory } from 'skaha/config';
import type { Candidate } from './types.js';

const freshMs = 10_000;

/**
 * Where what can be had again is kept: `$XDG_CACHE_HOME/skaha`, else `~/.cache/skaha`.
 *
 * @param environment - the variables
 */
function cacheDirectory(environment: Environment): string | undefined {
  const base = environment['XDG_CACHE_HOME'];
  if (base !== undefined && isAbsolute(base)) return join(base, 'skaha');
  try {
    return join(homeDirectory(environment), '.cache', 'skaha');
  } catch {
    // Without a home directory nothing is kept.
    return undefined;
  }
}

const isCandidate = (value: unknown): value is Candidate =>
  typeof value === 'object' &&
  value !== null &&
  'value' in value &&
  typeof value.value === 'string' &&
  (!('description' in value) || typeof value.description === 'string');

/** What was kept, while it is fresh. */
function fresh(text: string, now: number): Candidate[] | undefined {
  const kept: unknown = JSON.parse(text);
  if (typeof kept !== 'object' || kept === null || !('at' in kept) || !('candidates' in kept))
    return undefined;
  const age = now - Number(kept.at);
  const { candidates } = kept;
  const isGood = age >= 0 && age < freshMs && Array.isArray(candidates);
  return isGood ? candidates.filter(isCandidate) : undefined;
}

/**
 * Gives what was found in the last ten seconds, else finds it and keeps it.
 *
 * @param key - everything it depends on; only a digest of it is written
 * @param find - finds it
 * @param host - variables and time
 */
export async function cached(
  key: readonly unknown[],
  find: () => Promise<readonly Candidate[]>,
  host: { environment: Environment; now: () => number },
): Promise<readonly Candidate[]> {
  const directory = cacheDirectory(host.environment);
  if (directory === undefined) return find();
  const folder = join(directory, 'completion');
  const name = createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 32);
  const file = join(folder, name);
  const known = await readFile(file, 'utf8')
    .then((text) => fresh(text, host.now()))
    .catch(() => undefined);
  if (known !== undefined) return known;
  const candidates = await find();
  await makePrivateDirectory(folder)
    .then(() => replaceFile(file, JSON.stringify({ at: host.now(), candidates })))
    // Without it the next completion asks again.
    .catch(() => undefined);
  return candidates;
}
