import { type AddressRules, addressProblem } from '@skaha/base/addresses.js';
import { type Clock, systemClock } from '@skaha/base/clock.js';
import { firstLine, safeUrl } from '@skaha/base/redact.js';
import { Semaphore } from '@skaha/base/semaphore.js';
import type { Transport } from '../transport/types.js';
import { type DiscoveryTools, fetchAnonymously } from './anonymous.js';
import { fetchCapabilities } from './capabilities.js';
import { isDevelopment, isOmitted, serverName } from './names.js';
import type { IdentityProvider } from './providers.js';
import { askRegistries, type RegistryListing, type RegistryReport } from './registries.js';
import { type Endpoint, platformEndpoints, storageEndpoints } from './registry-document.js';

/** A Science Platform that is up, and how to use it. */
export interface DiscoveredServer {
  /** Short name, unique within one discovery. */
  name: string;
  /** Identifier in the registry. */
  uri: string;
  /** Application root, without version or trailing slash. */
  url: string;
  /** For example `v1`. */
  version: string;
  /** Kinds of credential that it accepts: `x509`, `oidc` and others. */
  auths: readonly string[];
  /** Key of the identity provider it was found through. */
  provider: string;
  /** How long its first answer took, in milliseconds. */
  latencyMs: number;
  /** Its storage services by name; absent if the registry lists none. */
  storage?: Readonly<Record<string, Endpoint>> | undefined;
}

/** An entry of a registry that was not taken. */
export interface SkippedServer {
  /** Undefined if none can be made. */
  name: string | undefined;
  uri: string;
  /** Without user information, query or fragment. */
  url: string;
  reason: string;
}

/** What a discovery found. */
export interface Discovery {
  /** By name, ignoring case. */
  servers: readonly DiscoveredServer[];
  skipped: readonly SkippedServer[];
  registries: readonly RegistryReport[];
}

/** What a discovery needs. */
export interface DiscoverOptions {
  provider: IdentityProvider;
  /** Sends the requests; must not prove who the user is. */
  transport: Transport;
  /** Include development registries and servers. @default false */
  dev?: boolean | undefined;
  /** Time limit for one request, in milliseconds. @default 10_000 */
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
  clock?: Clock | undefined;
}

/** Servers asked at the same time. */
const parallel = 8;
/** No federation is larger; a registry that claims so is broken or hostile. */
const maximumServers = 256;

type Candidate = Endpoint & {
  name: string;
  storage: Readonly<Record<string, Endpoint>>;
};

/** The storage services of a platform that may be asked. */
function storageOf(
  listing: RegistryListing,
  platform: string,
  rules: AddressRules,
): Record<string, Endpoint> {
  const all = Object.entries(storageEndpoints(listing.entries, platform));
  return Object.fromEntries(all.filter(([, { url }]) => addressProblem(url, rules) === undefined));
}

function skip(endpoint: Endpoint, reason: string): SkippedServer {
  const { uri, url } = endpoint;
  return { name: serverName(uri), uri: firstLine(uri), url: safeUrl(url), reason };
}

/** Why a server is excluded by its entry in a registry alone. */
function whyExcluded(
  endpoint: Endpoint,
  registry: string,
  options: DiscoverOptions,
): string | undefined {
  if (isOmitted(registry, endpoint.uri)) return 'is listed for another federation';
  if (options.dev !== true && (isDevelopment(endpoint.uri) || isDevelopment(endpoint.url))) {
    return 'is a development server';
  }
  if (serverName(endpoint.uri) === undefined)
    return 'has an identifier from which no name can be made';
  const problem = addressProblem(endpoint.url, options.provider);
  return problem === undefined ? undefined : `its address ${problem}`;
}

function chooseCandidates(listings: readonly RegistryListing[], options: DiscoverOptions) {
  const candidates: Candidate[] = [];
  const skipped: SkippedServer[] = [];
  const seen = new Set<string>();
  for (const listing of listings) {
    const { source, entries } = listing;
    for (const endpoint of platformEndpoints(entries)) {
      const key = `${endpoint.uri} ${endpoint.url}`;
      if (seen.has(key)) continue;
      seen.add(key);
      const reason =
        candidates.length >= maximumServers
          ? `comes after the first ${maximumServers}`
          : whyExcluded(endpoint, source.name, options);
      const name = serverName(endpoint.uri);
      if (reason !== undefined || name === undefined) skipped.push(skip(endpoint, reason ?? ''));
      else {
        const storage = storageOf(listing, endpoint.uri, options.provider);
        candidates.push({ ...endpoint, name, storage });
      }
    }
  }
  return { candidates, skipped };
}

const isAlive = (status: number): boolean =>
  (status >= 200 && status < 400) || status === 401 || status === 403;

/** Not every server answers HEAD, so GET has the last word. */
async function checkAlive(url: string, tools: DiscoveryTools): Promise<string | undefined> {
  const head = await fetchAnonymously('HEAD', url, tools);
  if (isAlive(head.status)) return undefined;
  const { status } = await fetchAnonymously('GET', url, tools);
  return isAlive(status) ? undefined : `answered with HTTP ${status}`;
}

async function examine(
  candidate: Candidate,
  provider: string,
  tools: DiscoveryTools,
  clock: Clock,
): Promise<DiscoveredServer | SkippedServer> {
  try {
    const started = clock.now();
    const dead = await checkAlive(candidate.url, tools);
    const latencyMs = clock.now() - started;
    if (dead !== undefined) return skip(candidate, dead);
    const { name, uri, storage } = candidate;
    const found = await fetchCapabilities(candidate.url, tools);
    const beside = Object.keys(storage).length === 0 ? {} : { storage };
    return { name, uri, provider, latencyMs, ...found, ...beside };
  } catch (error) {
    tools.signal?.throwIfAborted();
    return skip(candidate, error instanceof Error ? error.message : 'failed');
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const inOrder = (a: DiscoveredServer, b: DiscoveredServer): number =>
  compare(a.name.toLowerCase(), b.name.toLowerCase()) ||
  compare(a.uri, b.uri) ||
  compare(a.url, b.url);

/** Of two servers with one name the later one in order is taken. */
function withoutDoubles(found: readonly DiscoveredServer[], skipped: SkippedServer[]) {
  const byName = new Map<string, DiscoveredServer>();
  for (const server of [...found].sort(inOrder)) {
    const key = server.name.toLowerCase();
    const former = byName.get(key);
    if (former !== undefined) skipped.push(skip(former, 'has the same name as another server'));
    byName.set(key, server);
  }
  return [...byName.values()];
}

/**
 * Finds the Science Platforms of an identity provider: asks its registries, checks which of the
 * listed servers are up, and reads their capabilities. Nothing is sent that identifies the user,
 * nothing is saved, and what is not taken is reported with its reason.
 *
 * @param options - provider, transport, bounds and signal
 * @returns servers that can be used, entries that were skipped, registries with their outcome
 * @throws {SkahaError} `server.discovery_failed` if no registry answers; the signal's reason on
 *   abort
 */
export async function discover(options: DiscoverOptions): Promise<Discovery> {
  const { provider, transport, signal, timeoutMs = 10_000, dev = false } = options;
  const { clock = systemClock } = options;
  const { development } = provider;
  const tools: DiscoveryTools = { transport, timeoutMs, development, signal };
  const { listings, reports } = await askRegistries(provider, tools, dev);
  const { candidates, skipped } = chooseCandidates(listings, options);
  const places = new Semaphore(parallel);
  const never = new AbortController();
  const examined = await Promise.all(
    candidates.map((candidate) =>
      places.run(signal ?? never.signal, () => examine(candidate, provider.key, tools, clock)),
    ),
  );
  const found: DiscoveredServer[] = [];
  for (const outcome of examined) {
    if ('auths' in outcome) found.push(outcome);
    else skipped.push(outcome);
  }
  return { servers: withoutDoubles(found, skipped), skipped, registries: reports };
}
