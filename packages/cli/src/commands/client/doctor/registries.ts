import type { Io } from '@skaha/terminal/io.js';
import { isSkahaError } from 'skaha';
import type { IdentityProvider } from 'skaha/account';
import type { Configuration } from 'skaha/config';
import { withTools } from 'skaha/internal/account/tools.js';
import { entry } from 'skaha/internal/config/index.js';
import { askRegistries, identityProviders } from 'skaha/internal/discovery/index.js';
import type { Deps } from '../../../deps.js';
import { accountOptions } from '../../login/account.js';
import { examine, type Finding, fail, ok, patience, type Verdict, warn } from './finding.js';

/** Providers that logins are from; without any login those a login would most likely be from. */
function providersOf(configuration: Configuration): IdentityProvider[] {
  const all = identityProviders(configuration);
  const contexts = Object.values(configuration.contexts);
  const used = contexts.flatMap(({ credential, server }) => [
    entry(configuration.credentials, credential)?.provider ?? credential,
    entry(configuration.servers, server)?.provider ?? credential,
  ]);
  if (contexts.length > 0) return all.filter(({ key }) => used.includes(key));
  const own = all.filter(({ builtIn }) => !builtIn);
  return own.length > 0 ? own : all;
}

const hint = 'Servers that are known can be used without it. Check the network, or try later.';

async function verdictOf(
  provider: IdentityProvider,
  io: Io,
  deps: Deps,
  signal: AbortSignal,
): Promise<Verdict> {
  const options = { ...accountOptions(io, deps), timeoutMs: patience(deps), signal };
  try {
    const reports = await withTools(options, async (tools) => {
      const made = await tools.forProvider(provider);
      return (await askRegistries(provider, made, false)).reports;
    });
    const silent = reports.filter(({ reason }) => reason !== undefined);
    const names = reports.map(({ name }) => name).join(', ');
    if (silent.length === 0) return ok(`${names} answered.`);
    return warn(silent.map(({ name, reason }) => `${name}: ${reason}`).join(' '), hint);
  } catch (error) {
    if (!isSkahaError(error, 'server.discovery_failed')) throw error;
    return fail(error.message, hint);
  }
}

/** Asks the registries that lead to servers, those of each identity provider at once. */
export function checkRegistries(
  configuration: Configuration,
  io: Io,
  deps: Deps,
): Promise<Finding[]> {
  return Promise.all(
    providersOf(configuration).map((provider) =>
      examine(`registry ${provider.key}`, io, deps, (signal) =>
        verdictOf(provider, io, deps, signal),
      ),
    ),
  );
}
