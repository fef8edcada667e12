import { entry, isName } from '@skaha/base/names.js';
import type { Configuration } from '../config/schema.js';
import type { DiscoveredServer } from './discover.js';
import { isWellKnown } from './names.js';
import type { IdentityProvider } from './providers.js';

/** The part of an identity provider that matters for the servers found through it. */
export type Finder = Partial<Pick<IdentityProvider, 'ca' | 'builtIn'>>;

/** What is kept of a server that was found. */
export type FoundServer = Omit<DiscoveredServer, 'latencyMs'>;

/** A server that is known by its address, under a name of the user's own. */
function known(draft: Configuration, { url, uri, provider }: FoundServer): string | undefined {
  return Object.entries(draft.servers).find(
    ([, other]) =>
      other.url === url && (other.uri ?? uri) === uri && (other.provider ?? provider) === provider,
  )?.[0];
}

/** The name a found server gets among those that are known. */
function place(draft: Configuration, server: FoundServer, finder: Finder): string | undefined {
  const byAddress = known(draft, server);
  if (byAddress !== undefined) return byAddress;
  // A stand-in may use the identifier of a real server; the name stays with that one.
  const borrowed = finder.builtIn === false && isWellKnown(server.uri);
  const name = borrowed ? server.provider : server.name;
  const named = entry(draft.servers, name);
  const ours =
    named === undefined ||
    named.provider === server.provider ||
    (named.provider === undefined && (named.uri === server.uri || named.url === server.url));
  if (ours) return name;
  const other = `${name}-${server.provider}`;
  const taken = entry(draft.servers, other);
  const free = taken === undefined || taken.provider === server.provider;
  return free && isName(other) ? other : undefined;
}

/**
 * Puts found servers into a configuration. Who found a name first keeps it: a server of another
 * identity provider, or one that the user added, is not replaced, and the newcomer is called
 * `<name>-<provider>`. Servers that were not found again stay.
 *
 * @param draft - changed in place; only what was found out is overwritten
 * @param servers - as from a discovery
 * @param finder - through which they were found; its own authorities are good for its servers too
 * @returns the names under which they are now known, in the same order
 */
export function mergeServers(
  draft: Configuration,
  servers: readonly FoundServer[],
  finder: Finder = {},
): string[] {
  const names: string[] = [];
  for (const server of servers) {
    const name = place(draft, server, finder);
    if (name === undefined) continue;
    const { uri, url, version, auths, provider, storage } = server;
    const former = entry(draft.servers, name);
    draft.servers[name] = {
      ca: finder.ca,
      ...former,
      uri,
      url,
      version,
      auths: [...auths],
      provider,
      // A storage service that the user named stays as it is.
      storage: storage === undefined ? former?.storage : { ...storage, ...former?.storage },
    };
    names.push(name);
  }
  return names;
}
