import { existsSync, lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Mount, Run } from '../types.js';

/** Where things are in a sandbox. */
export const inside = {
  home: (user: string) => `/arc/home/${user}`,
  scratch: '/scratch',
  page: '/run/skaha',
  /** As on the real platform, the place of the platform's own scripts. */
  starter: '/skaha-system/start.sh',
} as const;

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

/** What not every version of bubblewrap can do. */
export interface SandboxFeatures {
  /** Whether a session can be kept from making further spaces of users, in which it has rights. */
  readonly disablesUsers: boolean;
}

/** What one sandbox is made of. */
export interface SandboxPlan {
  readonly run: Run;
  /** Files made for this session: its users, its groups, the starter. */
  readonly passwd: string;
  readonly group: string;
  readonly starter: string;
  readonly scratch: string;
  readonly temporary: string;
  /** Directory for the socket of its page, when it has one. */
  readonly page: string | undefined;
  /** True when root makes the sandbox, and what runs in it gives up being root. */
  readonly drop: boolean;
  readonly features: SandboxFeatures;
}

/** The system's programs and libraries, without any data of this machine. */
export function systemArguments(): string[] {
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
  for (const path of programDirectories) {
    if (existsSync(path)) words.push('--ro-bind', path, path);
  }
  // The kernel's own way to shared memory is open to its maker only.
  const memory = ['--perms', '1777', '--tmpfs', '/dev/shm'];
  return [
    ...words,
    '--dev',
    '/dev',
    ...memory,
    '--proc',
    '/proc',
    '--perms',
    '0755',
    '--dir',
    '/run',
  ];
}

/** Where the system keeps its name servers, when it is not in `/etc` itself. */
function nameServers(): Mount[] {
  try {
    const path = realpathSync('/etc/resolv.conf');
    return path.startsWith('/run/') ? [{ source: path, target: path, readOnly: true }] : [];
  } catch {
    return [];
  }
}

/** Node, when it is not among the system's programs, and the programs of this package. */
export function ownPrograms(): Mount[] {
  const built = fileURLToPath(new URL('../../../dist', import.meta.url));
  const prefix = dirname(dirname(process.execPath));
  return [prefix, built]
    .filter((path) => path !== '/' && !isShown(path) && existsSync(path))
    .map((path) => ({ source: path, target: path, readOnly: true }));
}

const isShown = (path: string) =>
  ['/usr', ...programDirectories].some((base) => path === base || path.startsWith(`${base}/`));

/**
 * What separates a sandbox from the machine.
 *
 * @param drop - true when root makes the sandbox, and what runs in it gives up being root
 */
export function separationArguments(
  network: Run['network'],
  uid: number,
  drop: boolean,
  features: SandboxFeatures,
): string[] {
  const spaces = ['pid', 'ipc', 'uts', 'cgroup-try'].map((name) => `--unshare-${name}`);
  const own = [
    ...['--unshare-user', '--uid', String(uid), '--gid', String(uid)],
    ...(features.disablesUsers ? ['--disable-userns'] : []),
  ];
  // What is needed to become another user, and no more.
  const rights = ['CAP_SETUID', 'CAP_SETGID', 'CAP_SETPCAP'].flatMap((one) => ['--cap-add', one]);
  return [
    ...spaces,
    ...(network === 'none' ? ['--unshare-net'] : []),
    ...(drop ? [] : own),
    ...['--die-with-parent', '--new-session', '--cap-drop', 'ALL'],
    ...(drop ? rights : []),
  ];
}

/** Gives up all of root inside the sandbox. */
export const dropArguments = (uid: number): string[] => [
  'setpriv',
  ...['--reuid', String(uid), '--regid', String(uid), '--clear-groups'],
  ...['--no-new-privs', '--inh-caps=-all', '--bounding-set=-all', '--'],
];

/** Binds in order. What leads to a mount is open to all: made by itself, it is its maker's only. */
function binds(mounts: readonly Mount[]): string[] {
  const made = new Set<string>();
  return mounts.flatMap(({ source, target, readOnly }) => {
    const way = parentsOf(target).filter((path) => !made.has(path));
    for (const path of way) made.add(path);
    return [
      ...way.flatMap((path) => ['--perms', '0755', '--dir', path]),
      readOnly === true ? '--ro-bind' : '--bind',
      source,
      target,
    ];
  });
}

function parentsOf(path: string): string[] {
  const parents: string[] = [];
  for (let parent = dirname(path); parent !== '/'; parent = dirname(parent))
    parents.unshift(parent);
  return parents;
}

/** Everything that stands before a session's command, `bwrap` itself included. */
export function sandboxWords(plan: SandboxPlan): string[] {
  const { run, drop } = plan;
  const home = inside.home(run.user);
  const mounts: Mount[] = [
    { source: plan.passwd, target: '/etc/passwd', readOnly: true },
    { source: plan.group, target: '/etc/group', readOnly: true },
    { source: plan.temporary, target: '/tmp' },
    { source: plan.temporary, target: '/var/tmp' },
    ...ownPrograms(),
    ...(run.network === 'host' ? nameServers() : []),
    { source: plan.starter, target: inside.starter, readOnly: true },
    { source: run.home, target: home },
    { source: plan.scratch, target: inside.scratch },
    ...(plan.page === undefined ? [] : [{ source: plan.page, target: inside.page }]),
    ...run.mounts,
  ];
  return [
    'bwrap',
    ...separationArguments(run.network, run.uid, drop, plan.features),
    ...['--hostname', run.key],
    ...systemArguments(),
    ...binds(mounts),
    ...['--remount-ro', '/', '--chdir', home, '--json-status-fd', '4', '--'],
    ...(drop ? dropArguments(run.uid) : []),
    ...['/bin/sh', inside.starter],
  ];
}
