import { entry } from '@skaha/base/names.js';
import { identityProviders } from '../discovery/index.js';
import { type AccountOptions, withTools } from './tools.js';

/** An identity provider, for a list. */
export interface ProviderSummary {
  /** What users type, for example `cadc`. */
  key: string;
  name: string;
  /** The kind of login: a certificate or OIDC. */
  mode: 'x509' | 'oidc';
  /** Names of the registries that list its servers. */
  registries: readonly string[];
  /** False for those in the configuration file. */
  builtIn: boolean;
  /** Whether a login is saved for it. */
  saved: boolean;
}

/**
 * Lists the identity providers: the built-in ones and those under `providers` in the
 * configuration file.
 *
 * @param options - where the configuration is
 * @throws {SkahaError} `config.invalid`
 * @example
 * ```ts
 * import { listProviders } from 'skaha/account';
 *
 * for (const { key, name } of await listProviders()) console.log(key, name);
 * ```
 */
export function listProviders(options: AccountOptions = {}): Promise<ProviderSummary[]> {
  return withTools(options, async (tools) => {
    const configuration = await tools.load();
    return identityProviders(configuration).map(({ key, name, mode, registries, builtIn }) => ({
      key,
      name,
      mode,
      registries: registries.map((registry) => registry.name),
      builtIn,
      saved: entry(configuration.credentials, key) !== undefined,
    }));
  });
}
