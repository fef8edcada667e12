import type { Io } from '@skaha/terminal/io.js';
import { type Configuration, formatSettingPath, maskSettings, readEnvironment } from 'skaha/config';

/** One setting that holds, and where it is from. */
export interface OriginRow {
  key: string;
  value: unknown;
  origin: 'file' | 'environment' | 'default';
  /** Path of the file, or name of the variable; null for a default. */
  source: string | null;
}

type Leaf = [path: readonly (string | number)[], value: unknown];

function* leaves(value: unknown, path: readonly (string | number)[]): Generator<Leaf> {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isMap) {
    yield [path, value];
    return;
  }
  for (const [name, item] of Object.entries(value)) yield* leaves(item, [...path, name]);
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

function fromVariables(env: Io['env'], showSecrets: boolean): OriginRow[] {
  // Refuses what no call would accept.
  readEnvironment(env);
  return variables.flatMap(([key, ...names]): OriginRow[] => {
    const source = names.find((name) => (env[name]?.trim() ?? '') !== '');
    if (source === undefined) return [];
    const value = env[source]?.trim();
    return [
      {
        key,
        value: showSecrets ? value : maskSettings(value, key.split('.')),
        origin: 'environment',
        source,
      },
    ];
  });
}

/**
 * Every setting that holds, with its origin: a variable comes before the file, the file before a
 * default. Secrets are replaced by asterisks unless asked for.
 */
export function originRows(
  configuration: Configuration,
  path: string,
  env: Io['env'],
  showSecrets: boolean,
): OriginRow[] {
  const shown = showSecrets ? configuration : maskSettings(configuration);
  const file = [...leaves(shown, [])].map(
    ([where, value]): OriginRow => ({
      key: formatSettingPath(where),
      value,
      origin: 'file',
      source: path,
    }),
  );
  const environment = fromVariables(env, showSecrets);
  const outranked = new Set(environment.map(({ key }) => key));
  const kept = file.filter(({ key }) => !outranked.has(key));
  const set = new Set([...environment, ...kept].map(({ key }) => key));
  const rest = Object.entries(defaults)
    .filter(([key]) => !set.has(key))
    .map(([key, value]): OriginRow => ({ key, value, origin: 'default', source: null }));
  return [...environment, ...kept, ...rest];
}
