import { once } from 'node:events';
import {
  createServer as createPlainServer,
  type IncomingMessage,
  type Server as PlainServer,
  type ServerResponse,
} from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { readAway } from '@skaha/base/body.js';
import type { Clock } from '@skaha/base/clock.js';
import type { Logger } from '@skaha/base/logger.js';
import { PlatformError, systemCode } from '@skaha/service/errors.js';
import { type Reply, send } from '@skaha/service/reply.js';
import { type Fault, faultOf, skewOf } from '../faults/fault.js';
import type { Faults } from '../faults/faults.js';
import type { RequestLog } from '../faults/request-log.js';
import { replyInstead, spoiledReply } from '../faults/spoiled-replies.js';
import type { EngineSettings } from '../settings.js';
import { boundsOf, Connections } from './connections.js';
import { withoutSecrets } from './page-request.js';
import { routeOf } from './request-meter.js';

/** By default, nobody else on the network can reach a platform that runs commands. */
const loopback = '127.0.0.1';

/** Path prefix for control requests of the platform's owner; faults do not affect them. */
export const controlPrefix = '/control/v1/';

/** Path of the metrics; faults do not affect it. */
export const metricsPath = '/metrics';

/** Paths of the liveness and readiness probes of a cluster. */
export const livePath = '/healthz';
export const readyPath = '/readyz';

const ownPaths: readonly string[] = [metricsPath, livePath, readyPath];

/** How long open requests may take to finish when the platform stops. */
const drainMs = 1_000;

/** How long the rest of an unwanted body is read, so that its sender receives the reply. */
const longestRestMs = 30_000;

/** The server's key and certificate, and the authority of its users' certificates; PEM. */
export interface TlsFiles {
  readonly key: string;
  readonly certificate: string;
  readonly ca: string;
}

/** Forwards requests for the pages of sessions. */
interface PageProxy {
  /** Whether an address is that of a page. */
  handles(request: IncomingMessage): boolean;
  answer(request: IncomingMessage, response: ServerResponse): Promise<void>;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
  /** Ends all connections. */
  close(): void;
}

/** What a listener works with. */
export interface ListenerOptions {
  readonly tls: TlsFiles;
  readonly faults: Faults;
  readonly requests: RequestLog;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Counts requests; status 0 means that there was no reply. */
  readonly meter: { add(method: string, url: string, status: number, seconds: number): void };
  answer(request: IncomingMessage): Promise<Reply>;
  readonly pages: PageProxy;
  readonly settings: Pick<EngineSettings, 'server'>;
}

/** The HTTPS listener of a platform, and a server without TLS for a socket of its owner. */
export class Listener {
  readonly #server: Server;
  /** For a unix socket that only the owner can reach. */
  readonly plain: PlainServer;
  readonly #options: ListenerOptions;
  readonly #connections: Connections;

  constructor(options: ListenerOptions) {
    this.#options = options;
    const { connections, handshakeMs } = options.settings.server;
    this.#connections = new Connections(connections);
    const bounds = boundsOf(options.settings.server);
    this.plain = createPlainServer(bounds);
    this.#server = createServer({
      ...bounds,
      key: options.tls.key,
      cert: options.tls.certificate,
      ca: options.tls.ca,
      minVersion: 'TLSv1.2',
      // Certificates are optional, and we reply to invalid ones with 401, so we check them.
      requestCert: true,
      rejectUnauthorized: false,
      handshakeTimeout: handshakeMs,
    });
    for (const server of [this.#server, this.plain]) this.#attend(server);
    this.#server.on('tlsClientError', (error) => {
      options.logger.debug(`TLS handshake failed: ${systemCode(error) ?? error.message}`);
    });
  }

  #attend(server: Server | PlainServer): void {
    const { pages } = this.#options;
    // Longer than any client keeps an idle connection, so that none is closed just as it is reused.
    server.keepAliveTimeout = 120_000;
    server.on('connection', (socket: Socket) => this.#connections.admit(socket));
    server.on('request', (request, response) => void this.#handle(request, response));
    server.on('checkContinue', (request, response) => {
      continueWhenRead(request, response);
      void this.#handle(request, response);
    });
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#connections.use(request);
      // Node does not handle errors of a connection that it hands over.
      socket.on('error', () => socket.destroy());
      if (pages.handles(request)) {
        pages.upgrade(request, socket, head).catch(() => socket.destroy());
      } else {
        socket.destroy();
      }
    });
  }

  /**
   * Listens on a port.
   *
   * @param port - 0 for any free one
   * @param address - the loopback address by default
   * @returns the port
   * @throws {PlatformError} `platform.port_in_use`
   */
  async listen(port: number, address = loopback): Promise<number> {
    try {
      this.#server.listen({ port, host: address });
      await once(this.#server, 'listening');
    } catch (error) {
      throw listenError(error, port);
    }
    return (this.#server.address() as AddressInfo).port;
  }

  /** Accepts no more requests, gives open ones a moment to finish, and closes. */
  async close(): Promise<void> {
    const servers = [this.#server, this.plain];
    const closed = servers.map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    );
    this.#options.pages.close();
    for (const server of servers) server.closeIdleConnections();
    const timer = setTimeout(() => {
      for (const server of servers) server.closeAllConnections();
    }, drainMs);
    await Promise.all(closed);
    clearTimeout(timer);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { faults, requests, logger } = this.#options;
    const { method = 'GET', url = '/' } = request;
    const began = performance.now();
    response.once('close', this.#connections.use(request));
    let reply: Reply | undefined;
    // Uploads take long; they end when they stall.
    const late = setTimeout(() => {
      if (method !== 'PUT' && !request.complete) tooLate(request, response);
    }, this.#options.settings.server.requestMs).unref();
    try {
      const isControl = url.startsWith(controlPrefix) || ownPaths.includes(url);
      if (!isControl) requests.add(method, withoutSecrets(url), request.rawHeaders);
      const met = isControl ? [] : faults.meet(request);
      if (faultOf(met, 'drop-connection') !== undefined) return void request.socket.destroy();
      await this.#delay(met, response);
      const instead = replyInstead(met, url);
      if (instead === undefined && this.#options.pages.handles(request)) {
        return void (await this.#options.pages.answer(request, response));
      }
      reply = instead ?? (await this.#options.answer(request));
      const sent = instead ?? spoiledReply(reply, met);
      if (faultOf(met, 'lost-response') !== undefined) return void request.socket.destroy();
      const isUnread = !request.complete;
      if (isUnread) response.setHeader('connection', 'close');
      response.setTimeout(this.#options.settings.server.stallMs, () => request.socket.destroy());
      await send(response, sent, {
        head: method === 'HEAD',
        cut: faultOf(met, 'cut-response') !== undefined,
        beforeEnd: isUnread ? () => this.#readAway(request) : undefined,
        ...this.#dateFor(met),
      });
    } catch (error) {
      logger.error(`a request failed: ${error instanceof Error ? error.message : String(error)}`);
      request.socket.destroy();
    } finally {
      clearTimeout(late);
      reply?.content?.stream.destroy();
      this.#count(method, url, response, began);
    }
  }

  /** A client that sent `Expect: 100-continue` was not asked for its body. */
  async #readAway(request: IncomingMessage): Promise<void> {
    const milliseconds = Math.min(longestRestMs, this.#options.settings.server.requestMs);
    const isAnnounced = request.headers.expect !== undefined;
    await readAway(request, isAnnounced ? { milliseconds, silenceMs: 500 } : { milliseconds });
  }

  #count(method: string, url: string, { headersSent, statusCode }: ServerResponse, began: number) {
    const milliseconds = performance.now() - began;
    const status = headersSent ? statusCode : 0;
    this.#options.meter.add(method, url, status, milliseconds / 1000);
    const fields = { status, milliseconds: Math.round(milliseconds) };
    this.#options.logger.debug(`${method} ${routeOf(url)}: ${status}`, fields);
  }

  /** With the fault `clock-skew`, the header has another time. */
  #dateFor(met: readonly Fault[]): { date?: number } {
    const skew = skewOf(met);
    return skew === 0 ? {} : { date: this.#options.clock.now() + skew };
  }

  async #delay(met: readonly Fault[], response: ServerResponse): Promise<void> {
    const delays = met.flatMap((fault) => (fault.kind === 'slow' ? [fault.delayMs] : []));
    if (delays.length === 0) return;
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    for (const delayMs of delays) await this.#options.clock.sleep(delayMs, gone.signal);
  }
}

function listenError(error: unknown, port: number): PlatformError {
  if (systemCode(error) === 'EADDRINUSE' || systemCode(error) === 'EACCES') {
    const reason = systemCode(error) === 'EACCES' ? 'may not be used' : 'is in use';
    return new PlatformError('platform.port_in_use', `Port ${port} ${reason}.`, {
      hint: 'Choose another port with --port, or leave out --port to use any free one.',
      cause: error,
    });
  }
  return new PlatformError('platform.start_failed', `Cannot listen on ${loopback}:${port}.`, {
    cause: error,
  });
}

/** Asks for the body, once it is needed, if the client waits for that (RFC 9110, 10.1.1). */
function continueWhenRead(request: IncomingMessage, response: ServerResponse): void {
  const begin = (event: string | symbol) => {
    if (event !== 'data' && event !== 'readable') return;
    request.off('newListener', begin);
    if (!response.headersSent) response.writeContinue();
  };
  request.on('newListener', begin);
}

/** Replies that a request took too long to arrive (RFC 9110, 15.5.9), and closes the connection. */
function tooLate(request: IncomingMessage, response: ServerResponse): void {
  if (response.headersSent) {
    request.destroy();
    return;
  }
  response.writeHead(408, { connection: 'close' });
  response.end(() => request.destroy());
}
