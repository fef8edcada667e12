import type { LogLevel as LibraryLevel } from '@skaha/base/logger.js';
import { duration, flag, integer, type OptionValues, text } from '@skaha/terminal/declare.js';
import { colorChoices } from '@skaha/terminal/output/style.js';

/** The levels of the command, quietest first, and the least level of the library that each shows. */
export const leastLevels = {
  critical: undefined,
  error: 'error',
  warning: 'warn',
  info: 'info',
  debug: 'debug',
} as const satisfies Readonly<Record<string, LibraryLevel | undefined>>;

export type LogLevel = keyof typeof leastLevels;

/** The level by how often `-v` was given; without it warnings are shown, so that it never shows less. */
const countedLevels = [undefined, 'info', 'debug'] as const;

export const logLevels = Object.keys(leastLevels) as readonly LogLevel[];

/** The options that every command takes, before or after its name. */
export const globalSpecs = {
  context: text('NAME', 'use this context for this call only'),
  server: text('NAME', 'use this saved server for this call only'),
  idp: text('IDP', 'use the login of this identity provider for this call only'),
  url: text('URL', 'use this server, for example https://host/skaha'),
  certificate: text('FILE', 'authenticate with this certificate (PEM with its key)'),
  tokenFile: text('FILE', 'authenticate with the token in this file'),
  ca: text('FILE', "trust these certificate authorities (PEM) in addition to the system's"),
  config: text('FILE', 'read this configuration file'),
  timeout: duration([1000, 300_000], 'longest time for one request (default 30s)'),
  retries: integer(
    'COUNT',
    [0, 10],
    'retry at most COUNT times after a temporary failure (default 3)',
  ),
  color: text('WHEN', 'colour the output', { choices: colorChoices, default: 'auto' }),
  logLevel: text('LEVEL', 'log messages of this level and above to standard error', {
    choices: logLevels,
  }),
  logFile: text('FILE', 'also log to this file, as JSON lines'),
  verbose: flag('log retries as well as warnings; twice, log everything', { short: 'v' }),
  debug: flag('log everything, and show the origin of an error'),
  noInput: flag('never ask; fail and name the option that is needed'),
  noPager: flag('print long output without a pager'),
  exitCode: text('KIND', 'use all exit codes, or 1 instead of 3 to 8', {
    choices: ['full', 'simple'],
    default: 'full',
  }),
};

type Read = OptionValues<typeof globalSpecs>;

/** What the options that every command takes say. */
export interface GlobalOptions
  extends Omit<Read, 'debug' | 'exitCode' | 'logLevel' | 'timeout' | 'verbose'> {
  /** Time for one request. */
  timeoutMs?: number | undefined;
  /** Undefined when no flag says so; then the environment decides. */
  logLevel?: LogLevel | undefined;
  /** Whether exit statuses 3 to 8 become 1. */
  simpleExit: boolean;
}

/**
 * Reads the common options from what the parser collected.
 *
 * @param values - by key of {@link globalSpecs}; a command's own options of these names are left out
 * @param verbosity - how often `-v` was given
 */
export function readGlobals(values: Partial<Read>, verbosity: number): GlobalOptions {
  const { timeout, debug, logLevel, exitCode, verbose: _, ...rest } = values;
  const counted = countedLevels[Math.min(verbosity, countedLevels.length - 1)];
  return {
    color: 'auto',
    noInput: false,
    noPager: false,
    ...rest,
    timeoutMs: timeout,
    logLevel: debug === true ? 'debug' : (logLevel ?? counted),
    simpleExit: exitCode === 'simple',
  };
}
