import { entry } from '@skaha/base/names.js';
import type { Configuration } from '../config/schema.js';
import {
  type Discovery,
  discover,
  type IdentityProvider,
  identityProvider,
  mergeServers,
} from '../discovery/index.js';
import { SkahaError } from '../errors/index.js';
import { type AccountOptions, type AccountTools, withTools } from './tools.js';

/** A saved server, for a list. */
export interface ServerSummary {
  name: string;
  /** IVOA identifier in the registry; undefined for a server that the user added. */
  uri: string | undefined;
  url: string | undefined;
  /** API version, for example `v1`. */
  version: string | undefined;
  /** Kinds of credential that it accepts: `x509`, `oidc` and others. */
  auths: readonly string[];
  /** Key of the identity provider it was found through; undefined if the user added it. */
  provider: string | undefined;
  /** Whether the active context uses it. */
  active: boolean;
  /** How long it just took to answer, in milliseconds; undefined if it was not asked. */
  latencyMs?: number | undefined;
}

/** Options of a discovery. */
export interface DiscoverServersOptions extends AccountOptions {
  /** Key of the identity provider whose servers to look for. */
  provider: string;
  /** Include development registries and servers. @default false */
  dev?: boolean | undefined;
  /** Whether to save the servers in the configuration. @default true */
  save?: boolean | undefined;
}

/** The servers that were found, with their names in the configuration. */
export interface DiscoveredServers extends Omit<Discovery, 'servers'> {
  servers: readonly ServerSummary[];
}

/** Which servers to list. */
export interface ListServersOptions extends AccountOptions {
  /** Only those of one identity provider. */
  provider?: string | undefined;
}

/** The pair that is in use, if there is one. */
export const activeContext = ({ active, contexts }: Configuration) =>
  typeof active === 'string' ? entry(contexts, active) : undefined;

/**
 * Describes a server of the configuration.
 *
 * @param configuration - where it is
 * @param name - of a server that exists
 */
export function serverSummary(configuration: Configuration, name: string): ServerSummary {
  const server = entry(configuration.servers, name);
  return {
    name,
    uri: server?.uri,
    url: server?.url,
    version: server?.version,
    auths: server?.auths ?? [],
    provider: server?.provider,
    active: activeContext(configuration)?.server === name,
  };
}

/**
 * Discovers the servers of a provider and puts them into a configuration.
 *
 * @param provider - whose servers
 * @param tools - of the call
 * @param options - development servers too, and whether to save
 */
export async function refreshServers(
  provider: IdentityProvider,
  tools: AccountTools,
  options: { dev?: boolean | undefined; save?: boolean | undefined },
): Promise<DiscoveredServers & { configuration: Configuration }> {
  const { transport, timeoutMs, signal } = await tools.forProvider(provider);
  const { servers, ...rest } = await discover({
    provider,
    transport,
    timeoutMs,
    signal,
    dev: options.dev,
    clock: tools.clock,
  });
  let names: string[] = [];
  const merge = (draft: Configuration) => {
    names = mergeServers(draft, servers, provider);
  };
  let configuration = await tools.load();
  if (options.save === false) merge(configuration);
  else if (servers.length > 0) configuration = await tools.update(merge);
  const found = names.map((name) => {
    const summary = serverSummary(configuration, name);
    // By address, as a server for which no name was left is not among them.
    return { ...summary, latencyMs: servers.find(({ url }) => url === summary.url)?.latencyMs };
  });
  return { servers: found, configuration, ...rest };
}

/**
 * Finds the servers of an identity provider through its registries, and saves them. It sends
 * nothing that identifies the user. It never replaces a server that the user added, or one of
 * another provider: the new server is then called `<name>-<provider>`.
 *
 * @param options - provider, and whether to save
 * @returns the servers that are up, which were skipped and why, and the result of each registry
 * @throws {SkahaError} `server.discovery_failed` if no registry answers, `authentication.required`
 *   for an unknown provider, `config.invalid`, `config.unwritable`
 * @example
 * ```ts
 * import { discoverServers } from 'skaha/account';
 *
 * const { servers, skipped } = await discoverServers({ provider: 'cadc', save: false });
 * for (const { name, url } of servers) console.log(name, url);
 * for (const { url, reason } of skipped) console.warn(url, reason);
 * ```
 */
export function discoverServers(options: DiscoverServersOptions): Promise<DiscoveredServers> {
  return withTools(options, async (tools) => {
    const provider = identityProvider(options.provider, await tools.load());
    const { configuration: _configuration, ...found } = await refreshServers(
      provider,
      tools,
      options,
    );
    return found;
  });
}

/**
 * Saves servers that were found by {@link discoverServers} with `save: false`, under their names.
 *
 * @param servers - what was found
 * @param options - the provider they were found through
 * @throws {SkahaError} `config.invalid`, `config.unwritable`
 * @example
 * ```ts
 * import { discoverServers, saveServers } from 'skaha/account';
 *
 * const { servers } = await discoverServers({ provider: 'cadc', save: false });
 * await saveServers(servers.filter(({ version }) => version === 'v1'), { provider: 'cadc' });
 * ```
 */
export function saveServers(
  servers: readonly ServerSummary[],
  options: AccountOptions & { provider: string },
): Promise<void> {
  const complete = servers.flatMap(({ name, uri, url, version, auths }) =>
    uri === undefined || url === undefined || version === undefined
      ? []
      : [{ name, uri, url, version, auths, provider: options.provider }],
  );
  return withTools(options, async (tools) => {
    await tools.update((draft) => {
      mergeServers(draft, complete, identityProvider(options.provider, draft));
    });
  });
}

/**
 * Lists the servers in the configuration file, sorted by name, without sending anything.
 *
 * @param options - of which provider
 * @throws {SkahaError} `config.invalid`
 */
export function listServers(options: ListServersOptions = {}): Promise<ServerSummary[]> {
  return withTools(options, async (tools) => {
    const configuration = await tools.load();
    return Object.keys(configuration.servers)
      .map((name) => serverSummary(configuration, name))
      .filter(({ provider }) => options.provider === undefined || provider === options.provider)
      .sort((a, b) => a.name.localeCompare(b.name, 'en', { sensitivity: 'base' }));
  });
}

/**
 * Makes the error for a provider whose registries list nothing that can be used.
 *
 * @param provider - its key
 * @param skipped - what was listed all the same
 */
export function noServers(provider: string, { skipped }: Pick<Discovery, 'skipped'>): SkahaError {
  const [first] = skipped;
  const example =
    first === undefined
      ? ''
      : ` ${skipped.length} were skipped, for example ${first.url}: ${first.reason}`;
  return new SkahaError(
    'server.none_available',
    `No server of '${provider}' can be used at the moment.${example}`,
    { hint: "Try again later, or add one yourself: 'skaha context add'", id: provider },
  );
}
