import { readAuthorities } from '../auth/certificate.js';
import { oidcTokenSource } from '../auth/oidc/index.js';
import type { Configuration } from '../config/schema.js';
import { knownProvider } from '../discovery/index.js';
import { createAnonymousTransport } from '../transport/node.js';
import { publicLookup } from '../transport/node-addresses.js';
import type { Credential, CredentialTools } from './types.js';

/**
 * Makes the credential of a saved login at an identity provider. Its access token is refreshed
 * when it is about to end, and used as it is where that cannot be done.
 *
 * @param name - of the credential
 * @param providerKey - of its identity provider
 * @param configuration - where both are
 * @param tools - file, paths, clock, and where warnings go
 */
export async function loginCredential(
  name: string,
  providerKey: string,
  configuration: Configuration,
  tools: CredentialTools,
): Promise<Credential> {
  const provider = knownProvider(providerKey, configuration);
  const development = provider?.development === true;
  const authority =
    tools.authority ?? (provider?.ca === undefined ? undefined : tools.local(provider.ca));
  const ca = authority === undefined ? undefined : await readAuthorities(authority);
  const transport = createAnonymousTransport(
    { ca, proxy: tools.proxy },
    { concurrency: 1, lookup: development ? undefined : publicLookup },
  );
  const source = oidcTokenSource({
    configuration: tools.file,
    credential: name,
    transport,
    development,
    clock: tools.clock,
    onWarning: (warning) => tools.warnings.push(warning),
  });
  return {
    mode: 'token',
    runtime: false,
    read: () => source.read(),
    renew: (rejected) => source.renew(rejected),
  };
}
