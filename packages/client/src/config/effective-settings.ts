import { isRecord } from '@skaha/base/record.js';
import { formatPath, masked } from './dotted.js';
import { readEnvironment } from './environment.js';
import type { Environment } from './paths.js';
import type { LoadedConfiguration } from './read.js';

/** A setting that is in effect, and where it comes from. */
export interface EffectiveSetting {
  /** With dots, as for {@link readSetting}. */
  key: string;
  value: unknown;
  origin: 'file' | 'environment' | 'default';
  /** Path of the file, or name of the variable; null for a default. */
  source: string | null;
}

const variables: readonly (readonly [key: string, ...names: string[]])[] = [
  ['active', 'SKAHA_CONTEXT'],
  ['url', 'SKAHA_URL', 'CANFAR_URL'],
  ['token', 'SKAHA_TOKEN', 'CANFAR_TOKEN'],
  ['certificate', 'SKAHA_CERTIFICATE', 'CANFAR_CERTIFICATE'],
  ['ca', 'SKAHA_CA'],
  ['timeout', 'SKAHA_TIMEOUT', 'CANFAR_TIMEOUT'],
  ['concurrency', 'SKAHA_CONCURRENCY', 'CANFAR_CONCURRENCY'],
  ['log level', 'SKAHA_LOGLEVEL', 'CANFAR_LOGLEVEL'],
  ['registry.host', 'SKAHA_REGISTRY_HOST'],
  ['registry.username', 'SKAHA_REGISTRY_USERNAME'],
  ['registry.secret', 'SKAHA_REGISTRY_SECRET'],
];

const defaults: Readonly<Record<string, unknown>> = {
  timeout: 30,
  concurrency: 32,
  'log level': 'warning',
  'console.banner': true,
  'console.color': 'auto',
  'secrets.storage': 'file',
};

function fromVariables(environment: Environment): EffectiveSetting[] {
  // Refuses what no call would accept.
  readEnvironment(environment);
  return variables.flatMap(([key, ...names]) => {
    const source = names.find((name) => (environment[name]?.trim() ?? '') !== '');
    if (source === undefined) return [];
    return { key, value: environment[source]?.trim(), origin: 'environment' as const, source };
  });
}

function* leaves(
  value: unknown,
  path: readonly string[] = [],
): Generator<[path: readonly string[], value: unknown]> {
  if (!isRecord(value)) {
    yield [path, value];
    return;
  }
  for (const [name, item] of Object.entries(value)) yield* leaves(item, [...path, name]);
}

/**
 * Lists every setting that is in effect, with its origin. A variable takes precedence over the file,
 * and the file over a default.
 *
 * @param loaded - the configuration file
 * @param options - the variables, by default those of the process; and whether to return tokens and
 *   secrets as they are, instead of asterisks
 * @throws {ValidationError} `request.invalid` for a variable out of bounds
 * @example
 * ```ts
 * import { effectiveSettings, loadConfiguration } from 'skaha/config';
 *
 * for (const { key, value, source } of effectiveSettings(await loadConfiguration()))
 *   console.log(key, value, source ?? 'default');
 * ```
 */
export function effectiveSettings(
  { configuration, path }: Pick<LoadedConfiguration, 'configuration' | 'path'>,
  options: { environment?: Environment | undefined; showSecrets?: boolean | undefined } = {},
): EffectiveSetting[] {
  const { environment = process.env, showSecrets = false } = options;
  const given = fromVariables(environment).map((setting) =>
    showSecrets ? setting : { ...setting, value: masked(setting.value, setting.key.split('.')) },
  );
  const outranked = new Set(given.map(({ key }) => key));
  const saved = [...leaves(showSecrets ? configuration : masked(configuration))]
    .map(([where, value]) => ({
      key: formatPath(where),
      value,
      origin: 'file' as const,
      source: path,
    }))
    .filter(({ key }) => !outranked.has(key));
  const set = new Set([...given, ...saved].map(({ key }) => key));
  const rest = Object.entries(defaults)
    .filter(([key]) => !set.has(key))
    .map(([key, value]) => ({ key, value, origin: 'default' as const, source: null }));
  return [...given, ...saved, ...rest];
}
