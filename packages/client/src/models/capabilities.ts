import { withoutTrailingSlashes } from '@skaha/base/trailing-slashes.js';
import { descendants, parseXml, type XmlElement } from './xml.js';

/** One version of the session API that a server offers. */
export interface Capability {
  /** Application root without version. */
  baseUrl: string;
  /** For example `v1`; undefined if neither address nor identifier contains it. */
  version?: string | undefined;
  /** Accepted credentials: `x509`, `oidc` (a bearer token), and others as the server names them. */
  modes: readonly string[];
}

const legacyId = 'vos://cadc.nrc.ca~vospace/CADC/std/Proc#sessions-1.0';
const currentId = 'http://www.opencadc.org/std/platform#session-';

/**
 * Reads which versions of the session API a server has.
 *
 * @param source - a capabilities document (VOSI 1.1); an empty one has none
 * @returns the newest version first
 * @throws {SkahaError} `response.invalid` for something else
 */
export function readCapabilities(source: string): Capability[] {
  if (source.trim() === '') return [];
  const groups = new Map<string, { location: Location; modes: Set<string> }>();
  for (const capability of descendants(parseXml(source), 'capability')) {
    const id = capability.attributes.get('standardID') ?? '';
    if (id !== legacyId && !id.startsWith(currentId)) continue;
    for (const entry of descendants(capability, 'interface')) {
      const address = accessUrl(entry);
      if (address === undefined) continue;
      const location = locate(address, id);
      const key = `${location.baseUrl} ${location.version}`;
      const group = groups.get(key) ?? { location, modes: new Set<string>() };
      groups.set(key, group);
      for (const mode of securityModes(entry)) group.modes.add(mode);
    }
  }
  return [...groups.values()]
    .map(({ location, modes }) => ({ ...location, modes: [...modes].sort(byMode) }))
    .sort((a, b) => byVersion(a.version, b.version) || compare(a.baseUrl, b.baseUrl));
}

function accessUrl(entry: XmlElement): string | undefined {
  const url = entry.children.find(
    ({ name, attributes, text }) =>
      name === 'accessURL' && attributes.get('use') === 'base' && text.trim() !== '',
  );
  return url === undefined ? undefined : withoutTrailingSlashes(url.text.replace(/\s+/g, ''));
}

interface Location {
  baseUrl: string;
  version: string | undefined;
}

/** The version is looked for in the path only: a host may begin with `v1.` too. */
function locate(address: string, id: string): Location {
  const pathStart = /^[a-z][a-z0-9+.-]*:\/\/[^/]*/i.exec(address)?.[0].length ?? 0;
  const path = address.slice(pathStart);
  const match = /\/(v\d+(?:\.\d+)*)(?!\w)/.exec(path);
  const baseUrl = match === null ? address : address.slice(0, pathStart + match.index);
  if (id === legacyId) return { baseUrl, version: 'v0' };
  const tail = /^\d+/.exec(id.slice(currentId.length))?.[0];
  return { baseUrl, version: match?.[1] ?? (tail === undefined ? undefined : `v${tail}`) };
}

const modeNames: ReadonlyMap<string, string> = new Map([
  ['token', 'oidc'],
  ['tls-with-certificate', 'x509'],
]);

function securityModes(entry: XmlElement): string[] {
  return entry.children
    .filter(({ name }) => name === 'securityMethod')
    .map(({ attributes }) => attributes.get('standardID')?.trim() ?? '')
    .map((id) => id.slice(id.indexOf('#') + 1))
    .filter((mode) => mode !== '' && mode !== 'cookie')
    .map((mode) => modeNames.get(mode) ?? mode);
}

const rank = (mode: string) => ['x509', 'oidc'].indexOf(mode) + 1 || 3;
const byMode = (a: string, b: string) => rank(a) - rank(b) || compare(a, b);
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** Numeric, descending; no version last. */
function byVersion(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? 1 : -1;
  const left = a.slice(1).split('.').map(Number);
  const right = b.slice(1).split('.').map(Number);
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const difference = (right[index] ?? 0) - (left[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
