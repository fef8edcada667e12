import { isList } from '@skaha/base/record.js';
import type { ClientCore } from './client/core.js';
import type { CallOptions } from './client/options.js';
import { SkahaError } from './errors/index.js';

/**
 * Asks which image registries the platform accepts, the first being its own.
 *
 * @param core - shared by the client's parts
 * @param options - signal and timeout
 */
export async function fetchRegistryHosts(
  core: ClientCore,
  { signal, timeoutMs }: CallOptions,
): Promise<string[]> {
  const hosts = await core.requestJson(
    { method: 'GET', path: ['repository'], signal, timeoutMs },
    isList,
  );
  if (!hosts.every((host) => typeof host === 'string')) {
    throw new SkahaError('response.invalid', 'The server did not answer with registry hosts.', {
      hint: 'Check the address of the server: another service may answer there.',
    });
  }
  return hosts;
}

/** The registry hosts, asked for at most once in five minutes. Internal. */
export function registryHosts(core: ClientCore, options: CallOptions): Promise<string[]> {
  return core.remember('repository', 300_000, () => fetchRegistryHosts(core, options));
}
