import { readdir, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makePrivateDirectory, realTarget, replaceFile } from '@skaha/base/private-file.js';
import { type Document, isAlias, isCollection } from 'yaml';
import { isSkahaError, SkahaError } from '../errors/index.js';
import { type Change, changes } from './changes.js';
import {
  type ConfigurationDocument,
  invalidSettings,
  parseConfiguration,
  readDocument,
} from './document.js';
import { putAt, valueAt } from './dotted.js';
import { readConfigurationText } from './file-text.js';
import { type LockOptions, withLock } from './lock.js';
import { homeDirectory, isNullDevice } from './paths.js';
import { unwritableFile } from './private-file.js';
import { danglingReferences } from './problems.js';
import type { Configuration } from './schema.js';
import {
  forgetSecrets,
  type KeyringOptions,
  revealSecrets,
  type SecretReference,
  sealSecrets,
  withReferences,
} from './secrets.js';

/** How to wait for the lock, and where secrets are kept outside the file. */
export interface UpdateOptions extends LockOptions, KeyringOptions {}

const unwritable = (path: string, error: unknown) =>
  unwritableFile(
    `The configuration file ${path}`,
    error,
    'Make its directory writable and leave some space on the disk, or set SKAHA_CONFIG to a file elsewhere.',
  );

/** Files of processes that were killed, by their names, and how old they must be to count as such. */
const leftovers = (file: string): readonly { name: RegExp; afterMs: number }[] => {
  const escaped = file.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return [
    { name: new RegExp(`^\\.${escaped}\\..*\\.new$`), afterMs: 0 },
    // Others that wait for the lock make such files too, for an instant.
    { name: new RegExp(`^${escaped}\\.lock\\.`), afterMs: 60_000 },
    // The copy that a login works on, for as long as somebody takes to approve it.
    { name: /^\.{1,2}login-/, afterMs: 3_600_000 },
  ];
};

/** Removes what killed processes left behind. Only the holder of the lock may call this. */
async function removeLeftovers(target: string, options: KeyringOptions): Promise<void> {
  const kinds = leftovers(basename(target));
  for (const entry of await readdir(dirname(target))) {
    const kind = kinds.find(({ name }) => name.test(entry));
    if (kind === undefined) continue;
    const path = join(dirname(target), entry);
    const made = await stat(path).catch(() => undefined);
    if (made === undefined || (kind.afterMs > 0 && Date.now() - made.mtimeMs < kind.afterMs))
      continue;
    if (path.endsWith('.yaml')) await discardConfiguration(path, options);
    else await unlink(path).catch(() => undefined);
  }
}

/** Turns what stands in the way of a change (nothing, an alias, an empty value) into a map. */
function clearWay(document: Document, path: readonly string[]): void {
  if (document.contents === null || !isCollection(document.contents)) {
    document.contents = document.createNode({});
  }
  for (let depth = 1; depth < path.length; depth += 1) {
    const upTo = path.slice(0, depth);
    const node = document.getIn(upTo, true);
    if (isAlias(node)) {
      document.setIn(upTo, document.createNode(node.toJS(document)));
    } else if (!isCollection(node)) {
      document.setIn(upTo, document.createNode({}));
    }
  }
}

function apply(document: Document, change: Change): void {
  if (change.value === undefined) {
    if (document.hasIn(change.path)) document.deleteIn(change.path);
    return;
  }
  clearWay(document, change.path);
  // A plain value is put into the node that stands there, which keeps the comment beside it.
  const { value } = change;
  const scalar = typeof value !== 'object' || value === null;
  document.setIn(change.path, scalar ? value : document.createNode(value));
}

/** The text of a document with changes made, checked as if it had been read from a file. */
function edited(document: Document, path: string, made: readonly Change[]) {
  const fresh = document.contents === null;
  const all: Change[] = fresh
    ? [{ path: ['schema'], value: 'skaha' }, { path: ['version'], value: 1 }, ...made]
    : [...made];
  for (const change of all) apply(document, change);
  const text = document.toString({ lineWidth: 0 });
  return { text, ...readCandidate(text, path) };
}

/** Reads a text that is to become the file: no name in it may lead nowhere. */
function readCandidate(text: string, path: string): ConfigurationDocument {
  const candidate = parseConfiguration(text, path);
  const dangling = danglingReferences(candidate.configuration);
  if (dangling.length > 0) throw invalidSettings(path, dangling);
  return candidate;
}

/** Errors of a candidate name settings that are not in the file yet, so they say so. */
function refused(error: unknown): unknown {
  if (!isSkahaError(error, 'config.invalid')) return error;
  const reason = error.message.replace(/^.*? is not valid: /s, '').replace(/ \(line \d+\)/g, '');
  return new SkahaError('command.validation_failed', `The change was not made: ${reason}`, {
    hint: 'The configuration file is unchanged.',
  });
}

/** What is in one list of references only. */
const without = (some: readonly SecretReference[], others: readonly SecretReference[]) => {
  const ids = new Set(others.map(({ id }) => id));
  return some.filter(({ id }) => !ids.has(id));
};

async function change(
  path: string,
  target: string,
  edit: (draft: Configuration) => void | Promise<void>,
  confirm: () => Promise<void>,
  options: KeyringOptions,
): Promise<Configuration> {
  const { document, configuration, references, loose } = await readDocument(target);
  await revealSecrets(configuration, references, options);
  const draft = structuredClone(configuration);
  await edit(draft);
  const sealed = await sealSecrets(draft, { configuration, references }, target, options);
  const made = changes(withReferences(configuration, references), sealed.root);
  if (made.length === 0 && !loose) return configuration;
  let result: ReturnType<typeof edited> | undefined;
  try {
    result = edited(document, path, made);
    await removeLeftovers(target, options);
    await replaceFile(target, result.text, confirm);
  } catch (error) {
    await forgetSecrets(target, sealed.added, options);
    throw result === undefined ? refused(error) : error;
  }
  await forgetSecrets(target, without(references, result.references), options);
  for (const { path: place } of result.references) {
    putAt(result.configuration, place, valueAt(draft, place));
  }
  return result.configuration;
}

/** Works on the file that a path stands for, alone. */
async function withTarget<Result>(
  path: string,
  options: LockOptions,
  work: (target: string, confirm: () => Promise<void>) => Promise<Result>,
): Promise<Result> {
  if (isNullDevice(path)) {
    // Where there is no home directory, that is what is to be said.
    homeDirectory();
    throw unwritable(path, Object.assign(new Error(), { code: 'EPERM' }));
  }
  try {
    const target = await realTarget(path);
    await makePrivateDirectory(dirname(target));
    return await withLock(
      `${target}.lock`,
      async (lock) => {
        options.signal?.throwIfAborted();
        return await work(target, () => lock.confirm());
      },
      options,
    );
  } catch (error) {
    const system = error instanceof Error && 'syscall' in error;
    throw system ? unwritable(path, error) : error;
  }
}

/**
 * Changes the configuration file. It reads the file again under a lock that all processes respect,
 * checks the result, and writes only the keys that the edit changed. Comments and unknown keys
 * stay. If the process is killed, either the old or the new file remains.
 *
 * @param path - of the file; a symbolic link keeps pointing where it points
 * @param edit - changes the draft it is given; may be called for a file that does not exist yet
 * @param options - signal that ends the wait for the lock, clock, and where warnings go
 * @returns the configuration after the change
 * @throws {SkahaError} `config.invalid` if the present file is not valid,
 *   `command.validation_failed` if the result would not be, `config.unwritable` if it cannot be
 *   written
 * @example
 * ```ts
 * import { configurationPath, updateConfiguration } from 'skaha/config';
 *
 * await updateConfiguration(configurationPath(), (draft) => {
 *   draft.console.color = 'never';
 * });
 * ```
 */
export async function updateConfiguration(
  path: string,
  edit: (draft: Configuration) => void | Promise<void>,
  options: UpdateOptions = {},
): Promise<Configuration> {
  return withTarget(path, options, (target, confirm) =>
    change(path, target, edit, confirm, options),
  );
}

/** A whole file as somebody has written it. */
export interface Replacement {
  /** The text it began with; undefined if there was no file. */
  before: string | undefined;
  text: string;
}

/**
 * Puts a text that was edited elsewhere in the place of the configuration file, when it is valid
 * and nobody has changed the file meanwhile.
 *
 * @param path - of the file; a symbolic link keeps pointing where it points
 * @param replacement - the text, and what it began with
 * @param options - signal that ends the wait for the lock, and clock
 * @throws {SkahaError} `config.invalid` if the text is not valid, `command.validation_failed` if
 *   the file was changed meanwhile, `config.unwritable`
 * @example
 * ```ts
 * import { configurationPath, readConfigurationText, replaceConfiguration } from 'skaha/config';
 *
 * const path = configurationPath();
 * const before = (await readConfigurationText(path))?.text;
 * await replaceConfiguration(path, { before, text: `${before ?? ''}# seen\n` });
 * ```
 */
export async function replaceConfiguration(
  path: string,
  { before, text }: Replacement,
  options: UpdateOptions = {},
): Promise<void> {
  const { references } = readCandidate(text, path);
  await withTarget(path, options, async (target, confirm) => {
    const present = await readConfigurationText(target);
    if (present?.text !== before) {
      throw new SkahaError(
        'command.validation_failed',
        'The configuration file was changed by another program in the meantime.',
        { hint: 'Nothing was written. Edit it again.' },
      );
    }
    await removeLeftovers(target, options);
    await replaceFile(target, text, confirm);
    await forgetSecrets(target, without(referencesIn(before ?? '', path), references), options);
    // Secrets that were written into the text go where they belong.
    await change(path, target, () => undefined, confirm, options);
  });
}

/** Where the secrets of a text are; none when it is not valid. */
function referencesIn(text: string, path: string): readonly SecretReference[] {
  try {
    return parseConfiguration(text, path).references;
  } catch {
    return [];
  }
}

/**
 * Removes a copy of the configuration, and from the keyring the secrets that only the copy had.
 *
 * @param path - of the copy; nothing happens when it is gone
 * @param options - where secrets are kept
 */
export async function discardConfiguration(
  path: string,
  options: KeyringOptions = {},
): Promise<void> {
  const text = await readConfigurationText(path).catch(() => undefined);
  const target = await realTarget(path);
  await unlink(path).catch(() => undefined);
  await forgetSecrets(target, referencesIn(text?.text ?? '', path), options);
}
