import { createHash, randomUUID } from 'node:crypto';
import { isRecord } from '@skaha/base/record.js';
import { formatPath, putAt, valueAt } from './dotted.js';
import type { Configuration } from './schema.js';
import { type SecretStore, systemKeyring, withTimeLimit } from './secret-store.js';

/** A secret of the file that is kept in the keyring: where it belongs, and its name there. */
export interface SecretReference {
  path: readonly string[];
  id: string;
}

/** How to reach the keyring. */
export interface KeyringOptions {
  /** Where secrets are kept outside the file. @defaultValue the operating system's keyring */
  keyring?: SecretStore | undefined;
  /** Ends waiting for the keyring. */
  signal?: AbortSignal | undefined;
  /** Called if secrets cannot be stored where they should be. */
  onWarning?: ((warning: string) => void) | undefined;
}

/** Everything in the file that may be kept elsewhere; `*` stands for any name. */
const places: readonly (readonly string[])[] = [
  ['credentials', '*', 'access'],
  ['credentials', '*', 'token', 'access'],
  ['credentials', '*', 'token', 'refresh'],
  ['credentials', '*', 'client', 'secret'],
  ['credentials', '*', 'client', 'registration_token'],
  ['credentials', '*', 'client', 'registration_uri'],
  ['registries', '*', 'secret'],
];

type Replace = (value: unknown, path: readonly string[]) => unknown;

function mapAt(
  value: unknown,
  place: readonly string[],
  replace: Replace,
  path: readonly string[],
): unknown {
  const [key, ...rest] = place;
  if (key === undefined) return replace(value, path);
  if (!isRecord(value)) return value;
  const names = Object.keys(value).filter((name) => key === '*' || name === key);
  return {
    ...value,
    ...Object.fromEntries(
      names.map((name) => [name, mapAt(value[name], rest, replace, [...path, name])]),
    ),
  };
}

/** Copies settings with every secret replaced. */
const mapSecrets = (root: unknown, replace: Replace): unknown =>
  places.reduce((value, place) => mapAt(value, place, replace, []), root);

const idOf = (value: unknown): string | undefined => {
  if (!isRecord(value) || Object.keys(value).length !== 1) return undefined;
  const { keyring } = value;
  return typeof keyring === 'string' && /^[\x21-\x7e]{1,512}$/.test(keyring) ? keyring : undefined;
};

/** Replaces a secret while the rest is checked. */
const placeholder = 'keyring';

/**
 * Puts text in the place of every reference to the keyring, so that the rest can be checked.
 *
 * @param root - the top level of a file
 */
export function takeReferences(root: unknown): { root: unknown; references: SecretReference[] } {
  const references: SecretReference[] = [];
  const plain = mapSecrets(root, (value, path) => {
    const id = idOf(value);
    if (id === undefined) return value;
    references.push({ path, id });
    return placeholder;
  });
  return { root: plain, references };
}

/** What became of reading secrets from the keyring. */
export interface KeyringReading {
  /** Places whose secret the keyring does not hold. */
  missing: readonly SecretReference[];
  /** Places that were not asked for, because the keyring cannot be used. */
  unavailable: readonly SecretReference[];
}

/**
 * Puts the secrets of the keyring in their places; an empty text if there is none.
 *
 * @param configuration - changed in place
 * @param references - where its secrets are
 * @param options - the keyring
 */
export async function revealSecrets(
  configuration: Configuration,
  references: readonly SecretReference[],
  { keyring = systemKeyring, signal }: KeyringOptions,
): Promise<KeyringReading> {
  const store = withTimeLimit(keyring, signal);
  const missing: SecretReference[] = [];
  const unavailable: SecretReference[] = [];
  // One by one: a locked keyring asks its owner once, not once for each.
  for (const reference of references) {
    let secret: string | undefined;
    if (unavailable.length > 0) unavailable.push(reference);
    else {
      try {
        secret = await store.get(reference.id);
        if (secret === undefined) missing.push(reference);
      } catch {
        signal?.throwIfAborted();
        unavailable.push(reference);
      }
    }
    putAt(configuration, reference.path, secret ?? '');
  }
  return { missing, unavailable };
}

/**
 * Says what the user should know about secrets that are not available.
 *
 * @param revealed - as from {@link revealSecrets}
 */
export function revealWarnings({ missing, unavailable }: KeyringReading): string[] {
  const warnings = missing.map(
    ({ path }) => `The keyring no longer contains ${formatPath(path)}; log in again.`,
  );
  if (unavailable.length > 0) {
    warnings.push(
      `The keyring of this computer cannot be used at the moment, so ${unavailable.length} ${unavailable.length === 1 ? 'secret is' : 'secrets are'} not available. Unlock it, or log in again.`,
    );
  }
  return warnings;
}

const keyOf = (path: readonly string[]): string => path.join('\0');

/** Names of one file's secrets begin with this; a copy of the file does not own them. */
const ownerOf = (target: string): string =>
  createHash('sha256').update(target).digest('hex').slice(0, 16);

const warned = new Set<string>();

/** Warns the user, once in this process. */
function warnOnce(warning: string, { onWarning }: KeyringOptions): void {
  if (onWarning === undefined || warned.has(warning)) return;
  warned.add(warning);
  onWarning(warning);
}

/**
 * Removes secrets that no file refers to any more. Those of another file are left alone.
 *
 * @param target - the file that referred to them
 * @param references - what it referred to
 * @param options - the keyring
 */
export async function forgetSecrets(
  target: string,
  references: readonly SecretReference[],
  options: KeyringOptions,
): Promise<void> {
  // Also when the work was cancelled: what it leaves behind must go.
  const store = withTimeLimit(options.keyring ?? systemKeyring, undefined);
  const owned = references.filter(({ id }) => id.startsWith(`${ownerOf(target)}/`));
  try {
    for (const { id } of owned) await store.delete(id);
  } catch {
    warnOnce(
      'The keyring of this computer cannot be used at the moment, so secrets that are no longer needed stay in it; look for skaha there.',
      options,
    );
  }
}

/** Settings as they are written to the file. */
export interface Sealed {
  root: Readonly<Record<string, unknown>>;
  /** Secrets that were put into the keyring for it. */
  added: readonly SecretReference[];
}

/** Copies settings with references in the places of secrets. */
export function withReferences(
  configuration: Configuration,
  references: readonly SecretReference[],
): Readonly<Record<string, unknown>> {
  const ids = new Map(references.map(({ path, id }) => [keyOf(path), id]));
  const root = mapSecrets(configuration, (value, path) => {
    const id = ids.get(keyOf(path));
    return id === undefined ? value : { keyring: id };
  });
  return isRecord(root) ? root : {};
}

async function store(
  target: string,
  secrets: readonly { path: readonly string[]; secret: string }[],
  options: KeyringOptions,
): Promise<SecretReference[]> {
  const keyring = withTimeLimit(options.keyring ?? systemKeyring, options.signal);
  const added: SecretReference[] = [];
  try {
    for (const { path, secret } of secrets) {
      // Never a name that was used before: until the file is written, the old secrets count.
      const id = `${ownerOf(target)}/${encodeURI(formatPath(path))}/${randomUUID()}`;
      added.push({ path, id });
      await keyring.set(id, secret);
    }
    return added;
  } catch {
    await forgetSecrets(target, added, { ...options, onWarning: undefined });
    options.signal?.throwIfAborted();
    warnOnce(
      'The keyring of this computer cannot be used, so secrets are kept in the configuration file.',
      options,
    );
    return [];
  }
}

/**
 * Puts the secrets of settings where `secrets.storage` says: into the keyring, or, when that is not
 * chosen or cannot be used, into the file. Secrets in the keyring that did not change stay.
 *
 * @param draft - as it should be
 * @param present - as it is, and where its secrets are
 * @param target - the file
 * @param options - the keyring
 */
export async function sealSecrets(
  draft: Configuration,
  present: { configuration: Configuration; references: readonly SecretReference[] },
  target: string,
  options: KeyringOptions,
): Promise<Sealed> {
  const wanted = draft.secrets?.storage === 'keyring';
  const kept = present.references.filter(({ path }) => {
    const value = valueAt(draft, path);
    return value === valueAt(present.configuration, path) && (wanted || value === '');
  });
  const keptPaths = new Set(kept.map(({ path }) => keyOf(path)));
  const loose: { path: readonly string[]; secret: string }[] = [];
  mapSecrets(draft, (value, path) => {
    if (typeof value === 'string' && value !== '' && !keptPaths.has(keyOf(path))) {
      loose.push({ path, secret: value });
    }
    return value;
  });
  const added = wanted && loose.length > 0 ? await store(target, loose, options) : [];
  return { root: withReferences(draft, [...kept, ...added]), added };
}
