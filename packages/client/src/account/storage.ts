import { entry } from '@skaha/base/names.js';
import type { ServerEntry } from '../config/schema.js';
import {
  addressProblem,
  askRegistries,
  identityProvider,
  storageEndpoints,
} from '../discovery/index.js';
import { isSkahaError } from '../errors/index.js';
import { type AccountOptions, withTools } from './tools.js';

/** Selects the server whose storage services to find. */
export interface FindStorageOptions extends AccountOptions {
  /** Name of a server in the configuration. */
  server: string;
}

/**
 * Finds the storage services of a server through the registries of its identity provider, and saves
 * them with the server. It sends nothing that identifies the user, and leaves a service that the
 * user added unchanged.
 *
 * @param options - which server
 * @returns its storage services by name, including those that were already known
 * @throws {SkahaError} `config.invalid`, `config.unwritable`; registries that do not answer give
 *   nothing
 * @example
 * ```ts
 * import { findStorage } from 'skaha/account';
 *
 * for (const [name, { url }] of Object.entries(await findStorage({ server: 'canfar' })))
 *   console.log(name, url);
 * ```
 */
export function findStorage(
  options: FindStorageOptions,
): Promise<NonNullable<ServerEntry['storage']>> {
  return withTools(options, async (tools) => {
    const configuration = await tools.load();
    const server = entry(configuration.servers, options.server);
    const known = server?.storage ?? {};
    if (server?.uri === undefined || server.provider === undefined) return known;
    const provider = identityProvider(server.provider, configuration);
    const found: NonNullable<ServerEntry['storage']> = {};
    try {
      const listings = await askRegistries(provider, await tools.forProvider(provider), false);
      for (const { entries } of listings.listings) {
        for (const [name, one] of Object.entries(storageEndpoints(entries, server.uri))) {
          if (addressProblem(one.url, provider) === undefined) found[name] ??= { ...one };
        }
      }
    } catch (error) {
      if (!isSkahaError(error, 'server.discovery_failed')) throw error;
    }
    const all = { ...found, ...known };
    if (Object.keys(all).length === Object.keys(known).length) return known;
    await tools.update((draft) => {
      const saved = entry(draft.servers, options.server);
      if (saved !== undefined) saved.storage = { ...all, ...saved.storage };
    });
    return all;
  });
}
