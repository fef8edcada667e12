import { mask } from '@skaha/base/redact.js';
import { parse } from 'yaml';
import { SkahaError } from '../errors/index.js';
import { masked, parsePath, putAt, valueAt } from './dotted.js';
import { configurationPath } from './paths.js';
import { type ConfigurationSource, loadConfiguration } from './read.js';
import type { Configuration } from './schema.js';
import { type UpdateOptions, updateConfiguration } from './write.js';

/** One setting to change. */
export interface Assignment {
  /** Dotted path, for example `console.color` or `registries."images.canfar.net".username`. */
  path: string;
  /** The value itself; undefined removes the setting. */
  value: unknown;
}

/**
 * Parses the value of a setting as written on a command line: YAML, so that `130` is a number,
 * `false` a boolean and `[a, b]` a list.
 *
 * @param text - YAML
 * @param path - the setting, for messages
 * @throws {SkahaError} `command.validation_failed` if it is not YAML; the text is not shown
 * @example
 * ```ts
 * import { parseSettingValue } from 'skaha/config';
 *
 * console.log(parseSettingValue('130', 'console.width')); // 130
 * ```
 */
export function parseSettingValue(text: string, path: string): unknown {
  try {
    return parse(text, {
      schema: 'core',
      maxAliasCount: 0,
      logLevel: 'error',
      prettyErrors: false,
    });
  } catch {
    throw new SkahaError(
      'command.validation_failed',
      `The value for '${path}' is not valid YAML.`,
      {
        hint: 'Put text with special characters in quotes twice: \'"text: with a colon"\'',
      },
    );
  }
}

/**
 * Reads one setting. Secrets are replaced by asterisks unless you ask for them.
 *
 * @param path - dotted path
 * @param source - where the configuration is
 * @param options - whether secrets are shown
 * @returns the value, which may be a map
 * @throws {SkahaError} `command.validation_failed` if there is no such setting, `config.invalid` if
 *   the file is not valid
 * @example
 * ```ts
 * import { readSetting } from 'skaha/config';
 *
 * console.log(await readSetting('console'));
 * ```
 */
export async function readSetting(
  path: string,
  source: ConfigurationSource = {},
  options: { showSecrets?: boolean | undefined } = {},
): Promise<unknown> {
  const segments = parsePath(path);
  const { configuration, path: file } = await loadConfiguration(source);
  const value = valueAt(configuration, segments);
  if (value === undefined) {
    throw new SkahaError('command.validation_failed', `There is no setting '${path}'.`, {
      hint: `See all settings with 'skaha config show' (they are kept in ${file}).`,
    });
  }
  return options.showSecrets === true ? value : masked(value, segments);
}

function holdsMask(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).some(holdsMask);
  return value === mask;
}

/**
 * Changes several settings together: all of them, or none if the result would not be valid.
 *
 * @param assignments - if two have the same path, the later one applies
 * @param source - where the configuration is
 * @param options - signal and clock for the lock
 * @returns the configuration after the change
 * @throws {SkahaError} `command.validation_failed` for a bad path or value
 * @example
 * ```ts
 * import { changeSettings } from 'skaha/config';
 *
 * await changeSettings([{ path: 'console.color', value: 'never' }]);
 * ```
 */
export async function changeSettings(
  assignments: readonly Assignment[],
  source: ConfigurationSource = {},
  options: UpdateOptions = {},
): Promise<Configuration> {
  const parsed = assignments.map(({ path, value }) => ({ segments: parsePath(path), path, value }));
  for (const { path, value } of parsed) {
    if (!holdsMask(value)) continue;
    throw new SkahaError(
      'command.validation_failed',
      `The value for '${path}' contains the asterisks that stand for a secret.`,
      { hint: 'Set the other keys one by one; the secret then stays as it is.' },
    );
  }
  return updateConfiguration(
    source.path ?? configurationPath(source.environment),
    (draft) => {
      for (const { segments, value } of parsed) putAt(draft, segments, value);
    },
    options,
  );
}
