import { writeFileSync } from 'node:fs';
import { readFile, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Run, RunNote } from '@skaha/engine/ports/runner.js';
import type { ConnectToPort } from '../confinement.js';
import type { Mount } from '../mounts.js';
import { probeNetwork } from '../network/probe.js';
import { SessionNamespaces } from '../network/session-namespaces.js';
import { hostsFor, SessionNetworks } from '../network/session-networks.js';
import { nameServer } from '../network/slirp.js';
import type { NetworkTools } from '../network/user-network.js';
import { keepWords } from '../network/user-network.js';
import { endAll } from '../processes/end-processes.js';
import { holdersOf, identityOf, isAlive } from '../processes/processes.js';
import { spawnProgram } from '../processes/spawn.js';
import { untilReady } from '../processes/until-ready.js';
import type { RunFiles } from '../runs/run-files.js';
import type { Engine } from './engine.js';

/** How long a network may take until it is there, in milliseconds, with slirp4netns. */
const patienceMs = 30_000;

type Bridge = Extract<NetworkTools, { kind: 'bridge' }>;

/** Says that the network is there, and stays in it. */
const stay = ['/bin/sh', '-c', 'echo ready; exec sleep 2147483647'];

/** Where a container is. */
export interface ContainerPlace {
  /** Under which other sessions of its user reach it. */
  readonly address: string;
  /** The path by which the engine finds its network. */
  readonly namespace: string;
  /** What it learns names from. */
  readonly mounts: readonly Mount[];
}

/**
 * What networks the containers of an engine can have that are made here: only an engine of this
 * machine that runs as root can be led into them, and only Podman takes the path of one.
 *
 * @returns undefined for none: containers then have what the engine gives them
 */
export async function networksFor(
  { facts, socket }: Pick<Engine, 'facts' | 'socket'>,
  signal?: AbortSignal,
): Promise<Bridge | undefined> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined;
  if (facts.name !== 'Podman' || facts.rootless || !(await isListenerHere(socket)))
    return undefined;
  const found = await probeNetwork(undefined, signal);
  return found?.kind === 'bridge' ? found : undefined;
}

/**
 * True when the server of a socket counts processes as this one does: then a path below `/proc`
 * means the same to both. Where the socket was only lent to this process, as to a container or by a
 * virtual machine, it could mean the network of somebody else.
 *
 * @param socket - path of the socket; Linux only
 */
async function isListenerHere(socket: string): Promise<boolean> {
  try {
    const own = await readlink('/proc/self/ns/pid');
    const servers = await holdersOf(await socketsAt(await realpath(socket)));
    const spaces = servers.map(async (pid) => await readlink(`/proc/${pid}/ns/pid`));
    return (await Promise.all(spaces)).includes(own);
  } catch {
    return false;
  }
}

/** What the descriptors of the server there lead to. */
async function socketsAt(path: string): Promise<Set<string>> {
  const lines = (await readFile('/proc/net/unix', 'utf8')).split('\n');
  const found = lines.map((line) => /^\S+: (?:\S+ ){5}\s*(\d+) (.+)$/.exec(line) ?? []);
  return new Set(found.filter(([, , at]) => at === path).map(([, inode]) => `socket:[${inode}]`));
}

/**
 * Networks of users for sessions in containers: as with sandboxes, the sessions of one user reach
 * each other on every port. Two small processes hold the network of each session, one in that of its
 * user and one in its own, so that it lasts as long as the session, with or without a platform.
 */
export class ContainerNetworks {
  readonly #networks: SessionNetworks;
  readonly #namespaces: SessionNamespaces;
  readonly #engineNetwork: string | undefined;

  /**
   * @param engineNetwork - of the configuration, for sessions that need the outside
   * @param sessions - directory of the runs
   * @param instance - distinguishes this platform from others
   */
  constructor(
    tools: Bridge,
    engineNetwork: string | undefined,
    { sessions, instance }: { readonly sessions: string; readonly instance: string },
  ) {
    this.#networks = new SessionNetworks(tools, sessions, instance);
    this.#namespaces = new SessionNamespaces(tools);
    this.#engineNetwork = engineNetwork;
  }

  /** Whether a session gets a network from here; otherwise the engine gives it one. */
  hasPlaceFor(run: Pick<Run, 'network' | 'page'>): boolean {
    if (run.network === 'host') return false;
    if (run.network === 'outgoing' && this.#engineNetwork !== undefined) return false;
    return this.#networks.choose(run).network === run.network;
  }

  /**
   * Makes the network of a session. What an earlier attempt left of one goes first.
   *
   * @param names - under which the session knows itself
   * @param noted - called with what its owner should know
   * @throws when the system does not allow it
   */
  async place(
    run: Run,
    files: RunFiles,
    names: readonly string[],
    noted: (note: RunNote) => void,
  ): Promise<ContainerPlace> {
    await this.release(files);
    const place = await this.#networks.place(run, files.directory);
    const { address, supervisorPrefix, commandPrefix } = place;
    const words = [...supervisorPrefix, ...keepWords, ...commandPrefix, ...stay];
    const holder = spawnProgram(words, ['ignore', 'pipe', 'pipe'], { skaha_sessionid: run.key });
    const { pid = 0 } = holder;
    const ready = untilReady(holder, {
      patienceMs,
      isReady: (text) => text.includes('ready\n'),
      reason: (lines) => `no network: ${lines.at(-1) ?? 'it ended'}`,
    });
    ready.catch(() => undefined);
    try {
      const identity = await identityOf(pid);
      if (identity === undefined) throw new Error('its network could not be made');
      await files.claimFor(identity);
      const [note] = await Promise.all([this.#leadOut(run, files, pid), ready]);
      if (note !== undefined) noted(note);
      const inner = await this.#namespaces.insideOf(run.key, pid);
      const mounts = nameFiles(run, files, address, names);
      return { address, namespace: `/proc/${inner}/ns/net`, mounts };
    } catch (error) {
      await this.release(files);
      throw error;
    } finally {
      // It stays without this process.
      holder.stdout?.destroy();
      holder.stderr?.destroy();
      holder.unref();
    }
  }

  /** Gives a session of an earlier platform what this process must hold for it. */
  async attend(run: Run, files: RunFiles): Promise<RunNote | undefined> {
    const holder = await this.#holderOf(files);
    return holder === undefined ? undefined : await this.#leadOut(run, files, holder.pid);
  }

  async #leadOut(run: Run, files: RunFiles, holder: number): Promise<RunNote | undefined> {
    if (run.network !== 'outgoing') return undefined;
    return await this.#namespaces.open({ ...run, id: run.key }, files.directory, holder);
  }

  /** How a port of a session is reached; undefined where the engine gave it its network. */
  async reach(files: RunFiles): Promise<ConnectToPort | undefined> {
    const holder = await this.#holderOf(files);
    if (holder === undefined) return undefined;
    const { pid, address } = holder;
    return async (port) => await this.#namespaces.connect(files.key, pid, port, address);
  }

  async #holderOf(files: RunFiles): Promise<{ pid: number; address: string } | undefined> {
    const { address, own } = await this.#networks.placeOf(files.directory);
    const pid = own ? await livingHolder(files) : undefined;
    return pid === undefined ? undefined : { pid, address };
  }

  /** Removes the network of a session that has ended, if it had one. */
  async release(files: RunFiles): Promise<void> {
    const { key, directory } = files;
    this.#namespaces.release(key);
    const { own, user } = await this.#networks.placeOf(directory);
    if (!own || user === undefined) return;
    this.#networks.release({ key, user });
    // Its slirp4netns is in no group of the holder's, and has its mark.
    await endAll(key, await livingHolder(files), files);
    await files.unclaim();
  }

  /** Closes what this process holds; running sessions keep their networks. */
  close(): void {
    this.#namespaces.close();
    this.#networks.close();
  }
}

/** The process that holds the network, if it still runs: its number may belong to another by now. */
async function livingHolder(files: RunFiles): Promise<number | undefined> {
  const holder = await files.claimant();
  return holder !== undefined && (await isAlive(holder)) ? holder.pid : undefined;
}

/** What a session learns names from: its own, and those of the world where it is led there. */
function nameFiles(
  run: Run,
  { directory }: RunFiles,
  address: string,
  names: readonly string[],
): Mount[] {
  const texts: Readonly<Record<string, string>> = {
    hosts: hostsFor(run, address, names),
    ...(run.network === 'outgoing' ? { 'resolv.conf': `nameserver ${nameServer}\n` } : {}),
  };
  return Object.entries(texts).map(([name, text]) => {
    const source = join(directory, name);
    writeFileSync(source, text, { mode: 0o644 });
    return { source, target: `/etc/${name}`, readOnly: true };
  });
}
