import { entry } from '@skaha/base/names.js';
import { knownKeys } from './plain-shape.js';
import type { Configuration } from './schema.js';

/** One thing that is wrong with a configuration, and where. Never holds a value from the file. */
export interface Problem {
  path: readonly (string | number)[];
  message: string;
}

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
  const strange = (value: object, known: readonly string[], prefix: string) =>
    Object.keys(value)
      .filter((key) => !known.includes(key))
      .map((key) => `${prefix}${key}`);
  const found = strange(configuration, knownKeys.root, '');
  for (const group of ['contexts', 'servers', 'registries'] as const) {
    for (const [name, value] of Object.entries(configuration[group])) {
      found.push(...strange(value, knownKeys[group], `${group}.${name}.`));
    }
  }
  found.push(...strange(configuration.console, knownKeys.console, 'console.'));
  found.push(...strange(configuration.secrets ?? {}, knownKeys.secrets, 'secrets.'));
  return found;
}
