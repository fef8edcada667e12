import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@skaha/base/clock.js';
import { makePrivateDirectory, replaceFile } from '@skaha/base/private-file.js';
import { isRecord } from '@skaha/base/record.js';
import type { Candidate } from './target.js';

const freshMs = 10_000;

const isCandidate = (value: unknown): value is Candidate & Record<string, unknown> =>
  isRecord(value) &&
  typeof value['value'] === 'string' &&
  (value['description'] === undefined || typeof value['description'] === 'string');

/** What was saved, while it is fresh. */
function freshCandidates(text: string, now: number): Candidate[] | undefined {
  const saved: unknown = JSON.parse(text);
  if (!isRecord(saved)) return undefined;
  const { at, candidates } = saved;
  const age = now - Number(at);
  const isGood = age >= 0 && age < freshMs && Array.isArray(candidates);
  return isGood ? candidates.filter(isCandidate) : undefined;
}

/**
 * Gives what was found in the last ten seconds, else finds it and saves it.
 *
 * @param folder - where it is saved; undefined where nothing can be
 * @param key - everything it depends on; only a digest of it is written
 */
export async function cached(
  folder: string | undefined,
  key: readonly unknown[],
  clock: Pick<Clock, 'now'>,
  find: () => Promise<readonly Candidate[]>,
): Promise<readonly Candidate[]> {
  if (folder === undefined) return find();
  const name = createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 32);
  const file = join(folder, name);
  const known = await readFile(file, 'utf8')
    .then((text) => freshCandidates(text, clock.now()))
    .catch(() => undefined);
  if (known !== undefined) return known;
  const candidates = await find();
  await makePrivateDirectory(folder)
    .then(() => replaceFile(file, JSON.stringify({ at: clock.now(), candidates })))
    // Without it the next completion asks again.
    .catch(() => undefined);
  return candidates;
}
