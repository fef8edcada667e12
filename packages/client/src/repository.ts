import { isJson } from './client/body.js';
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
  options: CallOptions,
): Promise<string[]> {
  const { signal, timeoutMs } = options;
  const isExpected = isJson(Array.isArray);
  const reply = await core.request({
    ...{ method: 'GET', path: ['repository'], isExpected, signal, timeoutMs },
  });
  const hosts = reply.json();
  if (!Array.isArray(hosts) || !hosts.every((host): host is string => typeof host === 'string')) {
    throw new SkahaError('response.invalid', 'The server did not answer with registry hosts.', {
      status: reply.status,
      hint: 'Check the address of the server: another service may answer there.',
    });
  }
  return hosts;
}

/** The registry hosts, asked for at most once in five minutes. Internal. */
export function registryHosts(core: ClientCore, options: CallOptions): Promise<string[]> {
  return core.remember('repository', 300_000, () => fetchRegistryHosts(core, options));
}
