import { execFile } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { promisify } from 'node:util';
import { isWithin, type Mount, realPath } from '../mounts.js';
import { fixedEnvironment } from '../processes/programs.js';

const run = promisify(execFile);

/** Directories of the system that are shown as they are, or as the links they are. */
const systemDirectories = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];

/** Directories of further programs, where there are any. */
const programDirectories = ['/opt', '/nix/store', '/gnu/store', '/snap'];

/** Files of the system that hold secrets, or rights that a session has no use for. */
const secretFiles = [
  '/etc/shadow',
  '/etc/shadow-',
  '/etc/gshadow',
  '/etc/gshadow-',
  '/etc/sudoers',
];
const secretDirectories = ['/etc/ssh', '/etc/ssl/private', '/etc/sudoers.d'];

/** Whose homes count: root's, and those of people. */
const isPerson = (uid: number): boolean => uid === 0 || (uid >= 1000 && uid < 65_534);

/** The homes of this machine: the owner's, and those that the list of users names. */
export function homesHere(): string[] {
  const listed = readPasswd().flatMap((line) => {
    const [, , uid, , , home = ''] = line.split(':');
    return isPerson(Number(uid)) ? [home] : [];
  });
  const homes = [...ownHomes(), ...listed].filter((home) => home.startsWith('/')).map(realPath);
  // Users without a home of their own are given the root, or a directory of the system.
  const system = ['/usr', '/etc', '/bin', '/lib', '/dev', '/proc'].map(realPath);
  return [...new Set(homes)].filter((home) => !system.some((path) => isWithin(path, home)));
}

/** A number of no user of this machine has no home, and then Node has no answer but an error. */
function ownHomes(): string[] {
  return [homedir, () => userInfo().homedir].flatMap((find) => {
    try {
      return [find()];
    } catch {
      return [];
    }
  });
}

function readPasswd(): string[] {
  try {
    return readFileSync('/etc/passwd', 'utf8').split('\n');
  } catch {
    return [];
  }
}

/** What sandboxes show of this machine. */
export interface ShownFolders {
  /** Directories of programs, besides those of the system. */
  readonly programs: readonly string[];
  /** Directories in those shown that are not shown. */
  readonly covered: readonly string[];
}

/**
 * Says what is shown so that nothing secret is: a data directory or a home may well lie in a
 * directory of programs.
 *
 * @param secret - directories that no session may see
 * @param candidates - directories of programs; those of this machine by default
 */
export function whatIsShown(
  secret: readonly string[],
  candidates: readonly string[] = programDirectories,
): ShownFolders {
  const places = secret.map(realPath);
  const programs = candidates.filter(
    (path) => existsSync(path) && !places.some((place) => isWithin(realPath(path), place)),
  );
  const covered = ['/usr', '/etc', ...programs].flatMap((path) => {
    const real = realPath(path);
    return places
      .filter((place) => place !== real && isWithin(place, real) && existsSync(place))
      .map((place) => path + place.slice(real.length));
  });
  const isInner = (path: string) =>
    covered.some((other) => other !== path && isWithin(path, other));
  return { programs, covered: [...new Set(covered)].filter((path) => !isInner(path)) };
}

/** True when sessions see a file of this machine at its own path. */
function shows({ programs, covered }: ShownFolders, path: string): boolean {
  return (
    ['/usr', ...systemDirectories, ...programs].some((directory) => isWithin(path, directory)) &&
    !covered.some((directory) => isWithin(path, directory))
  );
}

/** The system's programs and libraries, without any data of this machine. */
export function systemArguments({ programs, covered }: ShownFolders): string[] {
  const words = ['--tmpfs', '/', '--ro-bind', '/usr', '/usr'];
  for (const path of systemDirectories) {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found?.isSymbolicLink() === true) words.push('--symlink', readlinkSync(path), path);
    else if (found?.isDirectory() === true) words.push('--ro-bind', path, path);
  }
  words.push('--ro-bind', '/etc', '/etc');
  for (const path of secretFiles) {
    if (existsSync(path)) words.push('--ro-bind', '/dev/null', path);
  }
  for (const path of secretDirectories) if (existsSync(path)) words.push('--tmpfs', path);
  for (const path of programs) words.push('--ro-bind', path, path);
  for (const path of covered) words.push('--perms', '0755', '--tmpfs', path);
  // The kernel's own way to shared memory is open to its maker only.
  const memory = ['--perms', '1777', '--tmpfs', '/dev/shm'];
  const runtime = ['--perms', '0755', '--dir', '/run'];
  return [...words, '--dev', '/dev', ...memory, '--proc', '/proc', ...runtime];
}

/**
 * Programs that sessions need and would not see: Node, the platform's own programs, and what a
 * sandbox is made with. Of a program outside the system it is the one file and what it loads, and
 * never the directories around it.
 *
 * @param own - directory of the platform's own programs
 */
export async function ownPrograms(
  shown: ShownFolders,
  { setpriv = process.execPath }: { readonly setpriv: string | undefined },
  own?: string,
): Promise<Mount[]> {
  const files = [process.execPath, setpriv].filter((path) => !shows(shown, path));
  const loaded = await Promise.all([...new Set(files)].map(loadedBy));
  const paths = [...files, ...loaded.flat()].filter((path) => !shows(shown, path));
  if (own !== undefined && !shows(shown, own) && existsSync(own)) paths.push(own);
  return [...new Set(paths)].map((path) => ({
    source: realPath(path),
    target: path,
    readOnly: true,
  }));
}

/** The libraries of a program by the paths at which it looks for them, as its own loader lists them. */
async function loadedBy(program: string): Promise<string[]> {
  const env = { ...fixedEnvironment, LD_TRACE_LOADED_OBJECTS: '1' };
  try {
    // A loader that does not know the variable runs the program: then it prints its version.
    const { stdout } = await run(program, ['--version'], { env, cwd: '/', timeout: 10_000 });
    return loadedPaths(stdout);
  } catch {
    return [];
  }
}

/** Reads what the loader of the GNU system lists: `name => path (address)`, `path (address)`. */
export function loadedPaths(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const [entry = '', address] = line.trim().split(' (0x');
    if (address === undefined) return [];
    return entry.split(' => ').filter((one) => one.startsWith('/'));
  });
}
