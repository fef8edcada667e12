import { SkahaError } from '../errors/index.js';
import { type DiscoveryTools, fetchDocument } from './anonymous.js';
import type { IdentityProvider, RegistrySource } from './providers.js';
import { parseRegistry, type RegistryEntry } from './registry-document.js';

/** A registry that was asked. */
export interface RegistryReport {
  name: string;
  url: string;
  /** Why it gave nothing; undefined if it answered. */
  reason: string | undefined;
}

/** What one registry lists. */
export interface RegistryListing {
  source: RegistrySource;
  entries: readonly RegistryEntry[];
}

const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : 'unknown reason';

/**
 * Queries all registries of an identity provider at the same time.
 *
 * @param provider - whose registries
 * @param tools - transport, rules and bounds
 * @param dev - ask those for development too
 * @returns what those that answered list, and how each fared
 * @throws {SkahaError} `server.discovery_failed` if none answered; the signal's reason on abort
 */
export async function askRegistries(
  provider: IdentityProvider,
  tools: DiscoveryTools,
  dev: boolean,
): Promise<{ listings: RegistryListing[]; reports: RegistryReport[] }> {
  const sources = provider.registries.filter(({ development }) => dev || !development);
  const listings: RegistryListing[] = [];
  const reports = await Promise.all(
    sources.map(async (source): Promise<RegistryReport> => {
      const { name, url } = source;
      try {
        const text = await fetchDocument(url, tools, 'text/plain');
        listings.push({ source, entries: parseRegistry(text) });
        return { name, url, reason: undefined };
      } catch (error) {
        tools.signal?.throwIfAborted();
        return { name, url, reason: reasonOf(error) };
      }
    }),
  );
  if (listings.length === 0) {
    const reasons = reports.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
    throw new SkahaError(
      'server.discovery_failed',
      `No server of '${provider.key}' could be looked up: ${reasons || 'it has no registry'}`,
      { hint: 'Check the network and try again.', retryable: true },
    );
  }
  // In the order of the provider's list, whichever answered first.
  listings.sort((a, b) => sources.indexOf(a.source) - sources.indexOf(b.source));
  return { listings, reports };
}
