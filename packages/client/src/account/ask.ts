import {
  fetchCapabilities,
  type IdentityProvider,
  askRegistries as listRegistries,
  type RegistryReport,
  type ServerCapabilities,
} from '../discovery/index.js';
import { type AccountOptions, withTools } from './tools.js';

/** How to contact a server that has not been verified yet. */
export interface AskServerOptions extends AccountOptions {
  /** Path of a PEM file with authorities of this server, from its entry in the configuration. */
  entryCa?: string | undefined;
}

/**
 * Asks a server for its capabilities and the logins it accepts, without sending a credential. The
 * user typed its address, so it may be on a private network.
 *
 * @param url - of the server, without version
 * @param options - time limit in milliseconds, authorities, signal
 * @throws {SkahaError} `response.invalid`, `server.error`, `transport.failure`,
 *   `transport.timeout`, `config.invalid` for authorities that cannot be read
 * @example
 * ```ts
 * import { askServer } from 'skaha/account';
 *
 * const { version, auths } = await askServer('https://ws-uv.canfar.net/skaha');
 * console.log(version, [...auths]);
 * ```
 */
export const askServer = (
  url: string,
  { entryCa, ...options }: AskServerOptions = {},
): Promise<ServerCapabilities> =>
  withTools(options, async (tools) =>
    fetchCapabilities(url, {
      transport: await tools.transport(entryCa, true),
      timeoutMs: tools.timeoutMs,
      signal: tools.signal,
      development: true,
    }),
  );

/**
 * Asks whether the registries of an identity provider answer.
 *
 * @param provider - as from {@link identityProviders}
 * @param options - time limit in milliseconds, signal
 * @returns the result for each registry; `reason` is undefined for those that answered
 * @throws {SkahaError} `server.discovery_failed` if none answered
 * @example
 * ```ts
 * import { askRegistries, identityProvider } from 'skaha/account';
 *
 * const reports = await askRegistries(identityProvider('cadc', {}));
 * console.log(reports.filter(({ reason }) => reason !== undefined));
 * ```
 */
export const askRegistries = (
  provider: IdentityProvider,
  options: AccountOptions = {},
): Promise<RegistryReport[]> =>
  withTools(options, async (tools) => {
    const { reports } = await listRegistries(provider, await tools.forProvider(provider), false);
    return reports;
  });
