import type { Clock } from '@skaha/base/clock.js';
import { handled, methodNotAllowed, type Reply, text } from '@skaha/service/reply.js';
import { availabilityDocument, capabilitiesDocument } from '@skaha/service/vosi.js';
import type { RegistryControls } from './controls.js';

/** The clients for which a registry document is made. */
export type RegistryAudience = 'cadc' | 'srcnet';

/** Paths of the two registry documents: one for each kind of login, as at the real sites. */
export const registryPaths: Readonly<Record<RegistryAudience, string>> = {
  cadc: '/reg/resource-caps',
  srcnet: '/srcnet/reg/resource-caps',
};

/** Prefixes of the names of the platform's services in the two registries. */
const namespaces: Readonly<Record<RegistryAudience, string>> = {
  cadc: 'ivo://cadc.nrc.ca',
  srcnet: 'ivo://canfar.net/src',
};

/** Serves the registry documents that lead clients to this platform. */
export class Registry {
  readonly #controls: RegistryControls;
  readonly #storage: Readonly<Record<RegistryAudience, string>>;
  readonly #clock: Clock;
  readonly #more: readonly string[];

  /**
   * @param storage - names of the storage service in the two registries
   * @param more - further services of CADC that exist here
   */
  constructor(
    controls: RegistryControls,
    storage: Readonly<Record<RegistryAudience, string>>,
    clock: Clock,
    more: readonly string[] = ['cred', 'ac'],
  ) {
    this.#more = more;
    this.#controls = controls;
    this.#storage = storage;
    this.#clock = clock;
  }

  /**
   * @param origin - scheme, host and port as the caller sees them
   */
  async answer(method: string, audience: RegistryAudience, origin: string): Promise<Reply> {
    if (method !== 'GET' && method !== 'HEAD') return methodNotAllowed(method, ['GET', 'HEAD']);
    const { delayMs, missing, empty, extraLines, paddedBytes } = this.#controls;
    if (delayMs > 0) await this.#clock.sleep(delayMs);
    if (missing) return handled(404, 'not found: feature not configured');
    const lines = empty ? [comment] : [comment, ...this.#entries(audience, origin), ...extraLines];
    const document = `${lines.join('\n')}\n`;
    return text(document + padding(paddedBytes - Buffer.byteLength(document)));
  }

  #entries(audience: RegistryAudience, origin: string): string[] {
    const [namespace, storage] = [namespaces[audience], this.#storage[audience]];
    const services = [
      [`${namespace}/skaha`, 'skaha'],
      [`${namespace}/${storage}`, storage],
      ...this.#more.map((path) => [idsOfCadc[path], path]),
    ];
    return services.map(([id, path]) => `${id} = ${origin}/${path}/capabilities`);
  }
}

/** Documents about the registry itself, by path. */
const ownDocuments: Readonly<Record<string, (origin: string) => Reply>> = {
  '/reg/capabilities': (origin) =>
    capabilitiesDocument(`${origin}/reg`, [
      {
        id: 'ivo://ivoa.net/std/Registry#resource-caps-1.0',
        use: 'full',
        url: `${origin}${registryPaths.cadc}`,
      },
    ]),
  '/reg/availability': () => availabilityDocument('The registry is available.'),
};

/**
 * Replies with a document about the registry itself (IVOA VOSI).
 *
 * @returns undefined for any other path
 */
export function registryDocument(method: string, path: string, origin: string): Reply | undefined {
  const document = Object.hasOwn(ownDocuments, path) ? ownDocuments[path] : undefined;
  if (document === undefined) return undefined;
  const isRead = method === 'GET' || method === 'HEAD';
  return isRead ? document(origin) : methodNotAllowed(method, ['GET', 'HEAD']);
}

const comment = '# Services of this local science platform';

/** Names of the services of CADC in registries, by path. */
const idsOfCadc: Readonly<Record<string, string>> = {
  cred: 'ivo://cadc.nrc.ca/cred',
  ac: 'ivo://cadc.nrc.ca/gms',
};

const commentLine = `# ${'-'.repeat(77)}\n`;

const padding = (bytes: number): string =>
  bytes > 0 ? commentLine.repeat(Math.ceil(bytes / commentLine.length)) : '';
