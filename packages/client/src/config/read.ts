import { closeSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { parsePlain } from '@skaha/base/plain-text.js';
import { formatPath } from './dotted.js';
import { invalidFile } from './invalid-file.js';
import { configurationPath, type Environment, isNullDevice } from './paths.js';
import { emptyConfiguration, plainConfiguration } from './plain-shape.js';
import { danglingReferences, unknownKeys } from './problems.js';
import type { Configuration } from './schema.js';
import type { SecretStore } from './secret-store.js';
import { type Revealed, revealSecrets, revealWarnings, type SecretReference } from './secrets.js';

/** Largest configuration file that is read, in bytes. */
const maximumSize = 256 * 1024;

/** Where to look for the configuration. */
export interface ConfigurationSource {
  /** Path of the file; found from the variables when left out. */
  path?: string | undefined;
  /** Variables by name; those of the process when left out. */
  environment?: Environment | undefined;
  /** Where secrets are kept outside the file; the operating system's keyring when left out. */
  keyring?: SecretStore | undefined;
}

/** A configuration, and what there is to know about its file. */
export interface LoadedConfiguration {
  path: string;
  /** False when there is no file; the configuration is then empty. */
  exists: boolean;
  configuration: Configuration;
  /** What the user should hear about: a file others can read, unknown keys, names that lead nowhere. */
  warnings: readonly string[];
  /** Those of the warnings that are about secrets the keyring does not give. */
  secretWarnings: readonly string[];
}

/** A file as text, with what may be wrong about its permissions. */
export interface FileText {
  text: string;
  /** True when the group or others may read it. */
  loose: boolean;
}

function unreadable(path: string, error: unknown): Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EACCES' || code === 'EPERM') {
    return invalidFile(
      path,
      'cannot be read: permission denied',
      `Give yourself access to it: chmod 600 '${path}'`,
    );
  }
  if (code === 'ENOTDIR') return invalidFile(path, 'cannot be read: a part of its path is a file');
  if (code === 'ELOOP') return invalidFile(path, 'cannot be read: its links form a loop');
  return invalidFile(path, `cannot be read (${String(code ?? 'unknown reason')})`);
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

/**
 * Reads the file's text with every check that comes before its grammar.
 *
 * @param path - of the file
 * @returns undefined when there is no file
 * @throws {SkahaError} `config.invalid` when it cannot be read, is too large or is not UTF-8
 */
export async function readConfigurationText(path: string): Promise<FileText | undefined> {
  if (isNullDevice(path)) return undefined;
  let bytes: Buffer;
  let mode: number;
  try {
    // Before opening, because opening a pipe would wait for its other end.
    const kind = statSync(path);
    if (kind.isDirectory()) throw invalidFile(path, 'is a directory', 'Name a file instead.');
    if (!kind.isFile()) throw invalidFile(path, 'is not a regular file', 'Name a file instead.');
    // At once: to hand each step to another thread takes longer than the step.
    const file = openSync(path, 'r');
    try {
      const { size, mode: fileMode } = fstatSync(file);
      if (size > maximumSize) throw invalidFile(path, `is larger than ${maximumSize / 1024} KiB`);
      mode = fileMode;
      bytes = readFileSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error instanceof Error && error.name === 'SkahaError' ? error : unreadable(path, error);
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return { text, loose: process.platform !== 'win32' && (mode & 0o077) !== 0 };
  } catch {
    throw invalidFile(path, 'is not UTF-8 text');
  }
}

/** What a file says, without the document it was written as. */
interface Settings {
  configuration: Configuration;
  /** Where the secrets belong that are kept in the keyring. */
  references: readonly SecretReference[];
}

/** Loads the YAML library and the schemas only for what is not written plainly. */
async function parseSettings(text: string, path: string): Promise<Settings> {
  if (text === '') return { configuration: emptyConfiguration(), references: [] };
  const plain = parsePlain(text);
  const configuration = plain === undefined ? undefined : plainConfiguration(plain);
  if (configuration !== undefined) return { configuration, references: [] };
  const { parseConfiguration } = await import('./document.js');
  return parseConfiguration(text, path);
}

interface ReadSettings extends Settings {
  exists: boolean;
  loose: boolean;
}

async function readSettings(path: string): Promise<ReadSettings> {
  const file = await readConfigurationText(path);
  return {
    ...(await parseSettings(file?.text ?? '', path)),
    exists: file !== undefined,
    loose: file?.loose ?? false,
  };
}

/** How often a file that changes while it is read is read again. */
const maximumReadings = 10;

/** Reads the file and its secrets, which another process may replace between the one and the other. */
async function readRevealed(
  path: string,
  keyring: SecretStore | undefined,
): Promise<ReadSettings & { revealed: Revealed }> {
  let read = await readSettings(path);
  for (let reading = 1; ; reading += 1) {
    const revealed = await revealSecrets(read.configuration, read.references, { keyring });
    if (revealed.missing.length === 0 || reading === maximumReadings) return { ...read, revealed };
    const again = await readSettings(path);
    const ids = new Set(again.references.map(({ id }) => id));
    if (revealed.missing.every(({ id }) => ids.has(id))) return { ...read, revealed };
    read = again;
  }
}

/**
 * Reads the configuration file. A missing file stands for an empty configuration.
 *
 * @param source - where to look; `$SKAHA_CONFIG` and the usual places by default
 * @returns the settings, and warnings to show to the user
 * @throws {SkahaError} `config.invalid` when the file cannot be read or is not valid
 * @example
 * ```ts
 * import { loadConfiguration } from 'skaha/config';
 *
 * const { configuration, warnings } = await loadConfiguration();
 * for (const warning of warnings) console.warn(warning);
 * console.log(Object.keys(configuration.contexts));
 * ```
 */
export async function loadConfiguration(
  source: ConfigurationSource = {},
): Promise<LoadedConfiguration> {
  const path = source.path ?? configurationPath(source.environment);
  const { configuration, exists, loose, revealed } = await readRevealed(path, source.keyring);
  const secretWarnings = revealWarnings(revealed);
  const warnings = [...secretWarnings];
  if (loose) {
    warnings.push(
      `The configuration file ${path} can be read by others; it is made private when it is next written.`,
    );
  }
  for (const key of unknownKeys(configuration)) {
    warnings.push(`The configuration file ${path} holds '${key}', which means nothing to skaha.`);
  }
  for (const problem of danglingReferences(configuration)) {
    warnings.push(
      `In the configuration file ${path}, ${formatPath(problem.path)} ${problem.message}.`,
    );
  }
  return { path, exists, configuration, warnings, secretWarnings };
}
