import { createServer, type Server } from 'node:https';
import { join } from 'node:path';
import { livePath } from '@skaha/engine/http/listener.js';
import { type DataLayout, readIfPresent } from '@skaha/service/data.js';
import { send, text, unavailable } from '@skaha/service/reply.js';
import type { ListenSettings } from './config/settings.js';

/** When a client should try again: as long as it takes to notice that a platform has died. */
const retrySeconds = 5;

/** How often to look for a port or a certificate that is not available yet. */
const lookMs = 1_000;

/** What a server for a platform that waits until another one ends needs. */
export interface WaitingServerOptions {
  readonly layout: DataLayout;
  readonly listen: ListenSettings;
  /** If 0, nothing listens, because nobody would know the chosen port. */
  readonly port: number | undefined;
  certificate(): { readonly certificate: string; readonly key: string } | undefined;
}

/** Answers for a waiting platform: it is alive, but clients have to try again later. */
export class WaitingServer {
  readonly #options: WaitingServerOptions;
  #server: Server | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: WaitingServerOptions) {
    this.#options = options;
    if (options.port === undefined || options.port === 0) return;
    this.#listen();
    this.#timer = setInterval(() => this.#listen(), lookMs).unref();
  }

  /** The certificate of the platform is created by the first one. */
  #listen(): void {
    if (this.#server !== undefined) return;
    const { layout, listen, port } = this.#options;
    const own = readIfPresent(join(layout.secrets, 'server.pem'));
    const given = this.#options.certificate() ?? (own && { certificate: own, key: own });
    if (given === undefined || given === '') return;
    const server = createServer(
      { cert: given.certificate, key: given.key },
      (request, response) => {
        request.resume();
        const reply =
          request.url === livePath ? text('ok') : unavailable(request.url, retrySeconds);
        void send(response, reply, { head: request.method === 'HEAD', cut: false });
      },
    );
    this.#server = server;
    server.on('error', () => {
      server.close();
      this.#server = undefined;
    });
    server.listen({ port, host: listen.address ?? '127.0.0.1' });
  }

  /** Releases the port. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    const server = this.#server;
    if (server === undefined) return;
    // If it were closed before it listens, it would listen afterwards.
    if (!server.listening) {
      await new Promise((resolve) => server.once('listening', resolve).once('error', resolve));
    }
    if (!server.listening) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  }
}
