import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { ServerBounds } from '../settings.js';

/** The largest head of a request, in bytes. */
const headBytes = 16 * 1024;

/** What every server of a platform bounds, as Node takes it. */
export function boundsOf({ headMs, requestMs }: ServerBounds) {
  return {
    keepAlive: true,
    headersTimeout: Math.min(headMs, requestMs),
    // Uploads take their time: each request is watched separately.
    requestTimeout: 0,
    // How often that is looked at: the bound is kept to within a quarter of it.
    connectionsCheckingInterval: Math.ceil(Math.min(headMs, requestMs) / 4),
    maxHeaderSize: headBytes,
  };
}

interface Peer {
  readonly socket: Socket;
  /** Requests that are under way on it. */
  readonly busy: Set<IncomingMessage>;
}

/** Nothing is under way, or nothing but what the other side has not finished saying. */
const isIdle = ({ busy }: Peer): boolean => busy.size === 0;
const isUnfinished = ({ busy }: Peer): boolean => ![...busy].some(({ complete }) => complete);

/** What one connection is known by, before and after its handshake; a unix socket has neither. */
const keyOf = (socket: Socket): unknown =>
  socket.remotePort === undefined ? socket : `${socket.remoteAddress} ${socket.remotePort}`;

/**
 * Bounds the number of connections. When there are too many, the one that has been idle or silent
 * for longest makes room, then the one whose request has been arriving for longest, so that somebody
 * who opens many and says little keeps nobody else out.
 */
export class Connections {
  readonly #most: number;
  /** In the order in which they were last used. */
  readonly #peers = new Map<unknown, Peer>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Takes a connection that was just accepted. */
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

  /** Says that a request has come on a connection; the result says that it was answered. */
  use(request: IncomingMessage): () => void {
    const key = keyOf(request.socket);
    const peer = this.#peers.get(key);
    if (peer === undefined) return () => undefined;
    peer.busy.add(request);
    return () => {
      peer.busy.delete(request);
      // The last one used is the last to go.
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
