import type { LeftOut } from './found.js';
import { type Foreign, isForeign, textAt } from './python-file.js';

type Leaf = 'text' | 'number' | 'boolean' | 'list' | 'anything';
/** What a map may hold; `*` stands for names that the user chose. */
interface Shape {
  readonly [key: string]: Leaf | Shape | ((value: Foreign) => Shape);
}

const all = (leaf: Leaf, ...keys: string[]): Shape =>
  Object.fromEntries(keys.map((key) => [key, leaf]));

const login: Shape = {
  ...all('text', 'idp', 'mode'),
  endpoints: all('text', 'discovery', 'device', 'registration', 'token'),
  client: { ...all('text', 'identity', 'secret'), secret_expires_at: 'number' },
  token: all('text', 'access', 'refresh', 'token_type', 'scope'),
  expiry: all('number', 'access', 'refresh'),
};
/** The certificate itself says when it ends, so anything may be there. */
const certificate: Shape = { ...all('text', 'idp', 'mode', 'path'), expiry: 'anything' };
const loginOf = (given: Foreign): Shape => (textAt(given, 'mode') === 'oidc' ? login : certificate);

const range = all('number', 'min', 'max');
const size: Shape = { cores: range, ram: range };
const server: Shape = {
  ...all('text', 'name', 'uri', 'url', 'version', 'idp'),
  auths: 'list',
  ...all('number', 'cores', 'ram', 'gpus'),
  storage: { '*': all('text', 'uri', 'url') },
  resources: { flexible: size, fixed: size, gpus: range, sessions: 'number' },
};

const common: Shape = {
  version: 'anything',
  registry: all('text', 'url', 'username', 'secret'),
  console: { width: 'number', banner: 'boolean' },
};

/** Files with logins and servers apart. */
export const recordsShape: Shape = {
  ...common,
  active: { ...all('text', 'authentication', 'server'), servers: { '*': 'text' } },
  authentication: { '*': loginOf },
  servers: { '*': server },
};

/** Files with bundles of one login and one server. */
export const bundlesShape: Shape = {
  ...common,
  active: 'text',
  contexts: { '*': (given) => ({ ...loginOf(given), server }) },
};

const fits = (value: unknown, leaf: Leaf): boolean => {
  if (leaf === 'anything') return true;
  if (leaf === 'list') return Array.isArray(value);
  if (leaf === 'number') return typeof value === 'number' && Number.isFinite(value);
  return typeof value === (leaf === 'text' ? 'string' : 'boolean');
};

/**
 * Names everything in a file that nobody reads, at any depth, so that nothing is dropped silently.
 *
 * @param root - the file's map
 * @param shape - what is read of it
 * @param reported - already; what is inside of that is not named again
 * @returns what else is left out
 */
export function unread(root: Foreign, shape: Shape, reported: readonly LeftOut[]): LeftOut[] {
  const known = new Set(reported.map(({ from }) => from));
  const found: LeftOut[] = [];
  const walk = (map: Foreign, allowed: Shape, path: string): void => {
    for (const [key, value] of Object.entries(map)) {
      const from = path === '' ? key : `${path}.${key}`;
      if (value === null || value === undefined || known.has(from)) continue;
      const part = Object.hasOwn(allowed, key) ? allowed[key] : allowed['*'];
      if (part === undefined) found.push({ from, reason: 'skaha does not know it' });
      else if (typeof part === 'string') {
        if (!fits(value, part)) found.push({ from, reason: 'it cannot be understood' });
      } else if (!isForeign(value)) found.push({ from, reason: 'it is not a map' });
      else walk(value, typeof part === 'function' ? part(value) : part, from);
    }
  };
  walk(root, shape, '');
  return found;
}
