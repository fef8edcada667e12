import { VospaceFault } from './fault.js';

/** The names that lead from the root to a node; empty for the root. */
export type Path = readonly string[];

/** The longest name that file systems support, in bytes. */
const longestName = 255;

const hasControl = (text: string): boolean => text.includes('\0');

function checkName(name: string, whole: string): string {
  const isBad = name === '' || name === '.' || name === '..' || name.includes('/');
  if (isBad || hasControl(name)) throw new VospaceFault('InvalidURI', `not a path: ${whole}`);
  if (Buffer.byteLength(name) > longestName) {
    throw new VospaceFault('InvalidURI', `a name is longer than ${longestName} bytes: ${whole}`);
  }
  return name;
}

/**
 * Parses the path of an address, in which each name is percent-encoded. A slash at the end is
 * ignored.
 *
 * @param encoded - empty, or starting with a slash
 * @throws {VospaceFault} `InvalidURI` for names such as `..`, or invalid encoding
 */
export function readPath(encoded: string): Path {
  const names = encoded.replace(/^\//, '').split('/');
  if (names.at(-1) === '') names.pop();
  return names.map((name) => {
    let decoded: string;
    try {
      decoded = decodeURIComponent(name);
    } catch (cause) {
      throw new VospaceFault('InvalidURI', `not percent-encoded UTF-8: ${encoded}`, cause);
    }
    return checkName(decoded, encoded);
  });
}

/**
 * Parses the identifier of a node.
 *
 * @param authority - of this service, for example `cadc.nrc.ca~arc`
 * @throws {VospaceFault} `InvalidURI` for an identifier of another service, or an invalid one
 */
export function readUri(uri: string, authority: string): Path {
  const [, named = '', path = ''] = /^vos:\/\/([^/?#]+)(\/[^?#]*)?$/.exec(uri.trim()) ?? [];
  if (named === '') throw new VospaceFault('InvalidURI', `not the identifier of a node: ${uri}`);
  // Both characters stand for the slashes in the identifier of the service.
  if (named.replaceAll('!', '~') !== authority) {
    throw new VospaceFault('InvalidURI', `not a node of vos://${authority}: ${uri}`);
  }
  return readPath(path);
}

/** All except the characters that Java leaves unencoded in the path of an identifier. */
const quoted = /[^\w!$&'()*+,;=:@.~\u00a1-\ufffd-]|[\ud800-\udfff]/gu;

function quote(sign: string): string {
  return [...Buffer.from(sign)]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('');
}

/** The identifier of a node, percent-encoded as by the real service. */
export const uriOf = (authority: string, path: Path): string =>
  `vos://${authority}${path.map((name) => `/${name.replace(quoted, quote)}`).join('')}`;

/** A percent-encoded path for an address. */
export const encodePath = (path: Path): string =>
  path.map((name) => `/${encodeURIComponent(name)}`).join('');

export const isBelow = (path: Path, folder: Path): boolean =>
  path.length > folder.length && folder.every((name, index) => path[index] === name);

export const isSame = (one: Path, other: Path): boolean =>
  one.length === other.length && one.every((name, index) => name === other[index]);
