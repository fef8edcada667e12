import { handled, methodNotAllowed, type Reply } from '../http/reply.js';
import { availabilityDocument, capabilitiesDocument } from '../identity/vosi.js';

/** Names of the storage service, as clients of the two registries look for it. */
export const storageNames = { cadc: 'arc', srcnet: 'cavern' } as const;

/**
 * Answers for the storage service. The Python client (1.5) does not finish a login on a platform
 * that names none beside it. Its documents are served; storage itself is not, and says so.
 *
 * @param name - one of {@link storageNames}
 * @param path - behind the name
 * @param origin - scheme, host and port as the caller sees them
 */
export function storageReply(method: string, name: string, path: string, origin: string): Reply {
  if (path.startsWith('/nodes')) {
    return handled(
      501,
      'This platform has no VOSpace. Files are in the home directory of its user.',
    );
  }
  if (method !== 'GET' && method !== 'HEAD') return methodNotAllowed(method, ['GET', 'HEAD']);
  const root = `${origin}/${name}`;
  if (path === '/availability') return availabilityDocument('There is no VOSpace here.');
  if (path !== '/capabilities') return handled(404, `not found: ${path}`);
  return capabilitiesDocument(root, [
    {
      id: 'ivo://ivoa.net/std/VOSpace/v2.0#nodes',
      use: 'base',
      url: `${root}/nodes`,
      methods: ['tls-with-certificate', 'token', 'cookie'],
    },
  ]);
}
