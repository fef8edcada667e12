import { type Clock, systemClock } from '@skaha/base/clock.js';
import { type Logger, silentLogger } from '@skaha/base/logger.js';
import { type SkahaError, ValidationError, type ValidationIssue } from '../errors/index.js';
import type { ConnectionOptions } from '../runtime/types.js';
import { numberVariable, type ReadVariable } from '../utils/variables.js';

/** Options of every call. */
export interface CallOptions {
  /** Cancels the request, its retries and every wait between them. */
  signal?: AbortSignal | undefined;
  /**
   * Time limit for a reply to begin, including connecting, and for each pause in its body, in
   * milliseconds, 1 to 300,000.
   * @defaultValue the client's `timeoutMs`
   */
  timeoutMs?: number | undefined;
}

/** A pause before a retry. */
export interface RetryNotice {
  /** The error of the last attempt. */
  error: SkahaError;
  /** Time until the next attempt, in milliseconds. */
  pauseMs: number;
  /** Number of attempts that have failed in a row. */
  attempt: number;
}

/** Options of a client. Every option has a default. */
export interface SkahaClientOptions extends ConnectionOptions {
  /**
   * Time limit for a reply to begin, including connecting, and for each pause in its body, in
   * milliseconds, 1 to 300,000.
   * @defaultValue 30000, or `SKAHA_TIMEOUT` (in seconds)
   */
  timeoutMs?: number | undefined;
  /**
   * Number of requests in progress at a time, 1 to 128. Where the platform offers it, one request of a
   * batch launches many sessions.
   * @defaultValue 32, or `SKAHA_CONCURRENCY`
   */
  concurrency?: number | undefined;
  /**
   * How often a call that changes nothing is retried after a temporary failure, 0 to 10.
   * @defaultValue 3
   */
  retries?: number | undefined;
  /** Cancels every call of this client. */
  signal?: AbortSignal | undefined;
  /** Sends the requests instead of the built-in transport. */
  fetch?: typeof fetch | undefined;
  /** Receives log messages from the client. @defaultValue none */
  logger?: Logger | undefined;
  /**
   * Called before each pause after a temporary failure.
   * @defaultValue none
   */
  onRetry?: ((notice: RetryNotice) => void) | undefined;
  /** The source of time; for tests. */
  clock?: Clock | undefined;
  /** The source of randomness, a number from 0 up to 1; for tests. */
  random?: (() => number) | undefined;
}

/** The options of a client with every default filled in. */
export interface ClientSettings {
  connection: ConnectionOptions;
  timeoutMs: number;
  concurrency: number;
  retries: number;
  signal: AbortSignal | undefined;
  fetch: typeof fetch | undefined;
  logger: Logger;
  onRetry: ((notice: RetryNotice) => void) | undefined;
  clock: Clock;
  random: () => number;
}

const known = new Set([
  'url',
  'token',
  'certificate',
  'context',
  'server',
  'idp',
  'config',
  'ca',
  'proxy',
  'anonymous',
  'timeoutMs',
  'concurrency',
  'retries',
  'signal',
  'fetch',
  'logger',
  'onRetry',
  'clock',
  'random',
]);

/** The bounds of every timeout of one attempt, in milliseconds. */
export const timeoutBounds = { minimum: 1, maximum: 300_000 };

/**
 * Checks the options of a client and fills in the defaults.
 *
 * @param options - as the caller gave them; never changed
 * @param variable - reads an environment variable
 * @throws {ValidationError} listing everything that is wrong
 */
export function resolveSettings(
  options: SkahaClientOptions,
  variable: ReadVariable,
): ClientSettings {
  const issues: ValidationIssue[] = [];
  for (const name of Object.keys(options)) {
    if (!known.has(name)) issues.push({ path: name, message: `There is no option ${name}.` });
  }
  issues.push(...proxyIssues(options));
  const integer = (path: string, value: number | undefined, fallback: number, bounds: Bounds) => {
    const chosen = value ?? fallback;
    const issue = integerIssue(path, chosen, bounds);
    if (issue !== undefined) issues.push(issue);
    return chosen;
  };
  const fromVariable = (suffix: 'CONCURRENCY' | 'TIMEOUT', given: number | undefined) => {
    const found = given === undefined ? numberVariable(variable, suffix) : undefined;
    if (found?.problem !== undefined) issues.push({ path: found.name, message: found.problem });
    return found?.value;
  };
  const seconds = fromVariable('TIMEOUT', options.timeoutMs);
  const { url, token, certificate, context, server, idp, config, ca, proxy, anonymous } = options;
  const settings: ClientSettings = {
    connection: { url, token, certificate, context, server, idp, config, ca, proxy, anonymous },
    timeoutMs: integer(
      'timeoutMs',
      options.timeoutMs ?? (seconds === undefined ? undefined : seconds * 1000),
      30_000,
      timeoutBounds,
    ),
    concurrency: integer(
      'concurrency',
      options.concurrency ?? fromVariable('CONCURRENCY', options.concurrency),
      32,
      { minimum: 1, maximum: 128 },
    ),
    retries: integer('retries', options.retries, 3, { minimum: 0, maximum: 10 }),
    signal: options.signal,
    fetch: options.fetch,
    logger: options.logger ?? silentLogger,
    onRetry: options.onRetry,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  };
  throwIssues(issues);
  return settings;
}

function proxyIssues({ proxy, fetch }: SkahaClientOptions): ValidationIssue[] {
  const issue = (message: string) => [{ path: 'proxy', message }];
  if (proxy === undefined || proxy === false) return [];
  if (typeof proxy !== 'string')
    return issue('The option proxy must be an address, or false for no proxy.');
  return fetch === undefined ? [] : issue('A proxy cannot be used together with your own fetch.');
}

/** Inclusive bounds of a number. */
export interface Bounds {
  minimum: number;
  maximum: number;
}

/**
 * What is wrong with a number that must be an integer within bounds.
 *
 * @param path - name of the option
 * @param value - what the caller gave; nothing is wrong with an option that was left out
 * @param bounds - inclusive
 */
export function integerIssue(
  path: string,
  value: number | undefined,
  { minimum, maximum }: Bounds,
): ValidationIssue | undefined {
  if (value === undefined) return undefined;
  if (Number.isInteger(value) && value >= minimum && value <= maximum) return undefined;
  return {
    path,
    message: `${path} must be a whole number from ${minimum} to ${maximum}, not ${value}.`,
  };
}

/**
 * Throws one error for all that is wrong, if anything is.
 *
 * @param issues - in the order of the options; undefined where nothing is wrong
 * @throws {ValidationError} if there is at least one
 */
export function throwIssues(issues: readonly (ValidationIssue | undefined)[]): void {
  const [first, ...rest] = issues.filter((issue) => issue !== undefined);
  if (first !== undefined) throw new ValidationError([first, ...rest]);
}
