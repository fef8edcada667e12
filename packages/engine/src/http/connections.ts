import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { ServerBounds } from '../settings.js';

/** The largest head of a request, in bytes. */
const headBytes = 16 * 1024;

/** Limits that all servers of a platform share, as options for Node. */
export function boundsOf({ headMs, requestMs }: ServerBounds) {
  return {
    keepAlive: true,
    headersTimeout: Math.min(headMs, requestMs),
    // No limit here, because uploads take long: the listener watches each request.
    requestTimeout: 0,
    // How often Node checks: limits are exceeded by at most a quarter.
    connectionsCheckingInterval: Math.ceil(Math.min(headMs, requestMs) / 4),
    maxHeaderSize: headBytes,
  };
}

interface Peer {
  readonly socket: Socket;
  /** Requests in progress on it. */
  readonly busy: Set<IncomingMessage>;
}

/** Whether it is idle, or only waits for the client to finish a request. */
const isIdle = ({ busy }: Peer): boolean => busy.size === 0;
const isUnfinished = ({ busy }: Peer): boolean => ![...busy].some(({ complete }) => complete);

/** Identifies a connection before and after its handshake; a unix socket has neither port. */
const keyOf = (socket: Socket): unknown =>
  socket.remotePort === undefined ? socket : `${socket.remoteAddress} ${socket.remotePort}`;

/**
 * Limits the number of connections. If there are too many, the one that has been idle longest is
 * closed, then the one whose request has been arriving longest, so that somebody who opens many
 * connections and sends little does not lock out others.
 */
export class Connections {
  readonly #most: number;
  /** In order of last use. */
  readonly #peers = new Map<unknown, Peer>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Adds a connection that was just accepted. */
  admit(socket: Socket): void {
    if (this.#peers.size >= this.#most && !this.#makeRoom()) {
      socket.destroy();
      return;
    }
    const key = keyOf(socket);
    this.#peers.set(key, { socket, busy: new Set() });
    socket.once('close', () => {
      if (this.#peers.get(key)?.socket === socket) this.#peers.delete(key);
    });
  }

  /** Notes a request on a connection; call the result when it has been answered. */
  use(request: IncomingMessage): () => void {
    const key = keyOf(request.socket);
    const peer = this.#peers.get(key);
    if (peer === undefined) return () => undefined;
    peer.busy.add(request);
    return () => {
      peer.busy.delete(request);
      // Moves it to the end: the connection used last is closed last.
      if (this.#peers.get(key) === peer) {
        this.#peers.delete(key);
        this.#peers.set(key, peer);
      }
    };
  }

  #makeRoom(): boolean {
    const found = this.#first(isIdle) ?? this.#first(isUnfinished);
    if (found === undefined) return false;
    const [key, { socket }] = found;
    this.#peers.delete(key);
    socket.destroy();
    return true;
  }

  #first(may: (peer: Peer) => boolean): [unknown, Peer] | undefined {
    for (const entry of this.#peers) if (may(entry[1])) return entry;
    return undefined;
  }
}
