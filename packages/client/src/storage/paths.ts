import { SkahaError } from '../errors/index.js';

/** Longest name that file systems take, in bytes of UTF-8. */
const longestName = 255;
const encoder = new TextEncoder();

/** Says what keeps a name from being one of an entry; undefined when nothing does. */
export function nameProblem(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (name === '.' || name === '..') return 'stands for another folder';
  if (name.includes('/')) return 'contains a slash';
  if (name.includes('\0')) return 'contains a character that no file system accepts';
  if (/\p{Cs}/u.test(name)) return 'contains half a character, which is not valid Unicode';
  const bytes = encoder.encode(name).length;
  return bytes > longestName
    ? `is ${bytes} bytes long; at most ${longestName} are allowed`
    : undefined;
}

/**
 * The error for a name that cannot be carried.
 *
 * @param name - as given
 * @param problem - words that follow the name
 */
export function invalidName(name: string, problem: string): SkahaError {
  const shown = JSON.stringify(name.length > 80 ? `${name.slice(0, 77)}...` : name);
  return new SkahaError('storage.invalid_name', `The name ${shown} ${problem}.`, {
    hint: 'Give it another name.',
  });
}

/**
 * Takes a path apart and checks each name.
 *
 * @param path - with or without a slash at its beginning and end
 * @returns its names; none for the root
 * @throws {SkahaError} `storage.invalid_name`
 */
export function namesOf(path: string): string[] {
  const names = path.split('/').filter((name) => name !== '');
  for (const name of names) {
    const problem = nameProblem(name);
    if (problem !== undefined) throw invalidName(name, problem);
  }
  return names;
}

/** A path in its one form: a slash before each name. @throws {SkahaError} `storage.invalid_name` */
export const normalPath = (path: string): string => `/${namesOf(path).join('/')}`;

/** The path of an entry of a folder. */
export const childPath = (folder: string, name: string): string =>
  folder === '/' ? `/${name}` : `${folder}/${name}`;

/** The folder above; the root is above itself. */
export const parentPath = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/';

/** The last name of a path; empty for the root. */
export const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** Whether a path is another one or lies below it. */
export const isWithin = (path: string, folder: string): boolean =>
  path === folder || folder === '/' || path.startsWith(`${folder}/`);

// Signs that `encodeURIComponent` leaves alone and that mean something in some places of a URI.
const encodeName = (name: string): string =>
  encodeURIComponent(name).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/**
 * A path as part of an address: every name encoded, the slashes left.
 *
 * @param path - normal
 * @returns empty for the root
 */
export const encodedPath = (path: string): string =>
  path === '/' ? '' : path.split('/').map(encodeName).join('/');

/** The identifier of an entry, as documents name it. */
export const nodeUri = (authority: string, path: string): string =>
  `vos://${authority}${encodedPath(path)}`;

/** An identifier taken apart; undefined when it is none of an entry. */
export function readNodeUri(uri: string): { authority: string; path: string } | undefined {
  const found = /^vos:\/\/([^/?#\s]+)((?:\/[^?#\s]*)?)$/.exec(uri.trim().replaceAll(' ', '%20'));
  if (found === null) return undefined;
  const [, authority = '', rest = ''] = found;
  if (rest.includes('//')) return undefined;
  try {
    const names = rest.split('/').slice(1).map(decodeURIComponent);
    if (names.at(-1) === '') names.pop();
    if (names.some((name) => name === '' || name.includes('/') || name === '.' || name === '..')) {
      return undefined;
    }
    return { authority, path: `/${names.join('/')}` };
  } catch {
    return undefined;
  }
}
