import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makePrivateDirectory, replaceFile } from '@skaha/base/private-file.js';
import { isRecord } from '@skaha/base/record.js';
import type { Environment } from 'skaha/config';
import { cachePath } from '../places.js';
import type { Candidate } from './types.js';

const freshMs = 10_000;

const isCandidate = (value: unknown): value is Candidate & Record<string, unknown> =>
  isRecord(value) &&
  typeof value['value'] === 'string' &&
  (value['description'] === undefined || typeof value['description'] === 'string');

/** What was kept, while it is fresh. */
function fresh(text: string, now: number): Candidate[] | undefined {
  const kept: unknown = JSON.parse(text);
  if (!isRecord(kept)) return undefined;
  const { at, candidates } = kept;
  const age = now - Number(at);
  const isGood = age >= 0 && age < freshMs && Array.isArray(candidates);
  return isGood ? candidates.filter(isCandidate) : undefined;
}

/**
 * Gives what was found in the last ten seconds, else finds it and keeps it.
 *
 * @param key - everything it depends on; only a digest of it is written
 */
export async function cached(
  key: readonly unknown[],
  find: () => Promise<readonly Candidate[]>,
  host: { environment: Environment; now: () => number },
): Promise<readonly Candidate[]> {
  const folder = cachePath(host.environment, 'completion');
  if (folder === undefined) return find();
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
