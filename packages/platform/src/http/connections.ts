import type { Socket } from 'node:net';

interface Peer {
  readonly socket: Socket;
  /** Requests that are under way on it. */
  busy: number;
}

/** What one connection is known by, before and after its handshake; a unix socket has neither. */
const keyOf = (socket: Socket): unknown =>
  socket.remotePort === undefined ? socket : `${socket.remoteAddress} ${socket.remotePort}`;

/**
 * Bounds the number of connections. When there are too many, the one that has been idle or silent
 * for longest makes room, so that somebody who opens many and says nothing keeps nobody else out.
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
    this.#peers.set(key, { socket, busy: 0 });
    socket.once('close', () => {
      if (this.#peers.get(key)?.socket === socket) this.#peers.delete(key);
    });
  }

  /** Says that a request has come on a connection; the result says that it was answered. */
  use(socket: Socket): () => void {
    const key = keyOf(socket);
    const peer = this.#peers.get(key);
    if (peer === undefined) return () => undefined;
    peer.busy += 1;
    return () => {
      peer.busy -= 1;
      // The last one used is the last to go.
      if (this.#peers.get(key) === peer) {
        this.#peers.delete(key);
        this.#peers.set(key, peer);
      }
    };
  }

  #makeRoom(): boolean {
    for (const [key, { socket, busy }] of this.#peers) {
      if (busy > 0) continue;
      this.#peers.delete(key);
      socket.destroy();
      return true;
    }
    return false;
  }
}
