import { isName } from '@skaha/base/names.js';
import type { PlainMap } from '@skaha/base/plain-text.js';
import { parseServerUrl } from '@skaha/base/server-url.js';
import type { Configuration } from './schema.js';

/** Gives a value back when it is as it must be, else undefined. */
type Read = (value: unknown) => unknown;

/** The keys of a map in the order of the schema. */
type Shape = Readonly<Record<string, { required: boolean; read: Read }>>;

const optional = (read: Read) => ({ required: false, read });
const required = (read: Read) => ({ required: true, read });

const where =
  (isGood: (value: unknown) => boolean): Read =>
  (value) =>
    isGood(value) ? value : undefined;
const matching = (pattern: RegExp): Read =>
  where((value) => typeof value === 'string' && pattern.test(value));
const oneOf = (...values: readonly unknown[]): Read => where((value) => values.includes(value));

const isFilled = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isMap = (value: unknown): value is PlainMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const text = where((value) => typeof value === 'string');
const filled = where(isFilled);
const flag = where((value) => typeof value === 'boolean');
const number = where((value) => typeof value === 'number');
const account = where((value) => isFilled(value) && value.length <= 255);
const listOf = (isGood: (value: unknown) => boolean): Read =>
  where((value) => Array.isArray(value) && value.every(isGood));

const map =
  (shape: Shape): Read =>
  (value) =>
    isMap(value) ? shaped(value, shape) : undefined;

/** The keys in the order of the shape; undefined when one is missing, wrong or unknown. */
function shaped(value: PlainMap, shape: Shape): Record<string, unknown> | undefined {
  if (!Object.keys(value).every((key) => Object.hasOwn(shape, key))) return undefined;
  const result: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(shape)) {
    if (!Object.hasOwn(value, key)) {
      if (field.required) return undefined;
      continue;
    }
    result[key] = field.read(value[key]);
    if (result[key] === undefined) return undefined;
  }
  return result;
}

/** A map of entries, each with a good name and one of the shapes. */
const entries =
  (isGood: (name: string) => boolean, ...reads: readonly Read[]): Read =>
  (value) => {
    if (!isMap(value)) return undefined;
    const result: Record<string, unknown> = {};
    for (const [name, item] of Object.entries(value)) {
      const found = reads.map((read) => read(item)).find((read) => read !== undefined);
      if (found === undefined || !isGood(name)) return undefined;
      result[name] = found;
    }
    return result;
  };

const contextShape = { server: required(filled), credential: required(filled) };

const range = map({ min: required(number), max: required(number) });
const size = map({ cores: required(range), memory: required(range) });

const limitsShape = {
  flexible: optional(size),
  fixed: optional(size),
  gpus: optional(range),
  sessions: optional(where((value) => Number.isSafeInteger(value) && Number(value) >= 1)),
  read: optional(text),
};

const serverShape = {
  uri: optional(text),
  url: optional(where((url) => typeof url === 'string' && parseServerUrl(url) !== undefined)),
  version: optional(matching(/^v\d+(?:\.\d+)*$/)),
  auths: optional(listOf((value) => typeof value === 'string')),
  provider: optional(text),
  defaults: optional(
    map({ cores: required(number), memory: required(number), gpus: required(number) }),
  ),
  limits: optional(map(limitsShape)),
  storage: optional(entries(isFilled, map({ uri: optional(text), url: required(filled) }))),
  ca: optional(filled),
  socket: optional(filled),
  insecure: optional(flag),
};

const certificateShape = {
  mode: required(oneOf('x509')),
  path: required(filled),
  provider: optional(text),
  server: optional(text),
  managed: optional(flag),
};

// Only with a path: what holds a token or a login is for the schema.
const tokenFileShape = {
  mode: required(oneOf('token')),
  provider: optional(text),
  server: optional(text),
  path: required(filled),
};

const registryShape = { username: required(account), secret: required(account) };

const consoleShape = {
  banner: optional(flag),
  color: optional(oneOf('auto', 'always', 'never')),
  width: optional(where((value) => Number.isSafeInteger(value) && Number(value) >= 1)),
};

const providerShape = {
  mode: required(oneOf('x509', 'oidc')),
  name: optional(filled),
  registry: required((value) => filled(value) ?? listOf(isFilled)(value)),
  issuer: optional(filled),
  discovery: optional(filled),
  ca: optional(filled),
  development: optional(flag),
};

const secretsShape = { storage: optional(oneOf('file', 'keyring')) };

const isHost = (host: string): boolean => /^[A-Za-z0-9][A-Za-z0-9.-]*(:\d{1,5})?$/.test(host);

const rootShape = {
  schema: required(oneOf('skaha')),
  version: required(oneOf(1)),
  active: optional(where((value) => value === null || isFilled(value))),
  contexts: required(entries(isName, map(contextShape))),
  servers: required(entries(isName, map(serverShape))),
  credentials: required(entries(isName, map(certificateShape), map(tokenFileShape))),
  registries: required(entries(isHost, map(registryShape))),
  providers: optional(entries(() => true, map(providerShape))),
  console: required(map(consoleShape)),
  aliases: optional(entries(isName, filled)),
  secrets: optional(map(secretsShape)),
};

const keysOf = (shape: Shape): readonly string[] => Object.keys(shape);

/** Keys of the top level and of single entries that mean something to this version. */
export const knownKeys = {
  root: keysOf(rootShape),
  contexts: keysOf(contextShape),
  servers: keysOf(serverShape),
  registries: keysOf(registryShape),
  providers: keysOf(providerShape),
  console: keysOf(consoleShape),
  secrets: keysOf(secretsShape),
} as const;

const sections = ['contexts', 'servers', 'credentials', 'registries', 'console'] as const;

/**
 * Fills in the sections that were left out or left empty.
 *
 * @param root - the top level of a file
 */
export const withSections = <Value>(
  root: Readonly<Record<string, Value>>,
): Readonly<Record<string, Value | object>> => ({
  ...root,
  ...Object.fromEntries(sections.map((name) => [name, root[name] ?? {}])),
});

/**
 * Gives plain settings their types when everything in them is as it should be. The schema library
 * takes long to load; whatever is unusual or wrong is left to it, and to its messages.
 *
 * @param root - as read from the file
 * @returns what the schema makes of it, or undefined when it is to be asked
 */
export function plainConfiguration(root: PlainMap): Configuration | undefined {
  const result: unknown = map(rootShape)(withSections(root));
  // Every part of it was checked; a test compares the outcome with that of the schema.
  return result as Configuration | undefined;
}

/** A configuration without any entry: what a missing file stands for. */
export const emptyConfiguration = (): Configuration => ({
  schema: 'skaha',
  version: 1,
  contexts: {},
  servers: {},
  credentials: {},
  registries: {},
  console: {},
});
