import { devNull, homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { SkahaError } from '../errors/index.js';

/** Variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

const value = (environment: Environment, name: string): string | undefined => {
  const found = environment[name]?.trim();
  return found === '' ? undefined : found;
};

/** The home directory; undefined for a user without one, as a container may have. */
function knownHome(environment: Environment): string | undefined {
  const named = value(environment, 'HOME') ?? value(environment, 'USERPROFILE');
  if (named !== undefined) return named;
  try {
    return homedir();
  } catch {
    // The system knows no user of that number.
    return undefined;
  }
}

/**
 * Returns the user's home directory.
 *
 * @param environment - where `HOME` (on Windows `USERPROFILE`) is looked for first
 * @throws {SkahaError} `config.invalid` if there is none
 * @example
 * ```ts
 * import { homeDirectory } from 'skaha/config';
 *
 * console.log(homeDirectory({ HOME: '/home/jane' })); // /home/jane
 * ```
 */
export function homeDirectory(environment: Environment = process.env): string {
  const home = knownHome(environment);
  if (home !== undefined) return home;
  throw new SkahaError('config.invalid', 'There is no home directory: HOME is not set.', {
    hint: 'Set HOME to one of your directories, or set SKAHA_CONFIG and XDG_STATE_HOME.',
  });
}

/** Where programs keep what they must remember: `$XDG_STATE_HOME/skaha`, or below the home directory. */
export function stateDirectory(environment: Environment): string {
  const base = environment['XDG_STATE_HOME']?.trim();
  // A relative value is to be ignored (XDG Base Directory Specification).
  return base !== undefined && isAbsolute(base)
    ? join(base, 'skaha')
    : join(homeDirectory(environment), '.local', 'state', 'skaha');
}

/**
 * Converts a path as people write it to an absolute path.
 *
 * @param path - may start with `~/`
 * @param environment - where the home directory comes from
 * @param base - what a relative path is relative to; the working directory by default
 * @example
 * ```ts
 * import { expandPath } from 'skaha/config';
 *
 * console.log(expandPath('~/a.pem', { HOME: '/home/jane' })); // /home/jane/a.pem
 * ```
 */
export function expandPath(path: string, environment: Environment, base?: string): string {
  if (path === '~') return homeDirectory(environment);
  if (path.startsWith('~/')) return join(homeDirectory(environment), path.slice(2));
  return base === undefined ? resolve(path) : resolve(base, path);
}

/**
 * Returns the path of the configuration file: `$SKAHA_CONFIG`, otherwise
 * `$XDG_CONFIG_HOME/skaha/config.yaml`, otherwise `~/.config/skaha/config.yaml`. For a user without
 * a home directory it is the empty device.
 *
 * @param environment - the variables; those of the process by default
 * @returns an absolute path; nothing needs to exist there
 * @throws {SkahaError} `config.invalid` if `SKAHA_CONFIG` holds JSON instead of a path
 * @example
 * ```ts
 * import { configurationPath } from 'skaha/config';
 *
 * console.log(`Settings are kept in ${configurationPath()}.`);
 * ```
 */
export function configurationPath(environment: Environment = process.env): string {
  const chosen = value(environment, 'SKAHA_CONFIG');
  if (chosen !== undefined) {
    // The Python client took a whole configuration as JSON here; read as a path it would make
    // a file with a secret for a name, so it must not be shown either.
    if (/^[{["]/.test(chosen) || chosen.includes('\n')) {
      throw new SkahaError(
        'config.invalid',
        'SKAHA_CONFIG must be the path of a configuration file, but contains JSON or other text.',
        {
          hint: 'Set SKAHA_CONFIG to a path, or unset it; for individual settings there are variables such as SKAHA_URL.',
        },
      );
    }
    return expandPath(chosen, environment);
  }
  const base = value(environment, 'XDG_CONFIG_HOME');
  // A relative value is to be ignored (XDG Base Directory Specification).
  if (base !== undefined && isAbsolute(base)) return join(base, 'skaha', 'config.yaml');
  const home = knownHome(environment);
  // Nothing is set then; an attempt to set something is refused.
  return home === undefined ? devNull : join(home, '.config', 'skaha', 'config.yaml');
}

/** Whether a path is the file that is always empty: the usual way to ask for no configuration. */
export const isNullDevice = (path: string): boolean => path === devNull;

/**
 * The directory that relative paths in a configuration file start from.
 *
 * @param configurationFile - its path
 */
export const baseOf = (configurationFile: string): string => dirname(configurationFile);
