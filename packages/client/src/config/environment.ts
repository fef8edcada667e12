import { ValidationError, type ValidationIssue } from '../errors/index.js';
import { numberVariable } from '../utils/variables.js';
import type { Environment } from './paths.js';

/** A variable that skaha reads. */
export interface EnvironmentVariable {
  name: string;
  /** The Python client's name for it, read when ours is not set. */
  alternative?: string | undefined;
  description: string;
}

/** Every variable of the name `SKAHA_…` that is read, by the library or by the command. */
export const environmentVariables: readonly EnvironmentVariable[] = [
  {
    name: 'SKAHA_URL',
    alternative: 'CANFAR_URL',
    description: 'Address of the server, with or without the API version at its end.',
  },
  {
    name: 'SKAHA_TOKEN',
    alternative: 'CANFAR_TOKEN',
    description: 'Bearer token; needs SKAHA_URL.',
  },
  {
    name: 'SKAHA_CERTIFICATE',
    alternative: 'CANFAR_CERTIFICATE',
    description: 'Path of a PEM file with certificate and key; needs SKAHA_URL.',
  },
  { name: 'SKAHA_CONTEXT', description: 'Name of the context to use instead of the active one.' },
  { name: 'SKAHA_CONFIG', description: 'Path of the configuration file.' },
  {
    name: 'SKAHA_CA',
    description: 'Path of a PEM file with authorities to trust beside those of the system.',
  },
  {
    name: 'SKAHA_TIMEOUT',
    alternative: 'CANFAR_TIMEOUT',
    description: 'Time for one request in seconds, 1 to 300; 30 by default.',
  },
  {
    name: 'SKAHA_CONCURRENCY',
    alternative: 'CANFAR_CONCURRENCY',
    description: 'Requests at the same time, 1 to 128; 32 by default.',
  },
  {
    name: 'SKAHA_LOGLEVEL',
    alternative: 'CANFAR_LOGLEVEL',
    description: 'How much is logged: critical, error, warning, info or debug.',
  },
  {
    name: 'SKAHA_REGISTRY_HOST',
    description: 'Host of the private image registry; images.canfar.net by default.',
  },
  { name: 'SKAHA_REGISTRY_USERNAME', description: 'User name at the private image registry.' },
  { name: 'SKAHA_REGISTRY_SECRET', description: 'Secret at the private image registry.' },
  { name: 'SKAHA_USERNAME', description: 'User name for  skaha login.' },
  {
    name: 'SKAHA_PASSWORD',
    description: 'Password for  skaha login; never handed on to other programs.',
  },
  { name: 'SKAHA_YES', description: 'Set to 1 to answer every confirmation with yes.' },
  {
    name: 'SKAHA_EXECUTABLE',
    description: 'Set for extensions: the program that started them.',
  },
  { name: 'SKAHA_PAGER', description: 'Program that shows long output; empty for none.' },
  { name: 'SKAHA_NO_UPDATE_NOTIFIER', description: 'Set to 1 for no word about new versions.' },
];

/** What the variables say. Nothing of it is ever written to the configuration file. */
export interface EnvironmentSettings {
  url?: string | undefined;
  token?: string | undefined;
  certificate?: string | undefined;
  context?: string | undefined;
  ca?: string | undefined;
  timeoutMs?: number | undefined;
  concurrency?: number | undefined;
  logLevel?: string | undefined;
  registry?: { host: string; username: string; secret: string } | undefined;
  /** Variables that look like ours but are not read. */
  warnings: readonly string[];
}

const renamed: Readonly<Record<string, string>> = {
  SKAHA_ACTIVE: 'SKAHA_CONTEXT',
  SKAHA_LOG_LEVEL: 'SKAHA_LOGLEVEL',
  SKAHA_SERVER_URL: 'SKAHA_URL',
};

function unknownVariables(environment: Environment): string[] {
  const known = new Set(environmentVariables.map(({ name }) => name));
  // Sessions on the platform carry skaha_username and the like: lower case is not ours.
  return Object.keys(environment)
    .filter((name) => /^SKAHA_[A-Z0-9_]+$/.test(name) && !known.has(name))
    .sort()
    .map((name) => {
      const single = name.replace(/__/g, '_');
      const meant = renamed[name] ?? (known.has(single) ? single : undefined);
      return `The variable ${name} is not read by skaha${meant === undefined ? '' : `; did you mean ${meant}?`}`;
    })
    .map((text) => (text.endsWith('?') ? text : `${text}.`));
}

/**
 * Reads the variables that skaha knows. `SKAHA_…` comes before `CANFAR_…`; token and certificate
 * count as one, so a `SKAHA_CERTIFICATE` is not outranked by a `CANFAR_TOKEN`. Empty values count
 * as unset.
 *
 * @param environment - the variables; those of the process by default
 * @returns the settings, times in milliseconds
 * @throws {ValidationError} `request.invalid` for a value out of bounds; values are never shown
 */
export function readEnvironment(environment: Environment = process.env): EnvironmentSettings {
  const issues: ValidationIssue[] = [];
  const find = (...names: string[]): { name: string; value: string } | undefined => {
    for (const name of names) {
      const value = environment[name]?.trim();
      if (value !== undefined && value !== '') return { name, value };
    }
    return undefined;
  };
  const ours = find('SKAHA_TOKEN', 'SKAHA_CERTIFICATE') !== undefined;
  const prefixes = ours ? ['SKAHA'] : ['SKAHA', 'CANFAR'];
  const credential = (suffix: string) =>
    find(...prefixes.map((prefix) => `${prefix}_${suffix}`))?.value;
  const number = (suffix: 'CONCURRENCY' | 'TIMEOUT') => {
    const found = numberVariable((name) => environment[name], suffix);
    if (found?.problem !== undefined) issues.push({ path: found.name, message: found.problem });
    return found?.value;
  };
  const seconds = number('TIMEOUT');
  const username = find('SKAHA_REGISTRY_USERNAME')?.value;
  const secret = find('SKAHA_REGISTRY_SECRET')?.value;
  if ((username === undefined) !== (secret === undefined)) {
    issues.push({
      path: 'SKAHA_REGISTRY_USERNAME',
      message: 'SKAHA_REGISTRY_USERNAME and SKAHA_REGISTRY_SECRET must be set together.',
    });
  }
  const settings: EnvironmentSettings = {
    url: find('SKAHA_URL', 'CANFAR_URL')?.value,
    token: credential('TOKEN'),
    certificate: credential('CERTIFICATE'),
    context: find('SKAHA_CONTEXT')?.value,
    ca: find('SKAHA_CA')?.value,
    timeoutMs: seconds === undefined ? undefined : seconds * 1000,
    concurrency: number('CONCURRENCY'),
    logLevel: find('SKAHA_LOGLEVEL', 'CANFAR_LOGLEVEL')?.value,
    registry:
      username !== undefined && secret !== undefined
        ? { host: find('SKAHA_REGISTRY_HOST')?.value ?? 'images.canfar.net', username, secret }
        : undefined,
    warnings: unknownVariables(environment),
  };
  const [first, ...rest] = issues;
  if (first !== undefined) throw new ValidationError([first, ...rest], 'Correct or unset it.');
  return settings;
}

/**
 * Refuses to go on where the variables turn off the checks of TLS for the whole process.
 *
 * @param environment - the variables
 * @throws {ValidationError} `request.invalid` when `NODE_TLS_REJECT_UNAUTHORIZED` is `0`
 */
export function refuseUnverified(environment: Environment): void {
  if (environment['NODE_TLS_REJECT_UNAUTHORIZED'] !== '0') return;
  throw new ValidationError(
    [
      {
        path: 'NODE_TLS_REJECT_UNAUTHORIZED',
        message:
          'NODE_TLS_REJECT_UNAUTHORIZED=0 turns off the checks that keep credentials safe, so nothing is sent.',
      },
    ],
    'Unset it; to trust another certificate authority, name its PEM file in SKAHA_CA.',
  );
}
