import { entry } from '@skaha/base/names.js';
import { isRecord } from '@skaha/base/record.js';
import { type Configuration, configurationShape } from './schema.js';
import type { Problem, Shape } from './shape.js';

/**
 * Finds names that lead nowhere. Reading tolerates them, so that they can be repaired; writing
 * refuses them.
 *
 * @param configuration - a configuration whose shape is right
 */
export function danglingReferences(configuration: Configuration): Problem[] {
  const problems: Problem[] = [];
  const { active, contexts, servers, credentials } = configuration;
  if (typeof active === 'string' && entry(contexts, active) === undefined) {
    problems.push({ path: ['active'], message: 'refers to a context that does not exist' });
  }
  for (const [name, context] of Object.entries(contexts)) {
    if (entry(servers, context.server) === undefined) {
      problems.push({
        path: ['contexts', name, 'server'],
        message: 'refers to a server that does not exist',
      });
    }
    if (entry(credentials, context.credential) === undefined) {
      problems.push({
        path: ['contexts', name, 'credential'],
        message: 'refers to a credential that does not exist',
      });
    }
  }
  return problems;
}

/**
 * Lists keys that mean nothing to this version. They are kept, but may be misspelt.
 *
 * @param configuration - a configuration whose shape is right
 * @returns dotted paths
 */
export function unknownKeys(configuration: Configuration): string[] {
  const { keys = {} } = configurationShape;
  const unknown = (value: object, shape: Shape<unknown> | undefined, prefix: string) =>
    Object.keys(value)
      .filter((key) => !Object.hasOwn(shape?.keys ?? {}, key))
      .map((key) => `${prefix}${key}`);
  const found = unknown(configuration, configurationShape, '');
  for (const group of ['contexts', 'servers', 'registries'] as const) {
    for (const [name, value] of Object.entries(configuration[group])) {
      found.push(...unknown(value, keys[group]?.each, `${group}.${name}.`));
    }
  }
  for (const group of ['console', 'secrets'] as const) {
    found.push(...unknown(configuration[group] ?? {}, keys[group], `${group}.`));
  }
  return found;
}

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
