import { isDeepStrictEqual } from 'node:util';
import { isRecord } from '@skaha/base/record.js';

/** One key that an edit set, or, without a value, removed. */
export interface Change {
  path: readonly string[];
  value: unknown;
}

/**
 * Lists the smallest set of keys that turns one tree of maps into another. Lists count as single
 * values, because their items have no names.
 *
 * @param before - the tree as it is
 * @param after - the tree as it should be; undefined values count as absent
 * @param path - where both trees are
 */
export function changes(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  path: readonly string[] = [],
): Change[] {
  const found: Change[] = [];
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const old = Object.hasOwn(before, key) ? before[key] : undefined;
    const next = Object.hasOwn(after, key) ? after[key] : undefined;
    const here = [...path, key];
    if (isRecord(old) && isRecord(next)) found.push(...changes(old, next, here));
    else if (!isDeepStrictEqual(old, next)) found.push({ path: here, value: next });
  }
  return found;
}
