import { dirname } from 'node:path';
import { EntryRefused, NotThere } from '@skaha/engine/ports/runner.js';
import { placeInside } from '@skaha/engine/ports/volumes.js';
import type { LocalRun, Mount } from '../mounts.js';
import type { NetworkTools } from '../network/user-network.js';
import { findProgram, systemPath } from '../processes/programs.js';
import { type ShownFolders, systemArguments } from './shown.js';

/** Where things are in a sandbox. */
export const sandboxPaths = {
  home: (user: string) => placeInside({ kind: 'home', user }),
  scratch: placeInside({ kind: 'scratch', key: '' }),
  page: '/run/skaha',
  /** As on the real platform, the place of the platform's own scripts. */
  starter: '/skaha-system/start.sh',
  names: '/skaha-system/bin',
} as const;

/** What sandboxes are made with here, found once: what is on the path may change. */
export interface SandboxTools {
  /** Absolute path of bubblewrap. */
  readonly bwrap: string;
  /** Absolute path of what gives up being root; only root needs it. */
  readonly setpriv: string | undefined;
  /**
   * Whether a session can be kept from making further spaces of users, in which it has rights. Not
   * every version can.
   */
  readonly disablesUsers: boolean;
  /** What networks of sessions are made with; undefined where each has only itself. */
  readonly network?: NetworkTools | undefined;
}

/** What one sandbox is made of. */
export interface SandboxPlan {
  readonly run: LocalRun;
  /** Its users, its groups, the starter. */
  readonly passwd: string;
  readonly group: string;
  readonly starter: string;
  readonly names: string;
  readonly scratch: string;
  readonly temporary: string;
  /** Directory for the socket of its page, when it has one. */
  readonly page: string | undefined;
  /** What its `/etc/hosts` is; undefined where this machine has none. */
  readonly hosts: string | undefined;
  /** Where it finds its name servers. */
  readonly nameServers: readonly Mount[];
  /** Whether it has no network but its own loopback device. */
  readonly alone: boolean;
  readonly shown: ShownFolders;
  /** Programs outside of what is shown. */
  readonly programs: readonly Mount[];
  readonly tools: SandboxTools;
}

/**
 * What separates a sandbox from the machine. Where root makes it, what runs in it gives up being
 * root.
 *
 * @param alone - whether it has no network but its own loopback device
 */
export function separationArguments(
  alone: boolean,
  uid: number,
  { setpriv, disablesUsers }: SandboxTools,
): string[] {
  const words = ['pid', 'ipc', 'uts', 'cgroup-try'].map((name) => `--unshare-${name}`);
  if (alone) words.push('--unshare-net');
  if (setpriv === undefined) {
    words.push('--unshare-user', '--uid', String(uid), '--gid', String(uid));
    if (disablesUsers) words.push('--disable-userns');
  }
  words.push('--die-with-parent', '--new-session', '--cap-drop', 'ALL');
  if (setpriv !== undefined) {
    // What is needed to become another user, and no more.
    words.push('--cap-add', 'CAP_SETUID', '--cap-add', 'CAP_SETGID', '--cap-add', 'CAP_SETPCAP');
  }
  return words;
}

/** What comes last, once all is in its place. */
export const lastArguments = ['--remount-ro', '/', '--chdir', '/'] as const;

/** Gives up all of root inside the sandbox. */
export const dropArguments = (uid: number, { setpriv }: SandboxTools): string[] =>
  setpriv === undefined
    ? []
    : [
        setpriv,
        `--reuid=${uid}`,
        `--regid=${uid}`,
        '--clear-groups',
        '--no-new-privs',
        '--inh-caps=-all',
        '--bounding-set=-all',
        '--',
      ];

/** Binds in order. What leads to a mount is open to all: made by itself, it is its maker's only. */
export function binds(mounts: readonly Mount[]): string[] {
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

/**
 * Everything that comes before a session's command, `bwrap` itself included. Up to the starter all
 * of it may be root's: none of it enters a directory of the session's, or has a variable of its.
 */
export function sandboxWords(plan: SandboxPlan): string[] {
  const { run, shown, tools } = plan;
  const mounts: Mount[] = [
    { source: plan.passwd, target: '/etc/passwd', readOnly: true },
    { source: plan.group, target: '/etc/group', readOnly: true },
    ...(plan.hosts === undefined
      ? []
      : [{ source: plan.hosts, target: '/etc/hosts', readOnly: true }]),
    { source: plan.temporary, target: '/tmp' },
    { source: plan.temporary, target: '/var/tmp' },
    ...plan.programs,
    ...plan.nameServers,
    { source: plan.starter, target: sandboxPaths.starter, readOnly: true },
    { source: plan.names, target: sandboxPaths.names, readOnly: true },
    { source: run.home, target: sandboxPaths.home(run.user) },
    { source: plan.scratch, target: sandboxPaths.scratch },
    ...(plan.page === undefined ? [] : [{ source: plan.page, target: sandboxPaths.page }]),
    ...run.mounts,
  ];
  return [
    tools.bwrap,
    ...separationArguments(plan.alone, run.uid, tools),
    '--hostname',
    run.key,
    ...systemArguments(shown),
    ...binds(mounts),
    ...shown.covered.flatMap((path) => ['--remount-ro', path]),
    ...lastArguments,
    '--json-status-fd',
    '4',
    '--',
    ...dropArguments(run.uid, tools),
    '/bin/sh',
    sandboxPaths.starter,
  ];
}

const allButNetwork = ['--user', '--mount', '--uts', '--ipc', '--pid', '--cgroup'];

/**
 * Leads a further command into a sandbox that is there: into all its spaces, and then to the rights
 * of the session, which are none.
 *
 * @param inner - process number of the first process in the sandbox
 * @param uid - whom the session runs as
 * @param outer - process number of its supervisor, when that is in a network of its user's
 * @throws {EntryRefused} where this machine lacks what it takes
 */
export function gateArguments(
  inner: number | undefined,
  uid: number,
  tools: SandboxTools,
  outer: number | undefined,
): string[] {
  if (inner === undefined) throw new NotThere('its sandbox does not exist');
  const nsenter = findProgram('nsenter', systemPath);
  const setpriv = tools.setpriv ?? findProgram('setpriv', systemPath);
  if (nsenter === undefined || setpriv === undefined) {
    throw new EntryRefused('this machine lacks nsenter and setpriv (util-linux)');
  }
  // A user other than root who made the sandbox has all rights in it until the next program starts.
  if (tools.setpriv === undefined) {
    const keep = ['--preserve-credentials', '--'];
    // The network is not the sandbox's own, and from inside the sandbox it may not be entered.
    const first =
      outer === undefined
        ? []
        : [nsenter, `--user=/proc/${outer}/ns/user`, `--net=/proc/${inner}/ns/net`, ...keep];
    const spaces = outer === undefined ? ['--all'] : allButNetwork;
    const into = [nsenter, '--target', String(inner), ...spaces, ...keep];
    return [...first, ...into, setpriv, '--no-new-privs', '--'];
  }
  return [nsenter, '--target', String(inner), '--all', '--', ...dropArguments(uid, tools)];
}
