import { open } from 'node:fs/promises';
import { SkahaError } from '../errors/index.js';

/** One entry of a netrc file. */
export interface NetrcEntry {
  machine: string;
  login: string | undefined;
  password: string | undefined;
}

/** User name and password. */
export interface Login {
  username: string;
  password: string;
}

const maximumSize = 256 * 1024;

/** Words; one with blanks is in double quotes, with `\` before a quote in it. */
const words = (text: string): string[] =>
  [...text.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/gs)].map(
    ([, quoted, plain]) => quoted?.replace(/\\(.)/gs, '$1') ?? plain ?? '',
  );

/** Takes comment lines and macro definitions out, which follow rules of their own. */
function withoutMacros(text: string): string {
  const kept: string[] = [];
  let inMacro = false;
  for (const line of text.split(/\r?\n/)) {
    if (inMacro) inMacro = line.trim() !== '';
    else if (/^\s*macdef(\s|$)/.test(line)) inMacro = true;
    else if (!/^\s*#/.test(line)) kept.push(line);
  }
  return kept.join('\n');
}

/**
 * Reads the text of a netrc file (the format of `ftp` and `curl`). The `default` entry is left
 * out: a password is never offered to a host that is not named.
 *
 * @param text - of the file
 */
export function parseNetrc(text: string): NetrcEntry[] {
  const entries: NetrcEntry[] = [];
  let current: NetrcEntry | undefined;
  let key: string | undefined;
  for (const word of words(withoutMacros(text))) {
    if (key === undefined) {
      if (word === 'default') current = undefined;
      else if (['machine', 'login', 'password', 'account'].includes(word)) key = word;
      continue;
    }
    if (key === 'machine') {
      current = { machine: word, login: undefined, password: undefined };
      entries.push(current);
    } else if (current !== undefined && key === 'login') current.login = word;
    else if (current !== undefined && key === 'password') current.password = word;
    key = undefined;
  }
  return entries;
}

const refuse = (path: string, what: string, hint: string): SkahaError =>
  new SkahaError('authentication.credential_invalid', `The netrc file ${path} ${what}.`, { hint });

async function readPrivate(path: string): Promise<string> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw new SkahaError(
      'authentication.credential_missing',
      `The netrc file ${path} cannot be read.`,
      { hint: 'Give another file, or log in with user name and password.', cause },
    );
  });
  try {
    const { size, mode, uid } = await file.stat();
    const owned = process.getuid === undefined || uid === process.getuid();
    const loose = process.platform !== 'win32' && (mode & 0o077) !== 0;
    if (!owned) {
      throw refuse(
        path,
        `belongs to another user (number ${uid}), who could change it`,
        `Make your own copy and use it with --netrc FILE: install -m 600 '${path}' FILE`,
      );
    }
    if (loose) throw refuse(path, 'can be read by others', `Make it private: chmod 600 '${path}'`);
    if (size > maximumSize)
      throw refuse(path, 'is too large to be a netrc file', 'Give another file.');
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

/**
 * Looks a password up in a netrc file that only its owner can read.
 *
 * @param path - absolute
 * @param machine - compared exactly with the entries' `machine`
 * @param username - only an entry with this login is used; any when left out
 * @throws {SkahaError} `authentication.credential_missing` when there is no file or no entry,
 * `authentication.credential_invalid` when others can read the file
 */
export async function netrcLogin(
  path: string,
  machine: string,
  username?: string | undefined,
): Promise<Login> {
  for (const { login, password, ...entry } of parseNetrc(await readPrivate(path))) {
    if (entry.machine !== machine || login === undefined || password === undefined) continue;
    if (username === undefined || login === username) return { username: login, password };
  }
  const whom = username === undefined ? '' : ` for the user '${username}'`;
  throw new SkahaError(
    'authentication.credential_missing',
    `The netrc file ${path} has no password${whom} at ${machine}.`,
    { hint: `Add a line: machine ${machine} login NAME password PASSWORD` },
  );
}
