import { entry, isName, isReservedKey, nameRule } from './names.js';
import { type Configuration, configurationSchema, knownKeys, withSections } from './schema.js';

/** One thing that is wrong with a configuration, and where. Never holds a value from the file. */
export interface Problem {
  path: readonly (string | number)[];
  message: string;
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Deepest nesting; far more than any setting needs, far less than what fills the stack. */
const maximumDepth = 32;

function* reservedKeys(value: unknown, path: readonly (string | number)[]): Generator<Problem> {
  if (path.length > maximumDepth) {
    yield { path: path.slice(0, 2), message: 'is nested too deeply' };
    return;
  }
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* reservedKeys(item, [...path, index]);
  } else if (isMap(value)) {
    for (const [key, item] of Object.entries(value)) {
      if (isReservedKey(key))
        yield { path: [...path, key], message: 'is a name that cannot be used' };
      else yield* reservedKeys(item, [...path, key]);
    }
  }
}

function foreign(root: unknown): Problem | undefined {
  if (!isMap(root)) return { path: [], message: 'must be a map of settings' };
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
  const result = configurationSchema.safeParse(isMap(root) ? withSections(root) : root);
  if (!result.success) {
    return result.error.issues.map((issue) => ({
      path: issue.path.filter((part) => typeof part !== 'symbol'),
      message:
        issue.message === 'Invalid input' ? 'is missing or of the wrong type' : issue.message,
    }));
  }
  const names = [...wrongNames(result.data)];
  return names.length > 0 ? names : result.data;
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
    problems.push({ path: ['active'], message: 'names a context that does not exist' });
  }
  for (const [name, context] of Object.entries(contexts)) {
    if (entry(servers, context.server) === undefined) {
      problems.push({
        path: ['contexts', name, 'server'],
        message: 'names a server that does not exist',
      });
    }
    if (entry(credentials, context.credential) === undefined) {
      problems.push({
        path: ['contexts', name, 'credential'],
        message: 'names a credential that does not exist',
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
