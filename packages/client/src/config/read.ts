import { parsePlain } from '@skaha/base/plain-text.js';
import { formatPath } from './dotted.js';
import { readConfigurationText } from './file-text.js';
import { configurationPath, type Environment } from './paths.js';
import { danglingReferences, unknownKeys } from './problems.js';
import { type Configuration, emptyConfiguration } from './schema.js';
import type { SecretStore } from './secret-store.js';
import { type KeyringReading, revealSecrets, revealWarnings } from './secrets.js';
import { readSettings, type Settings } from './validate.js';

/** Where the configuration is. */
export interface ConfigurationSource {
  /** Path of the file; found from the variables if omitted. */
  path?: string | undefined;
  /** Environment variables by name. @defaultValue those of the process */
  environment?: Environment | undefined;
  /** Where secrets are kept outside the file. @defaultValue the operating system's keyring */
  keyring?: SecretStore | undefined;
}

/** A configuration, and facts about its file. */
export interface LoadedConfiguration {
  path: string;
  /** False if there is no file; the configuration is then empty. */
  exists: boolean;
  configuration: Configuration;
  /**
   * Warnings for the user: a file that others can read, unknown keys, references to entries that do
   * not exist.
   */
  warnings: readonly string[];
  /** Those of the warnings that are about secrets the keyring does not give. */
  secretWarnings: readonly string[];
}

/** Loads the YAML library only for what is not written plainly, or is wrong. */
async function parseSettings(text: string, path: string): Promise<Settings> {
  if (text === '') return { configuration: emptyConfiguration(), references: [] };
  const plain = parsePlain(text);
  const settings = plain === undefined ? [] : readSettings(plain);
  if (!Array.isArray(settings)) return settings;
  // It knows the lines of what is wrong.
  const { parseConfiguration } = await import('./document.js');
  return parseConfiguration(text, path);
}

interface FileSettings extends Settings {
  exists: boolean;
  loose: boolean;
}

async function readFileSettings(path: string): Promise<FileSettings> {
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
): Promise<FileSettings & { revealed: KeyringReading }> {
  let read = await readFileSettings(path);
  for (let reading = 1; ; reading += 1) {
    const revealed = await revealSecrets(read.configuration, read.references, { keyring });
    if (revealed.missing.length === 0 || reading === maximumReadings) return { ...read, revealed };
    const again = await readFileSettings(path);
    const ids = new Set(again.references.map(({ id }) => id));
    if (revealed.missing.every(({ id }) => ids.has(id))) return { ...read, revealed };
    read = again;
  }
}

/**
 * Reads the configuration file. If it does not exist, the configuration is empty.
 *
 * @param source - where the file is; by default `$SKAHA_CONFIG` or the usual path
 * @returns the settings, and warnings to show to the user
 * @throws {SkahaError} `config.invalid` if the file cannot be read or is not valid
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
    warnings.push(`The configuration file ${path} contains '${key}', which skaha does not know.`);
  }
  for (const problem of danglingReferences(configuration)) {
    warnings.push(
      `In the configuration file ${path}, ${formatPath(problem.path)} ${problem.message}.`,
    );
  }
  return { path, exists, configuration, warnings, secretWarnings };
}
