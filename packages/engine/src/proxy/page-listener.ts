import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Facts, listenAgain } from '@skaha/service/listening.js';
import type { Reply } from '@skaha/service/reply.js';
import { boundsOf, Connections } from '../http/connections.js';
import { pageCookie } from '../http/page-request.js';
import type { Site } from '../http/site.js';
import { refuseUpgrade } from './forward.js';
import { answerPageLinks, enterPath, PageLinks, pagePath } from './page-links.js';
import { noPage, type PageRefusal, refuse } from './refusal.js';
import type { SessionProxy } from './session-proxy.js';

/** This machine's own names. Foreign names that lead here are refused (DNS rebinding). */
const ownHost = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;

/** How long open requests may take to finish when the platform stops. */
const drainMs = 1_000;

const misdirected: PageRefusal = {
  status: 421,
  message: 'This address is not one of the platform',
  advice: 'Pages of sessions are only at 127.0.0.1 or localhost.',
};

const spent: PageRefusal = {
  status: 410,
  message: 'This link has already been used, or is too old',
  advice:
    "Get a new one with 'skaha open'. The page is still open in the browser that used this link.",
};

/**
 * Serves the pages of sessions to browsers on this machine: over plain HTTP on the loopback
 * address, about which browsers do not warn, and on an origin with nothing but pages. A link that
 * works once is exchanged for a cookie for one page.
 */
export class PageListener {
  readonly #server: Server;
  readonly #connections: Connections;
  readonly #site: Site;
  readonly #pages: SessionProxy;
  readonly #links = new PageLinks();

  constructor(site: Site, pages: SessionProxy) {
    this.#site = site;
    this.#pages = pages;
    const { server } = site.settings;
    this.#server = createServer({ ...boundsOf(server), requestTimeout: server.requestMs });
    this.#connections = new Connections(server.connections);
    this.#server.on('connection', (socket: Socket) => this.#connections.admit(socket));
    this.#server.on('request', (request, response) => void this.#handle(request, response));
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#connections.use(request);
      socket.on('error', () => socket.destroy());
      if (!isOurs(request)) refuseUpgrade(socket, 421, 'Misdirected Request');
      else if (!this.#pages.handles(request)) socket.destroy();
      else this.#pages.upgrade(request, socket, head, 'http').catch(() => socket.destroy());
    });
  }

  /** The origin of all pages, which browsers separate from other origins. */
  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo | null)?.port ?? 0}`;
  }

  /**
   * Listens on the loopback address, on the same port as last time, which browsers may remember, or
   * on another if it is in use.
   */
  async listen(facts: Facts): Promise<void> {
    await listenAgain(facts, 'page-port', async (port) => {
      this.#server.listen({ port, host: '127.0.0.1' });
      await once(this.#server, 'listening');
    });
    facts.setFact('page-port', new URL(this.origin).port);
  }

  /** Answers requests for a link that opens a page. */
  readonly answerLinks = (request: IncomingMessage): Promise<Reply> =>
    answerPageLinks(request, this.#site, this.#links, this.origin);

  /** Accepts no more requests, gives open ones a moment to finish, and closes. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => this.#server.closeAllConnections(), drainMs);
    await closed;
    clearTimeout(timer);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url = '/' } = request;
    response.once('close', this.#connections.use(request));
    try {
      if (!isOurs(request)) refuse(request, response, misdirected);
      else if (url.startsWith(enterPath)) this.#enter(request, response, url);
      else if (this.#pages.handles(request)) await this.#pages.answer(request, response, 'http');
      else refuse(request, response, noPage);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#site.logger.error(`a request for a page failed: ${reason}`);
      request.socket.destroy();
    }
  }

  #enter(request: IncomingMessage, response: ServerResponse, url: string): void {
    // Programs that check links in advance must not use them up.
    const isLook = request.method !== 'GET' || request.headers['sec-purpose'] !== undefined;
    if (isLook) {
      response.writeHead(405, { allow: 'GET', 'cache-control': 'no-store' }).end();
      return;
    }
    const found = this.#links.take(url.slice(enterPath.length), this.#site.clock.now());
    const record =
      found === undefined ? undefined : this.#site.orchestrator.sessions.page(found.session);
    if (record === undefined || record.owner !== found?.owner) {
      refuse(request, response, spent);
      return;
    }
    const to = pagePath(record);
    const base = to.split('/').slice(0, 4).join('/');
    const token = this.#site.pageTokens.of(record.id);
    response.writeHead(302, {
      location: to,
      // Without `Secure`, which plain HTTP does not allow; the page is on this machine.
      'set-cookie': `${pageCookie}=${token}; Path=${base}/; HttpOnly; SameSite=Lax`,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    });
    response.end();
  }
}

const isOurs = ({ headers }: IncomingMessage): boolean => ownHost.test(headers.host ?? '');
