import { createServer, type Server } from 'node:https';
import { join } from 'node:path';
import { livePath } from '@skaha/engine/http/listener.js';
import { type DataLayout, readIfPresent } from '@skaha/service/data.js';
import { send, text, unavailable } from '@skaha/service/reply.js';
import type { ListenSettings } from './config/settings.js';

/** How soon a client may ask again: as long as it takes to notice that a platform died. */
const retrySeconds = 5;

/** How often a port or a certificate is looked for that was not there yet. */
const lookMs = 1_000;

/** Where a platform answers that waits until another one ends. */
export interface WaitingPlace {
  readonly layout: DataLayout;
  readonly listen: ListenSettings;
  /** A port of its own choice nobody could know: then nothing listens. */
  readonly port: number | undefined;
  certificate(): { readonly certificate: string; readonly key: string } | undefined;
}

/**
 * Answers for a platform that waits: it lives, it is not ready, and clients that ask for more have to come
 * again.
 */
export class WaitingServer {
  readonly #place: WaitingPlace;
  #server: Server | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(place: WaitingPlace) {
    this.#place = place;
    if (place.port === undefined || place.port === 0) return;
    this.#listen();
    this.#timer = setInterval(() => this.#listen(), lookMs).unref();
  }

  /** The certificate of the platform is made by the first of them. */
  #listen(): void {
    if (this.#server !== undefined) return;
    const { layout, listen, port } = this.#place;
    const own = readIfPresent(join(layout.secrets, 'server.pem'));
    const given = this.#place.certificate() ?? (own && { certificate: own, key: own });
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

  /** Lets go of the port. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    const server = this.#server;
    if (server === undefined) return;
    // Closed before it listens, it would listen afterwards.
    if (!server.listening) {
      await new Promise((resolve) => server.once('listening', resolve).once('error', resolve));
    }
    if (!server.listening) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  }
}
