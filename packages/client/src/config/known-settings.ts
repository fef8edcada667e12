import { isRecord } from '@skaha/base/record.js';
import { configurationShape } from './schema.js';
import type { Shape } from './shape.js';

/** A key that means nothing, and those that would mean something in its place. */
export interface UnknownSetting {
  /** Up to and with that key. */
  path: readonly string[];
  candidates: readonly string[];
}

function search(
  shape: Shape<unknown>,
  path: readonly string[],
  rest: readonly string[],
  value: unknown,
): UnknownSetting | undefined {
  const { keys = {}, each } = shape;
  const [key, ...more] = rest;
  const isSingle = shape.keys === undefined && each === undefined;
  if (key === undefined) {
    if (isSingle || !isRecord(value)) return undefined;
    for (const [name, inner] of Object.entries(value)) {
      const found = search(shape, path, [name], inner);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  const next = Object.hasOwn(keys, key) ? keys[key] : each;
  if (next !== undefined) return search(next, [...path, key], more, value);
  return { path: [...path, key], candidates: Object.keys(keys) };
}

/**
 * Finds what means nothing to skaha in a setting that is to be made.
 *
 * @param segments - its path
 * @param value - what is to be put there
 * @returns undefined if all of it means something
 */
export const unknownSetting = (
  segments: readonly string[],
  value: unknown,
): UnknownSetting | undefined => search(configurationShape, [], segments, value);
