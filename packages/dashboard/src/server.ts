import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Portal } from './portal.js';

/** How long open requests may take to finish at the end, in milliseconds. */
const drainMs = 500;

/** Serves a portal on the loopback address, over plain HTTP, which no browser warns of there. */
export class PortalServer {
  readonly #server: Server;

  constructor(portal: Portal) {
    this.#server = createServer({ requestTimeout: 0 }, (request, response) => {
      portal.handle(request, response).catch(() => response.destroy());
    });
    this.#server.keepAliveTimeout = 60_000;
    this.#server.on('upgrade', (_request, socket) => socket.destroy());
  }

  /** Address of the dashboard, without a slash at its end. */
  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo | null)?.port ?? 0}`;
  }

  /**
   * Listens.
   *
   * @param port - 0 takes any free one
   */
  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ port, host: '127.0.0.1' }, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
  }

  /** Takes no more requests, lets open ones finish for a moment, and closes. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => this.#server.closeAllConnections(), drainMs);
    await closed;
    clearTimeout(timer);
  }
}
