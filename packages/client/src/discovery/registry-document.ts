/** One line of a registry document. */
export interface RegistryEntry {
  uri: string;
  /** Where the capabilities of that resource are. */
  url: string;
}

/** A service as a registry lists it. */
export type Endpoint = {
  uri: string;
  /** Application root, without trailing slash. */
  url: string;
};

const suffix = '/capabilities';

/**
 * Reads a resource-caps document: lines of the form `resource = capabilities URL`, where lines
 * that start with `#` are comments (IVOA registry of OpenCADC).
 *
 * @param text - of the document
 */
export function parseRegistry(text: string): RegistryEntry[] {
  const entries: RegistryEntry[] = [];
  for (const raw of text.split(/\r\n|\r|\n/)) {
    const line = raw.trim();
    const at = line.indexOf('=');
    if (at === -1 || line.startsWith('#')) continue;
    const uri = line.slice(0, at).trim();
    const url = line.slice(at + 1).trim();
    if (uri !== '' && url !== '') entries.push({ uri, url });
  }
  return entries;
}

/**
 * Picks the Science Platforms among the entries of a registry.
 *
 * @param entries - as from {@link parseRegistry}
 */
export const platformEndpoints = (entries: readonly RegistryEntry[]): Endpoint[] =>
  entries
    .filter(({ uri, url }) => uri.endsWith('/skaha') && url.endsWith(`/skaha${suffix}`))
    .map(({ uri, url }) => ({ uri, url: url.slice(0, -suffix.length) }));

/** Kinds of storage services that the platforms of the two federations have. */
const storageLeaves = ['arc', 'vault', 'cavern'];

const namespaceOf = (uri: string): string => uri.slice(0, uri.lastIndexOf('/'));
const leafOf = (uri: string): string => uri.slice(uri.lastIndexOf('/') + 1);

/**
 * Picks the storage services that belong to a platform: those whose identifiers have the same
 * beginning.
 *
 * @param entries - as from {@link parseRegistry}
 * @param platform - identifier of the platform, for example `ivo://cadc.nrc.ca/skaha`
 * @returns by name, which is the end of the identifier
 */
export function storageEndpoints(
  entries: readonly RegistryEntry[],
  platform: string,
): Record<string, Endpoint> {
  const found: Record<string, Endpoint> = {};
  for (const { uri, url } of entries) {
    const leaf = leafOf(uri);
    const isOurs = namespaceOf(uri) === namespaceOf(platform) && storageLeaves.includes(leaf);
    if (!isOurs || !url.endsWith(suffix) || Object.hasOwn(found, leaf)) continue;
    found[leaf] = { uri, url: url.slice(0, -suffix.length) };
  }
  return found;
}
