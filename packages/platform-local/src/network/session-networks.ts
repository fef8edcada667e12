import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Run, RunNetwork, RunNote } from '@skaha/engine/ports/runner.js';
import { readNote } from '@skaha/service/held.js';
import type { StandbyPlace } from '../confinement.js';
import { isAlive, leaderOf } from '../processes/processes.js';
import { RunFiles } from '../runs/run-files.js';
import type { NetworkTools } from './user-network.js';
import { joinWords, keepWords, UserNetwork } from './user-network.js';

/** Where a session is in the network. */
export interface NetworkPlace {
  /** Under which other sessions of its user reach it. */
  readonly address: string;
  /** What comes before the supervisor, and leads into the network of the user. */
  readonly supervisorPrefix: readonly string[];
  /** What comes before the command, and connects the session to that network. */
  readonly commandPrefix: readonly string[];
  /** True when the confinement must take the network away itself: then the session is alone. */
  readonly alone: boolean;
}

/** What a session reaches here, and how it serves a page. */
export interface NetworkChoice {
  readonly network: RunNetwork;
  /** True when all ports are its own. */
  readonly ownPorts: boolean;
  /** Why it is not what was asked for. */
  readonly note?: RunNote | undefined;
}

/** What is remembered of a session, for platforms to come. */
interface Remembered {
  readonly address: string;
  readonly user: string;
  /** Whether it is in the network of its user, or in this machine's. */
  readonly own: boolean;
}

const noteName = 'network';
const loopback = '127.0.0.1';
const form = /^(\d{1,3}(?:\.\d{1,3}){3}) (own|machine) ([^\n]{1,255})\n$/;

/** The network of one user while there is a platform, and the addresses taken in it. */
interface Known {
  readonly network: Promise<UserNetwork>;
  readonly addresses: Addresses;
}

/** Addresses in order, so that one just given back is the last to be taken again. */
class Addresses {
  readonly #prefix: string;
  readonly #taken = new Map<string, string>();
  #last = 0;

  /** @param prefix - the first two numbers of all of them */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  take(key: string): string {
    const used = new Set(this.#taken.values());
    for (let tried = 0; tried < 65_000; tried += 1) {
      this.#last = (this.#last % 65_000) + 1;
      const address = `${this.#prefix}.${this.#last >> 8}.${this.#last & 255}`;
      if (used.has(address) || address.endsWith('.0') || address.endsWith('.255')) continue;
      this.#taken.set(key, address);
      return address;
    }
    throw new Error('its user has no address left');
  }

  keep(key: string, address: string): void {
    this.#taken.set(key, address);
    const [, , high, low] = address.split('.').map(Number);
    this.#last = Math.max(this.#last, (high ?? 0) * 256 + (low ?? 0));
  }

  release(key: string): void {
    this.#taken.delete(key);
  }
}

/**
 * The addresses of sessions. Those of one user without the machine's network are in a network of
 * their user's, where they reach each other on every port and nobody else does; the others have an
 * address of their own within the machine's.
 */
export class SessionNetworks {
  readonly #tools: NetworkTools | undefined;
  readonly #sessions: string;
  readonly #users = new Map<string, Known>();
  readonly #machine: Addresses;
  #earlier: Promise<void> | undefined;

  /**
   * @param tools - undefined where there can be no network of a user's
   * @param sessions - directory of the runs
   * @param instance - distinguishes this platform from others on the machine, as its addresses must
   */
  constructor(tools: NetworkTools | undefined, sessions: string, instance: string) {
    this.#tools = tools;
    this.#sessions = sessions;
    const sum = [...instance].reduce((so, one) => (so * 31 + one.charCodeAt(0)) % 190, 0);
    this.#machine = new Addresses(`127.${64 + sum}`);
  }

  /** What a session can have of what was asked for it. */
  choose({ network, page }: Pick<Run, 'network' | 'page'>): NetworkChoice {
    const tools = this.#tools;
    const isBridge = tools?.kind === 'bridge';
    if (network === 'host') return { network, ownPorts: false };
    // Nobody would find its page.
    if (network === 'none' && (tools !== undefined || page === undefined)) {
      return { network, ownPorts: isBridge };
    }
    if (network === 'outgoing' && isBridge && tools.slirp !== undefined) {
      return { network, ownPorts: true };
    }
    return { network: 'host', ownPorts: false, note: machinesNote(tools) };
  }

  /**
   * Gives a session its place, and remembers it.
   *
   * @param address - of the network where its supervisor is already, when it has one of its own
   * @throws when the network cannot be made
   */
  async place(run: Run, directory: string, address?: string): Promise<NetworkPlace> {
    const own = address !== undefined || this.choose(run).network !== 'host';
    const place = address === undefined ? await this.#newPlace(run) : placeAt(address);
    remember(directory, { address: place.address, user: run.user, own });
    return place;
  }

  async #newPlace(run: Run): Promise<NetworkPlace> {
    const { key, user } = run;
    const { network } = this.choose(run);
    await this.#findEarlier();
    if (network === 'host') return placeAt(this.#machine.take(key));
    const tools = this.#tools;
    if (tools === undefined) return { ...placeAt(loopback), alone: true };
    const known = this.#of(user, tools);
    const held = await known.network;
    const address = known.addresses.take(key);
    return {
      address,
      supervisorPrefix: held.entrance(tools),
      commandPrefix: joinWords(tools, address, network === 'outgoing'),
      alone: false,
    };
  }

  /**
   * Which standby supervisors may run a session; undefined for none: what leads a session to the
   * network beyond this machine is made for it alone.
   */
  standbyGroup(run: Pick<Run, 'user' | 'network' | 'page'>): string | undefined {
    const { network } = this.choose(run);
    if (network === 'outgoing') return undefined;
    return network === 'host' || this.#tools === undefined ? '' : `network of ${run.user}`;
  }

  /**
   * Makes a place for a supervisor that runs one session after the other. To make a network for each
   * and to take it down takes the system longer than the rest of a sandbox.
   *
   * @param name - of the supervisor, with which its address is given back
   */
  async placeStandby(
    run: Pick<Run, 'user' | 'network' | 'page'>,
    name: string,
  ): Promise<StandbyPlace> {
    const group = this.standbyGroup(run) ?? '';
    const tools = this.#tools;
    if (group === '' || tools === undefined) return { group, prefix: [] };
    await this.#findEarlier();
    const known = this.#of(run.user, tools);
    const entrance = (await known.network).entrance(tools);
    if (tools.kind !== 'bridge') return { group, prefix: entrance };
    const address = known.addresses.take(name);
    const prefix = [...entrance, ...keepWords, ...joinWords(tools, address)];
    return { group, prefix, address };
  }

  #of(user: string, tools: NetworkTools): Known {
    const known = this.#users.get(user);
    if (known !== undefined) return known;
    const network = UserNetwork.make(tools);
    const made = { network, addresses: new Addresses(prefixOf(tools)) };
    this.#users.set(user, made);
    // The next session tries again.
    network.catch(() => this.#users.delete(user));
    return made;
  }

  /** Finds the networks in which sessions of an earlier platform still are, once. */
  async #findEarlier(): Promise<void> {
    this.#earlier ??= this.#adoptAll();
    await this.#earlier;
  }

  async #adoptAll(): Promise<void> {
    for (const key of keysIn(this.#sessions)) {
      const found = await rememberedIn(join(this.#sessions, key));
      if (found === undefined) continue;
      const supervisor = await new RunFiles(this.#sessions, '', key).claimant();
      if (supervisor === undefined || !(await isAlive(supervisor))) continue;
      if (!found.own) this.#machine.keep(key, found.address);
      else if (this.#tools !== undefined)
        this.#adopt(key, found, await leaderOf(supervisor.pid), this.#tools);
    }
  }

  #adopt(key: string, { user, address }: Remembered, pid: number, tools: NetworkTools): void {
    try {
      let known = this.#users.get(user);
      if (known === undefined) {
        const network = Promise.resolve(UserNetwork.of(pid));
        known = { network, addresses: new Addresses(prefixOf(tools)) };
        this.#users.set(user, known);
      }
      known.addresses.keep(key, address);
    } catch {
      // It ended meanwhile.
    }
  }

  /** The address of a session that runs, and whether it is in a network of its user's. */
  async placeOf(directory: string): Promise<{
    readonly address: string;
    readonly own: boolean;
    readonly user: string | undefined;
  }> {
    const found = await rememberedIn(directory);
    return {
      address: found?.address ?? loopback,
      user: found?.user,
      own: found?.own === true && this.#tools !== undefined,
    };
  }

  /** Gives back the address of a session that is over. */
  release({ key, user }: Pick<Run, 'key' | 'user'>): void {
    this.#machine.release(key);
    this.#users.get(user)?.addresses.release(key);
  }

  close(): void {
    for (const { network } of this.#users.values()) {
      void network.then((one) => one.close()).catch(() => undefined);
    }
    this.#users.clear();
  }
}

/** Why a session that needs the world beyond has the network of the machine. */
function machinesNote(tools: NetworkTools | undefined): RunNote {
  const bridgeless = 'networks that can be led outwards need nsenter, unshare and ip to work here';
  const why = tools?.kind === 'bridge' ? (tools.noWay ?? 'nothing leads outwards') : bridgeless;
  return {
    level: 'Normal',
    reason: 'NetworkNotReady',
    message: `The session has the network of this machine, and cannot reach other sessions at their addresses: ${why}`,
  };
}

/** The place of a session that nothing must lead anywhere. */
const placeAt = (address: string): NetworkPlace => ({
  address,
  supervisorPrefix: [],
  commandPrefix: [],
  alone: false,
});

const prefixOf = ({ kind }: NetworkTools): string => (kind === 'bridge' ? '10.244' : '127.1');

function keysIn(sessions: string): string[] {
  try {
    return readdirSync(sessions);
  } catch {
    return [];
  }
}

function remember(directory: string, { address, user, own }: Remembered): void {
  const text = `${address} ${own ? 'own' : 'machine'} ${user}\n`;
  writeFileSync(join(directory, noteName), text, { mode: 0o600 });
}

async function rememberedIn(directory: string): Promise<Remembered | undefined> {
  const [, address, place, user] =
    form.exec((await readNote(join(directory, noteName)))?.text ?? '') ?? [];
  if (address === undefined || user === undefined) return undefined;
  return { address, user, own: place === 'own' };
}

/**
 * What `/etc/hosts` says in a session: its own names lead to its address.
 *
 * @param names - of the session: that of its host, and its own
 */
export function hostsFor(run: Run, address: string, names: readonly string[]): string {
  const own = [...new Set(names)].filter((name) => /^[A-Za-z0-9][A-Za-z0-9.-]*$/.test(name));
  const local = '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n';
  const others = run.network === 'none' ? local : machineHosts();
  const line = `${address}\t${own.filter((name) => name !== 'localhost').join(' ')}\n`;
  // The first line with a name counts.
  return line + others;
}

function machineHosts(): string {
  try {
    return readFileSync('/etc/hosts', 'utf8');
  } catch {
    return '';
  }
}
