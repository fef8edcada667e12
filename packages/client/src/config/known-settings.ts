import { knownKeys } from './plain-shape.js';

/** Keys and what may stand below each; `true` is a single value, or something not looked into. */
interface Tree {
  readonly [key: string]: Tree | true;
}

/** Stands for every name that the user chooses. */
const each = '*';

const leaves = (keys: readonly string[]): Tree =>
  Object.fromEntries(keys.map((key): [string, true] => [key, true]));

const range: Tree = leaves(['min', 'max']);
const size: Tree = { cores: range, memory: range };

const credential: Tree = {
  ...leaves(['mode', 'path', 'provider', 'server', 'managed', 'access', 'issuer']),
  endpoints: leaves([
    'discovery',
    'device',
    'registration',
    'token',
    'userinfo',
    'revocation',
    'authorization',
  ]),
  client: leaves([
    'identity',
    'secret',
    'secret_expires_at',
    'flow',
    'registration_token',
    'registration_uri',
  ]),
  token: leaves(['access', 'refresh', 'token_type', 'scope']),
  expiry: leaves(['access', 'refresh']),
};

const tree: Tree = {
  ...leaves(knownKeys.root),
  contexts: { [each]: leaves(knownKeys.contexts) },
  servers: {
    [each]: {
      ...leaves(knownKeys.servers),
      auths: { [each]: true },
      defaults: leaves(['cores', 'memory', 'gpus']),
      limits: { flexible: size, fixed: size, gpus: range, sessions: true, read: true },
      storage: { [each]: leaves(['uri', 'url']) },
    },
  },
  credentials: { [each]: credential },
  registries: { [each]: leaves(knownKeys.registries) },
  providers: { [each]: { ...leaves(knownKeys.providers), registry: { [each]: true } } },
  console: leaves(knownKeys.console),
  aliases: { [each]: true },
  secrets: leaves(knownKeys.secrets),
};

/** A key that means nothing, and those that would mean something in its place. */
export interface UnknownSetting {
  /** Up to and with that key. */
  path: readonly string[];
  candidates: readonly string[];
}

function search(
  known: Tree | true,
  path: readonly string[],
  rest: readonly string[],
  value: unknown,
): UnknownSetting | undefined {
  const [key, ...more] = rest;
  if (key === undefined) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || known === true)
      return undefined;
    for (const [name, inner] of Object.entries(value)) {
      const found = search(known, path, [name], inner);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (known === true) return { path: [...path, key], candidates: [] };
  const next = Object.hasOwn(known, key) ? known[key] : known[each];
  if (next !== undefined) return search(next, [...path, key], more, value);
  return { path: [...path, key], candidates: Object.keys(known) };
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
): UnknownSetting | undefined => search(tree, [], segments, value);
