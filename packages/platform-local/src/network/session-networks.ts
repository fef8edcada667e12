import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Run, RunNetwork, RunNote } from '@skaha/engine/ports/runner.js';
import { readNote } from '@skaha/service/held.js';
import type { StandbyPlace } from '../confinement.js';
import { isAlive, leaderOf } from '../processes/processes.js';
import { RunFiles } from '../runs/run-files.js';
import type { NetworkTools } from './user-network.js';
import { joinWords, keepWords, UserNetwork } from './user-network.js';

/** The place of a session in a network. */
export interface NetworkPlace {
  /** The address at which other sessions of its user reach it. */
  readonly address: string;
  /** What precedes the supervisor, and enters the network of the user. */
  readonly supervisorPrefix: readonly string[];
  /** What precedes the command, and connects the session to that network. */
  readonly commandPrefix: readonly string[];
  /** Whether the confinement must remove the network itself: the session then reaches nothing. */
  readonly alone: boolean;
}

/** What a session reaches here, and how it serves a page. */
export interface NetworkChoice {
  readonly network: RunNetwork;
  /** Whether it has all ports to itself. */
  readonly ownPorts: boolean;
  /** Why it is not what was requested. */
  readonly note?: RunNote | undefined;
}

/** What is stored about a session, for later platforms. */
interface Remembered {
  readonly address: string;
  readonly user: string;
  /** Whether it is in the network of its user, or in this machine's. */
  readonly own: boolean;
}

const noteName = 'network';
const loopback = '127.0.0.1';
const form = /^(\d{1,3}(?:\.\d{1,3}){3}) (own|machine) ([^\n]{1,255})\n$/;

/** The network of one user as this platform holds it, and the addresses in use there. */
interface Known {
  readonly network: Promise<UserNetwork>;
  readonly addresses: Addresses;
}

/** Addresses in turn, so that one that was just freed is the last to be used again. */
class Addresses {
  readonly #prefix: string;
  readonly #taken = new Map<string, string>();
  #last = 0;

  /** @param prefix - the first two numbers of all addresses */
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
 * The addresses of sessions. Sessions that do not use the machine's network are in a network of their
 * user, where only they reach each other, on every port; the others each have their own address
 * in the machine's network.
 */
export class SessionNetworks {
  readonly #tools: NetworkTools | undefined;
  readonly #sessions: string;
  readonly #users = new Map<string, Known>();
  readonly #machine: Addresses;
  #earlier: Promise<void> | undefined;

  /**
   * @param tools - undefined if networks of users are not possible here
   * @param sessions - directory of the runs
   * @param instance - of this platform: no other one on the machine may use the same addresses
   */
  constructor(tools: NetworkTools | undefined, sessions: string, instance: string) {
    this.#tools = tools;
    this.#sessions = sessions;
    const sum = [...instance].reduce((so, one) => (so * 31 + one.charCodeAt(0)) % 190, 0);
    this.#machine = new Addresses(`127.${64 + sum}`);
  }

  /** Which network a session gets, given what was requested. */
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
   * Assigns a session its place, and stores it.
   *
   * @param address - of its standby supervisor's network, if that has one
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
   * Which standby supervisors may run a session; undefined for none: a connection to the outside is
   * made for one session only.
   */
  standbyGroup(run: Pick<Run, 'user' | 'network' | 'page'>): string | undefined {
    const { network } = this.choose(run);
    if (network === 'outgoing') return undefined;
    return network === 'host' || this.#tools === undefined ? '' : `network of ${run.user}`;
  }

  /**
   * Prepares the place of a supervisor that runs one session after the other: creating and removing a
   * network for each session would take longer than the rest of a sandbox.
   *
   * @param name - of the supervisor, with which its address is freed later
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

  /** Finds, once, the networks in which sessions of an earlier platform still run. */
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
      // It has ended in the meantime.
    }
  }

  /** The address of a running session, and whether it is in a network of its user. */
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

  /** Frees the address of a session that has ended. */
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

/** Why a session that needs the outside uses the network of the machine. */
function machinesNote(tools: NetworkTools | undefined): RunNote {
  const bridgeless = 'networks with a way out need nsenter, unshare and ip to work here';
  const why =
    tools?.kind === 'bridge' ? (tools.noWay ?? 'there is no way out of them') : bridgeless;
  return {
    level: 'Normal',
    reason: 'NetworkNotReady',
    message: `The session has the network of this machine, and cannot reach other sessions at their addresses: ${why}`,
  };
}

/** The place of a session that needs no network of its own. */
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
 * The contents of `/etc/hosts` in a session: its own names have its address.
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
