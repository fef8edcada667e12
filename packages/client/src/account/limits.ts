import { entry } from '@skaha/base/names.js';
import { parseServerUrl } from '@skaha/base/server-url.js';
import { readEnvironment } from '../config/environment.js';
import type { Environment } from '../config/paths.js';
import type { Configuration, ServerLimits } from '../config/schema.js';
import type { ValidationIssue } from '../errors/index.js';
import type { ResourceRange, Resources } from '../models/resources.js';
import { selectPair } from '../runtime/selection.js';

/** Selects a server, as the options of a client do. */
export interface LimitsOptions {
  configuration: Configuration;
  /** Variables that may name a server. @defaultValue those of the process */
  environment?: Environment | undefined;
  url?: string | undefined;
  context?: string | undefined;
  server?: string | undefined;
  idp?: string | undefined;
}

/** A server in the configuration, and its saved limits. */
export interface SavedLimits {
  /** Name of the server. */
  server: string;
  /** Undefined if the server has not been asked yet. */
  limits: ServerLimits | undefined;
}

const ends = (options: readonly number[]) =>
  options.length === 0 ? undefined : { min: Math.min(...options), max: Math.max(...options) };

const flexible = ({ defaultRequest, defaultLimit }: ResourceRange) => ({
  min: defaultRequest,
  max: defaultLimit,
});

/**
 * Summarises what a platform offers, in the form that is saved with its server.
 *
 * @param resources - what the platform reported
 * @param now - the current time, in milliseconds since the Unix epoch
 * @example
 * ```ts
 * import { SkahaClient } from 'skaha';
 * import { limitsOf } from 'skaha/account';
 *
 * await using skaha = new SkahaClient();
 * const { fixed } = limitsOf(await skaha.context.resources(), Date.now());
 * console.log(fixed?.cores.max);
 * ```
 */
export function limitsOf(resources: Resources, now: number): ServerLimits {
  const { cores, memoryGiB, gpus, maxInteractiveSessions: sessions = 0 } = resources;
  const fixed = { cores: ends(cores.options), memory: ends(memoryGiB.options) };
  return {
    flexible: { cores: flexible(cores), memory: flexible(memoryGiB) },
    ...(fixed.cores && fixed.memory && { fixed: { cores: fixed.cores, memory: fixed.memory } }),
    gpus: ends(gpus.options) ?? { min: 0, max: 0 },
    ...(sessions >= 1 ? { sessions } : {}),
    read: new Date(now).toISOString(),
  };
}

/** The same order as for a client: what was said for one call, the variables, the active context. */
function serverMeant(options: LimitsOptions): string | undefined {
  const { configuration, environment, context, server, idp } = options;
  const settings = readEnvironment(environment);
  const isChosen = [context, server, idp].some((one) => one !== undefined);
  const url = options.url ?? (isChosen ? undefined : settings.url);
  if (url !== undefined) {
    const root = parseServerUrl(url)?.root;
    return Object.entries(configuration.servers).find(
      ([, known]) => known.url !== undefined && parseServerUrl(known.url)?.root === root,
    )?.[0];
  }
  const usual = context ?? settings.context ?? configuration.active ?? undefined;
  const pair = selectPair({ server, idp }, configuration, usual);
  const name = pair.context ?? usual;
  return name === undefined ? undefined : entry(pair.configuration.contexts, name)?.server;
}

/**
 * Reads the saved limits of a server from the configuration, without sending anything.
 *
 * @param options - the configuration, and which server
 * @returns undefined if the server is not in the configuration
 * @throws {SkahaError} `server.not_found`, `server.required`, `authentication.required`
 * @example
 * ```ts
 * import { savedLimits } from 'skaha/account';
 * import { loadConfiguration } from 'skaha/config';
 *
 * const { configuration } = await loadConfiguration();
 * console.log(savedLimits({ configuration })?.limits?.sessions);
 * ```
 */
export function savedLimits(options: LimitsOptions): SavedLimits | undefined {
  const server = serverMeant(options);
  const found = server === undefined ? undefined : entry(options.configuration.servers, server);
  return server === undefined || found === undefined ? undefined : { server, limits: found.limits };
}

/** An amount asked for, and the range it must be in. */
interface Amount {
  path: string;
  unit: string;
  value: number | undefined;
  range: { min: number; max: number } | undefined;
}

function issue({ path, unit, value, range }: Amount, server: string): ValidationIssue[] {
  if (value === undefined || range === undefined) return [];
  if (value >= range.min && value <= range.max) return [];
  const offer = range.max < 1 ? `no ${unit}` : `${range.min} to ${range.max} ${unit}`;
  const rest = range.max < 1 ? '' : `, not ${value}`;
  return [{ path, message: `The server '${server}' offers ${offer}${rest}.` }];
}

/**
 * Checks amounts against the saved limits of a server. The server may still refuse an amount within
 * these limits.
 *
 * @param kept - the server and its limits
 * @param amounts - as for `create`; memory in GiB
 * @returns every amount that is too large or too small
 * @example
 * ```ts
 * import { limitIssues } from 'skaha/account';
 *
 * const limits = { gpus: { min: 0, max: 0 } };
 * console.log(limitIssues({ server: 'lab', limits }, { gpus: 1 }).length); // 1
 * ```
 */
export function limitIssues(
  { server, limits }: SavedLimits,
  amounts: {
    cores?: number | undefined;
    memoryGiB?: number | undefined;
    gpus?: number | undefined;
  },
): ValidationIssue[] {
  const { cores, memoryGiB, gpus } = amounts;
  const { fixed } = limits ?? {};
  const all: Amount[] = [
    { path: 'cores', unit: 'cores', value: cores, range: fixed?.cores },
    { path: 'memoryGiB', unit: 'GiB of memory', value: memoryGiB, range: fixed?.memory },
    { path: 'gpus', unit: 'GPUs', value: gpus === 0 ? undefined : gpus, range: limits?.gpus },
  ];
  return all.flatMap((amount) => issue(amount, server));
}
