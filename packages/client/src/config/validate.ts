import { isName, isReservedKey, nameRule } from '@skaha/base/names.js';
import { isRecord } from '@skaha/base/record.js';
import { type Configuration, configurationShape } from './schema.js';
import { type SecretReference, takeReferences } from './secrets.js';
import type { Problem } from './shape.js';

/** Deepest nesting; far more than any setting needs, far less than what fills the stack. */
const maximumDepth = 32;

function* reservedKeys(value: unknown, path: readonly (string | number)[]): Generator<Problem> {
  if (path.length > maximumDepth) {
    yield { path: path.slice(0, 2), message: 'is nested too deeply' };
    return;
  }
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* reservedKeys(item, [...path, index]);
  } else if (isRecord(value)) {
    for (const [key, item] of Object.entries(value)) {
      if (isReservedKey(key))
        yield { path: [...path, key], message: 'is a name that cannot be used' };
      else yield* reservedKeys(item, [...path, key]);
    }
  }
}

function foreign(root: unknown): Problem | undefined {
  if (!isRecord(root)) return { path: [], message: 'must be a map of settings' };
  if (root['schema'] !== 'skaha') {
    return { path: ['schema'], message: 'must be skaha; this file belongs to another program' };
  }
  if (root['version'] !== 1) {
    return { path: ['version'], message: 'must be 1, the only version this release reads' };
  }
  return undefined;
}

function* wrongNames(configuration: Configuration): Generator<Problem> {
  for (const group of ['contexts', 'servers', 'credentials'] as const) {
    for (const name of Object.keys(configuration[group])) {
      if (!isName(name)) yield { path: [group, name], message: `must ${nameRule}` };
    }
  }
  for (const name of Object.keys(configuration.aliases ?? {})) {
    if (!isName(name)) yield { path: ['aliases', name], message: `must ${nameRule}` };
  }
  for (const host of Object.keys(configuration.registries)) {
    if (!/^[A-Za-z0-9][A-Za-z0-9.-]*(:\d{1,5})?$/.test(host)) {
      yield { path: ['registries', host], message: 'must be a host name, with a port if needed' };
    }
  }
}

/**
 * Checks what a file holds and gives it its types.
 *
 * @param root - the parsed YAML
 * @returns the configuration, or everything that is wrong with it
 */
export function validate(root: unknown): Configuration | Problem[] {
  const other = foreign(root);
  if (other !== undefined) return [other];
  const reserved = [...reservedKeys(root, [])];
  if (reserved.length > 0) return reserved;
  const problems: Problem[] = [];
  const configuration = configurationShape.read(root, [], problems);
  if (configuration === undefined || problems.length > 0) return problems;
  const names = [...wrongNames(configuration)];
  return names.length > 0 ? names : configuration;
}

/** What a file says, without the document it was written as. */
export interface Settings {
  /** Secrets that are kept in the keyring are not in it yet. */
  configuration: Configuration;
  /** Where those belong. */
  references: readonly SecretReference[];
}

/**
 * Checks what a file holds, with references to the keyring in the places of secrets.
 *
 * @param root - the parsed YAML
 * @returns its settings, or everything that is wrong with them
 */
export function readSettings(root: unknown): Settings | Problem[] {
  const { root: plain, references } = takeReferences(root);
  const result = validate(plain);
  return Array.isArray(result) ? result : { configuration: result, references };
}
