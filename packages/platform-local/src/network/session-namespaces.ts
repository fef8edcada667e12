import { readFileSync, readlinkSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { Run, RunNote } from '@skaha/engine/ports/runner.js';
import { reasonOf } from '@skaha/service/errors.js';
import { childrenOf, leaderOf } from '../processes/processes.js';
import { Connector } from './connector.js';
import { startSlirp } from './slirp.js';
import type { NetworkTools } from './user-network.js';
import { outerInterface, UserNetwork } from './user-network.js';

/** How long a session may take to get its network, and how often that is checked. */
const patienceMs = 10_000;
const stepMs = 10;

/** What the platform holds of the network of one session. */
interface Namespace {
  readonly network: UserNetwork;
  readonly pid: number;
  connector: Connector | undefined;
  endSlirp: (() => void) | undefined;
}

/**
 * What the platform keeps in the networks of sessions with a network of their own: connections to
 * their pages, its own port, and the connection to the outside.
 */
export class SessionNamespaces {
  readonly #tools: NetworkTools;
  readonly #enter: string | undefined;
  readonly #namespaces = new Map<string, Promise<Namespace>>();

  /**
   * @param enter - the script that puts a further command within the limits of a session; undefined
   *   if the platform does not make those
   */
  constructor(tools: NetworkTools, enter?: string) {
    this.#tools = tools;
    this.#enter = enter;
  }

  /**
   * Connects a session to the outside and to the platform; the session waits for it.
   *
   * @param state - directory of the run
   * @param supervisor - process number of its supervisor
   * @returns what its owner should know if that fails
   */
  async open(run: Run, state: string, supervisor: number): Promise<RunNote | undefined> {
    try {
      await this.#open(run, state, supervisor);
      return undefined;
    } catch (error) {
      const message = `The session cannot reach the network beyond this machine: ${reasonOf(error)}`;
      return { level: 'Warning', reason: 'NetworkNotReady', message };
    }
  }

  async #open(run: Run, state: string, supervisor: number): Promise<void> {
    const tools = this.#tools;
    if (tools.kind !== 'bridge' || tools.slirp === undefined) return;
    const namespace = await this.#of(run.key, supervisor);
    try {
      if (run.platformPort !== undefined) await this.#connectorIn(namespace).show(run.platformPort);
    } finally {
      if (!hasSlirp(namespace.pid)) {
        const before = this.#enter === undefined ? [] : ['/bin/sh', this.#enter, state];
        const mark = { skaha_sessionid: run.id };
        namespace.endSlirp = await startSlirp(tools.slirp, namespace.network.paths, before, mark);
      }
    }
  }

  /**
   * Connects to a port in the network of a session.
   *
   * @throws when nothing listens there, or the session is gone
   */
  async connect(key: string, supervisor: number, port: number, address: string): Promise<Duplex> {
    const namespace = await this.#of(key, supervisor);
    // Most listen at the first address, some only at their own.
    return await this.#connectorIn(namespace).connect(port, ['127.0.0.1', address]);
  }

  /**
   * The number of a process in the network of a session.
   *
   * @throws when the session is gone
   */
  async insideOf(key: string, supervisor: number): Promise<number> {
    return (await this.#of(key, supervisor)).pid;
  }

  #connectorIn(namespace: Namespace): Connector {
    if (namespace.connector === undefined || namespace.connector.isGone) {
      namespace.connector = new Connector(namespace.network.entrance(this.#tools));
    }
    return namespace.connector;
  }

  async #of(key: string, supervisor: number): Promise<Namespace> {
    const known = this.#namespaces.get(key);
    if (known !== undefined) return await known;
    const namespace = this.#find(supervisor);
    this.#namespaces.set(key, namespace);
    namespace.catch(() => this.#namespaces.delete(key));
    return await namespace;
  }

  /** A child of the supervisor is in the network of the session, its leader in that of the user. */
  async #find(supervisor: number): Promise<Namespace> {
    const made = { connector: undefined, endSlirp: undefined };
    if (this.#tools.kind !== 'bridge') {
      return { network: UserNetwork.of(supervisor), pid: supervisor, ...made };
    }
    for (let waited = 0; waited < patienceMs; waited += stepMs) {
      for (const pid of await childrenOf(supervisor)) {
        const own = namespaceOf(pid);
        // Read only once there is a child: before, the leader may not have entered the network yet.
        const users = namespaceOf(await leaderOf(supervisor));
        if (own === undefined || users === undefined || own === users) continue;
        try {
          return { network: UserNetwork.of(pid), pid, ...made };
        } catch {
          // It ended meanwhile.
        }
      }
      if (namespaceOf(supervisor) === undefined) break;
      await pause(stepMs);
    }
    throw new Error('it does not exist');
  }

  /** Closes what it holds of a session that has ended. */
  release(key: string): void {
    const known = this.#namespaces.get(key);
    this.#namespaces.delete(key);
    known
      ?.then(({ network, connector, endSlirp }) => {
        connector?.close();
        endSlirp?.();
        network.close();
      })
      .catch(() => undefined);
  }

  /** Closes all; running sessions stay connected to the outside. */
  close(): void {
    for (const known of this.#namespaces.values()) {
      known
        .then(({ network, connector }) => {
          connector?.close();
          network.close();
        })
        .catch(() => undefined);
    }
    this.#namespaces.clear();
  }
}

function namespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}

function hasSlirp(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/net/route`, 'utf8').includes(outerInterface);
  } catch {
    return false;
  }
}
