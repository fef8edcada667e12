import { isRecord } from '@skaha/base/record.js';
import type { ClientCore } from './client/core.js';
import type { CallOptions } from './client/options.js';
import { ClientPart, coreOf } from './client/source.js';
import type { Resources } from './models/resources.js';

/** How long an answer stays good, in milliseconds: platforms change their offer rarely. */
const freshness = 300_000;

/**
 * The resources that sessions may request. Not to be confused with the contexts of the
 * configuration, which pair a server with a credential.
 */
export class Context extends ClientPart {
  /**
   * Returns the amounts of cores, memory and GPUs that the platform offers.
   *
   * @param options - signal and timeout
   * @returns the amounts; memory in GiB
   * @throws {SkahaError} `response.invalid` if the server sends anything else, and the codes of
   *   every call
   * @example
   * ```ts
   * import { SkahaClient } from 'skaha';
   *
   * await using skaha = new SkahaClient();
   * const { cores } = await skaha.context.resources();
   * console.log(`up to ${cores.options.at(-1)} cores`);
   * ```
   */
  async resources(options: CallOptions = {}): Promise<Resources> {
    const core = coreOf(this);
    const resources = await fetchResources(core, options);
    core.learn('context', freshness, resources);
    return resources;
  }
}

async function fetchResources(core: ClientCore, options: CallOptions): Promise<Resources> {
  const { signal, timeoutMs } = options;
  const reply = await core.requestJson(
    { method: 'GET', path: ['context'], signal, timeoutMs },
    isRecord,
  );
  // Loaded on demand: few calls need the schemas, which take long to load.
  const { readResources } = await import('./models/resources.js');
  return readResources(reply);
}

/**
 * The platform's offer, asked for at most once in five minutes. Internal.
 *
 * @param core - shared by the client's parts
 * @param options - signal and timeout
 */
export function platformResources(core: ClientCore, options: CallOptions): Promise<Resources> {
  return core.remember('context', freshness, () => fetchResources(core, options));
}
