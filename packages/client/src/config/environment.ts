import { ValidationError, type ValidationIssue } from '../errors/index.js';
import { numberVariable } from '../utils/variables.js';
import type { Environment } from './paths.js';

/** A variable that skaha reads. */
export interface EnvironmentVariable {
  name: string;
  /** The Python client's name for it, which is read if ours is not set. */
  alternative?: string | undefined;
  description: string;
}

/** Every variable called `SKAHA_…` that the library or the command reads. */
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
    description:
      "Path of a PEM file of certificate authorities to trust in addition to the system's.",
  },
  {
    name: 'SKAHA_TIMEOUT',
    alternative: 'CANFAR_TIMEOUT',
    description: 'Time limit for one request in seconds, 1 to 300; 30 by default.',
  },
  {
    name: 'SKAHA_CONCURRENCY',
    alternative: 'CANFAR_CONCURRENCY',
    description:
      'Number of simultaneous requests, 1 to 128; 32 by default. One request may launch many sessions where the platform offers it.',
  },
  {
    name: 'SKAHA_LOGLEVEL',
    alternative: 'CANFAR_LOGLEVEL',
    description: 'How much is logged: critical, error, warning, info or debug.',
  },
  {
    name: 'SKAHA_REGISTRY_HOST',
    alternative: 'CANFAR_REGISTRY__URL',
    description: 'Host of the private image registry; images.canfar.net by default.',
  },
  {
    name: 'SKAHA_REGISTRY_USERNAME',
    alternative: 'CANFAR_REGISTRY__USERNAME',
    description: 'User name for the private image registry.',
  },
  {
    name: 'SKAHA_REGISTRY_SECRET',
    alternative: 'CANFAR_REGISTRY__SECRET',
    description: 'Secret for the private image registry.',
  },
  { name: 'SKAHA_USERNAME', description: "User name for 'skaha login'." },
  {
    name: 'SKAHA_PASSWORD',
    description: "Password for 'skaha login'; never passed on to other programs.",
  },
  { name: 'SKAHA_YES', description: 'Set to 1 to answer every confirmation with yes.' },
  {
    name: 'SKAHA_EXECUTABLE',
    description: 'Set for extensions: the program that started them.',
  },
  { name: 'SKAHA_PAGER', description: 'Program that shows long output; empty for none.' },
  {
    name: 'SKAHA_NO_UPDATE_NOTIFIER',
    description: 'Set to 1 to turn off the notice about new versions.',
  },
];

/** The settings from environment variables. They are never written to the configuration file. */
export interface EnvironmentSettings {
  url?: string | undefined;
  token?: string | undefined;
  certificate?: string | undefined;
  context?: string | undefined;
  ca?: string | undefined;
  timeoutMs?: number | undefined;
  concurrency?: number | undefined;
  logLevel?: string | undefined;
  /** An account for a registry; what is left out is that of the file. */
  registry?:
    | { host: string; username?: string | undefined; secret?: string | undefined }
    | undefined;
  /** Variables that look like ours but are not read. */
  warnings: readonly string[];
  /** Variables of the Python client that are not read; only 'skaha doctor' mentions them. */
  foreign: readonly string[];
}

/** Read by the command line; there is no `SKAHA_…` for them. */
export const consoleVariables = ['CANFAR_CONSOLE__WIDTH', 'CANFAR_CONSOLE__BANNER'] as const;

/** What stands in for the others of the Python client. */
const instead: readonly (readonly [name: RegExp, words: string])[] = [
  [/^CANFAR_ACTIVE(?:__|$)/, "choose with SKAHA_CONTEXT or 'skaha context use'"],
  [/^CANFAR_SERVERS?__/, "add the server with 'skaha context add'"],
  [
    /^CANFAR_AUTHENTICATION__/,
    "log in with 'skaha login', or set SKAHA_TOKEN or SKAHA_CERTIFICATE",
  ],
];

const theirs = /^CANFAR_\w+$/;
/** That client does not mind the case of a name; of those in small letters only these are its own. */
const nested = /^canfar_(?:active|authentication|servers|registry|console)__/i;

function foreignVariables(environment: Environment): string[] {
  const read = new Set<string>([
    ...environmentVariables.flatMap(({ alternative }) => alternative ?? []),
    ...consoleVariables,
  ]);
  return Object.keys(environment)
    .filter((name) => (theirs.test(name) || nested.test(name)) && !read.has(name))
    .sort()
    .map((name) => {
      const words = instead.find(([pattern]) => pattern.test(name.toUpperCase()))?.[1];
      return `The variable ${name} of the Python client is not read by skaha${words === undefined ? '' : `: ${words}`}.`;
    });
}

/** A host as itself, or taken from an address. */
const hostOf = (text: string): string => (URL.canParse(text) ? new URL(text).host || text : text);

/**
 * User name and secret of the environment are both ours, or both the Python client's: those of two
 * accounts are never mixed. An address alone is no account.
 */
function registryOf(
  find: (...names: string[]) => { value: string } | undefined,
): EnvironmentSettings['registry'] {
  const ours = find('SKAHA_REGISTRY_USERNAME', 'SKAHA_REGISTRY_SECRET') !== undefined;
  const prefix = ours ? 'SKAHA_REGISTRY_' : 'CANFAR_REGISTRY__';
  const username = find(`${prefix}USERNAME`)?.value;
  const secret = find(`${prefix}SECRET`)?.value;
  if (username === undefined && secret === undefined) return undefined;
  const host = hostOf(find('SKAHA_REGISTRY_HOST', 'CANFAR_REGISTRY__URL')?.value ?? usualRegistry);
  return { host, username, secret };
}

const usualRegistry = 'images.canfar.net';

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

/** The settings from the environment variables, and what is wrong with those that are left out. */
export interface ExaminedEnvironment {
  settings: EnvironmentSettings;
  issues: readonly ValidationIssue[];
}

/**
 * Reads the environment variables as {@link readEnvironment} does, and reports what is wrong with
 * them instead of failing.
 *
 * @param environment - the variables; those of the process by default
 * @returns the settings without those that are out of bounds, and the issues
 * @example
 * ```ts
 * import { examineEnvironment } from 'skaha/config';
 *
 * for (const { message } of examineEnvironment().issues) console.log(message);
 * ```
 */
export function examineEnvironment(environment: Environment = process.env): ExaminedEnvironment {
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
  const settings: EnvironmentSettings = {
    url: find('SKAHA_URL', 'CANFAR_URL')?.value,
    token: credential('TOKEN'),
    certificate: credential('CERTIFICATE'),
    context: find('SKAHA_CONTEXT')?.value,
    ca: find('SKAHA_CA')?.value,
    timeoutMs: seconds === undefined ? undefined : seconds * 1000,
    concurrency: number('CONCURRENCY'),
    logLevel: find('SKAHA_LOGLEVEL', 'CANFAR_LOGLEVEL')?.value,
    registry: registryOf(find),
    warnings: unknownVariables(environment),
    foreign: foreignVariables(environment),
  };
  return { settings, issues };
}

/**
 * Reads the environment variables that skaha knows. `SKAHA_…` takes precedence over `CANFAR_…`.
 * Token and certificate count as one setting, so `SKAHA_CERTIFICATE` also takes precedence over
 * `CANFAR_TOKEN`. Empty values count as unset.
 *
 * @param environment - the variables; those of the process by default
 * @returns the settings, times in milliseconds
 * @throws {ValidationError} `request.invalid` for a value out of bounds; values are never shown
 */
export function readEnvironment(environment: Environment = process.env): EnvironmentSettings {
  const { settings, issues } = examineEnvironment(environment);
  const [first, ...rest] = issues;
  if (first !== undefined) throw new ValidationError([first, ...rest], 'Correct or unset it.');
  return settings;
}

/**
 * Refuses to go on where the variables turn off the checks of TLS for the whole process.
 *
 * @param environment - the variables
 * @throws {ValidationError} `request.invalid` if `NODE_TLS_REJECT_UNAUTHORIZED` is `0`
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
