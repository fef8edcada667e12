import type { AnyOptionSpec } from '@skaha/terminal/command-shape.js';
import { colorChoices } from '@skaha/terminal/output/style.js';

/** How much is logged to standard error, quietest first. */
export const logLevels = ['critical', 'error', 'warning', 'info', 'debug'] as const;

/** One of {@link logLevels}. */
export type LogLevel = (typeof logLevels)[number];

/** What the options that every command takes say. */
export interface GlobalOptions {
  context?: string | undefined;
  server?: string | undefined;
  idp?: string | undefined;
  url?: string | undefined;
  certificate?: string | undefined;
  tokenFile?: string | undefined;
  ca?: string | undefined;
  config?: string | undefined;
  /** Time for one request. */
  timeoutMs?: number | undefined;
  /** How often a request that may be repeated is repeated. */
  retries?: number | undefined;
  color: string;
  /** Undefined when no flag says so; then the environment decides. */
  logLevel?: LogLevel | undefined;
  logFile?: string | undefined;
  /** Whether exit statuses 3 to 8 become 1. */
  simpleExit: boolean;
  noInput: boolean;
  noPager: boolean;
}

/** The options that every command takes, before or after its name. */
export const globalSpecs = {
  context: { type: 'string', value: 'NAME', help: 'use this context for this call only' },
  server: {
    type: 'string',
    value: 'NAME',
    help: 'use this saved server for this call only',
  },
  idp: {
    type: 'string',
    value: 'IDP',
    help: 'use the login of this identity provider for this call only',
  },
  url: { type: 'string', value: 'URL', help: 'use this server, for example https://host/skaha' },
  certificate: {
    type: 'string',
    value: 'FILE',
    help: 'authenticate with this certificate (PEM with its key)',
  },
  tokenFile: { type: 'string', value: 'FILE', help: 'authenticate with the token in this file' },
  ca: {
    type: 'string',
    value: 'FILE',
    help: "trust these certificate authorities (PEM) in addition to the system's",
  },
  config: { type: 'string', value: 'FILE', help: 'read this configuration file' },
  timeout: {
    type: 'duration',
    value: 'TIME',
    min: 1000,
    max: 300_000,
    help: 'longest time for one request (default 30s)',
  },
  retries: {
    type: 'integer',
    value: 'N',
    min: 0,
    max: 10,
    help: 'retry at most COUNT times after a temporary failure (default 3)',
  },
  color: {
    type: 'string',
    value: 'WHEN',
    choices: colorChoices,
    default: 'auto',
    help: 'colour the output',
  },
  logLevel: {
    type: 'string',
    value: 'LEVEL',
    choices: logLevels,
    help: 'log messages of this level and above to standard error',
  },
  logFile: { type: 'string', value: 'FILE', help: 'also log to this file, as JSON lines' },
  verbose: { type: 'boolean', short: 'v', help: 'log more; up to four times' },
  debug: { type: 'boolean', help: 'log everything, and show the origin of an error' },
  noInput: { type: 'boolean', help: 'never ask; fail and say which option is needed' },
  noPager: { type: 'boolean', help: 'print long output without a pager' },
  exitCode: {
    type: 'string',
    value: 'KIND',
    choices: ['full', 'simple'],
    default: 'full',
    help: 'use every exit status, or use 1 in place of 3 to 8',
  },
} as const satisfies Readonly<Record<string, AnyOptionSpec>>;

const text = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;

/**
 * Reads the common options from what the parser collected.
 *
 * @param values - by key of {@link globalSpecs}
 * @param verbosity - how often `-v` was given
 */
export function readGlobals(
  values: Readonly<Record<string, unknown>>,
  verbosity: number,
): GlobalOptions {
  const named = logLevels.find((level) => level === values['logLevel']);
  const counted = verbosity > 0 ? logLevels[Math.min(verbosity, logLevels.length - 1)] : undefined;
  return {
    context: text(values['context']),
    server: text(values['server']),
    idp: text(values['idp']),
    url: text(values['url']),
    certificate: text(values['certificate']),
    tokenFile: text(values['tokenFile']),
    ca: text(values['ca']),
    config: text(values['config']),
    timeoutMs: typeof values['timeout'] === 'number' ? values['timeout'] : undefined,
    retries: typeof values['retries'] === 'number' ? values['retries'] : undefined,
    color: text(values['color']) ?? 'auto',
    logLevel: values['debug'] === true ? 'debug' : (named ?? counted),
    logFile: text(values['logFile']),
    noInput: values['noInput'] === true,
    noPager: values['noPager'] === true,
    simpleExit: values['exitCode'] === 'simple',
  };
}
