import { closeSync, openSync } from 'node:fs';
import { isRoot } from '../processes/programs.js';
import { spawnProgram } from '../processes/spawn.js';
import { untilReady } from '../processes/until-ready.js';

/** The programs with which networks of sessions are made here, by absolute paths; found once. */
export type NetworkTools =
  /** Each session has its own network, connected to a bridge of its user. */
  | {
      readonly kind: 'bridge';
      readonly nsenter: string;
      readonly unshare: string;
      readonly ip: string;
      /** What connects a session to the outside of this machine; undefined if nothing can. */
      readonly slirp?: string | undefined;
      /** Why nothing can, as a sentence without its full stop. */
      readonly noWay?: string | undefined;
    }
  /** The sessions of a user share one network, in which each has its own loopback address. */
  | { readonly kind: 'shared'; readonly nsenter: string; readonly bwrap: string };

/** How long the system may take to make a network, in milliseconds. */
const patienceMs = 10_000;

/** Name of the bridge that connects the sessions of a user. */
const bridge = 'sessions';

/** Name of the device that connects a session to the outside of this machine. */
export const outerInterface = 'tap0';

/** How often a session checks for its connection to the outside before it begins without one. */
const looks = 500;

/** Reports that it runs, and stays until its input ends: that long it keeps the network open. */
const ready = 'echo ready; read -r _ || :';

const makeBridge = `"$1" link add ${bridge} up type bridge && "$1" link set lo up && { ${ready}; }`;

function makerWords(tools: NetworkTools): string[] {
  if (tools.kind === 'bridge') {
    const user = isRoot() ? [] : ['--user', '--map-root-user'];
    return [tools.unshare, ...user, '--net', '--', '/bin/sh', '-c', makeBridge, 'sh', tools.ip];
  }
  const user = isRoot() ? [] : ['--unshare-user', '--uid', '0', '--gid', '0'];
  // It is bubblewrap that brings up the loopback device, so that nothing else is needed.
  const all = ['--unshare-net', '--dev-bind', '/', '/', '--die-with-parent'];
  return [tools.bwrap, ...user, ...all, '--', '/bin/sh', '-c', `echo $$; ${ready}`];
}

/**
 * Joins a session to the bridge: it is run in a network namespace of the session's own, by a process
 * whose parent is in the namespace of the user. Its words are `nsenter`, `ip`, the name that the
 * session's end has outside, its address, and what comes next.
 */
export const joinScript = `
nsenter=$1 ip=$2 name=$3 address=$4 wait=$5
shift 5
"$nsenter" --net="/proc/$PPID/ns/net" -- \\
  "$ip" link add "$name" up master ${bridge} type veth peer name eth0 netns "$$" || exit 1
"$ip" -batch - <<END || exit 1
address add $address dev eth0
link set eth0 up
link set lo up
END
# Somebody outside leads it to the world beyond: it begins once it has a default route.
while [ "$wait" -gt 0 ]; do
  case $(cat /proc/net/route) in *'${outerInterface}\t00000000\t'*) break ;; esac
  wait=$((wait - 1))
  sleep 0.02
done
exec "$@"
`;

/**
 * The network of one user's sessions, held open by descriptors of this process and by whatever runs
 * in it; it has no process of its own, and nothing of it is left when those are gone.
 */
export class UserNetwork {
  readonly #descriptors: readonly number[];

  private constructor(descriptors: readonly number[]) {
    this.#descriptors = descriptors;
  }

  /**
   * Makes an empty network.
   *
   * @throws if the system does not allow it
   */
  static async make(tools: NetworkTools, signal?: AbortSignal): Promise<UserNetwork> {
    const child = spawnProgram(makerWords(tools), ['pipe', 'pipe', 'pipe']);
    child.stdin?.on('error', () => undefined);
    try {
      const isReady = (text: string) => text.includes('ready\n');
      const said = await untilReady(child, { patienceMs, isReady, signal });
      const inner = /^(\d+)\n/.exec(said)?.[1];
      return UserNetwork.of(inner === undefined ? (child.pid ?? 0) : Number(inner));
    } finally {
      child.stdin?.end();
      child.unref();
    }
  }

  /**
   * The network that a process is in.
   *
   * @throws if that has ended
   */
  static of(pid: number): UserNetwork {
    const descriptors: number[] = [];
    try {
      for (const space of isRoot() ? ['net'] : ['net', 'user']) {
        descriptors.push(openSync(`/proc/${pid}/ns/${space}`, 'r'));
      }
      return new UserNetwork(descriptors);
    } catch (error) {
      for (const descriptor of descriptors) closeSync(descriptor);
      throw error;
    }
  }

  /** Its paths for other programs, valid while this process holds it open. */
  get paths(): { readonly net: string; readonly user: string | undefined } {
    const [net = 0, user] = this.#descriptors;
    const pathOf = (one: number) => `/proc/${process.pid}/fd/${one}`;
    return { net: pathOf(net), user: user === undefined ? undefined : pathOf(user) };
  }

  /** What precedes a program to start it in this network, valid while this process holds it open. */
  entrance({ nsenter }: NetworkTools): string[] {
    const { net, user } = this.paths;
    const owner = user === undefined ? [] : [`--user=${user}`, '--preserve-credentials'];
    return [nsenter, ...owner, `--net=${net}`, '--'];
  }

  close(): void {
    for (const descriptor of this.#descriptors) closeSync(descriptor);
  }
}

/**
 * Stays in the network of a user over what follows, so that the network lasts as long, and is the
 * parent that {@link joinScript} needs. A signal to the group is not for it.
 */
export const keepWords = ['/bin/sh', '-c', 'trap : HUP INT TERM; "$@"; exit $?', 'sh'];

/** What precedes the command of a session in a user's network, to give it an address. */
export function joinWords(tools: NetworkTools, address: string, isLedOut = false): string[] {
  if (tools.kind !== 'bridge') return [];
  const { unshare, nsenter, ip } = tools;
  const name = `s${address.split('.').slice(2).join('-')}`;
  const wait = String(isLedOut ? looks : 0);
  const words = ['/bin/sh', '-c', joinScript, 'sh', nsenter, ip, name, `${address}/16`, wait];
  return [unshare, '--net', '--', ...words];
}
