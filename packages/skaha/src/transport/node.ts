import http from 'node:http';
import type { AgentOptions, Agent as SecureAgent } from 'node:https';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import { SkahaError } from '../errors/index.js';
import type { Connection } from '../runtime/types.js';
import { isLoopback } from '../utils/server-url.js';
import { onAbort } from '../utils/signals.js';
import { sendsOnce } from './node-once.js';
import { SocketAgent } from './node-socket.js';
import {
  type Transport,
  TransportFailure,
  type TransportRequest,
  type TransportResponse,
} from './types.js';

/** Below the 5 s after which common servers drop idle connections, so that none is reused dead. */
const idleMilliseconds = 4_000;

/** How to connect. */
export interface NodeTransportOptions {
  /** Bounds the open connections. */
  concurrency: number;
  /** Resolves host names in place of the system's resolver; may refuse addresses. */
  lookup?: LookupFunction | undefined;
}

/**
 * Sends requests with Node's own HTTP modules: connections are kept and reused, the client
 * certificate is presented when there is one and loaded again when its file changes.
 *
 * @param connection - where to connect, as whom, trusting which authorities
 * @param options - how many connections at once, and how names are resolved
 */
export function createNodeTransport(
  connection: Connection,
  options: NodeTransportOptions,
): Transport {
  return new NodeTransport(connection, options);
}

/** Other runtimes have Node's modules, but not always the whole of what they do. */
const isNode = !['bun', 'deno'].some((name) => name in process.versions);

class NodeTransport implements Transport {
  readonly #connection: Connection;
  readonly #agentOptions: AgentOptions;
  /** By certificate text, `-` for none, and by whether the server is on this machine. */
  readonly #secure = new Map<string, { certificate: string; agent: SecureAgent }>();
  readonly #ready = new WeakSet<Socket>();
  readonly #lookup: LookupFunction | undefined;
  #plain: http.Agent | undefined;
  #socket: SocketAgent | undefined;
  #closed = false;

  constructor(connection: Connection, { concurrency, lookup }: NodeTransportOptions) {
    this.#connection = connection;
    this.#lookup = lookup;
    this.#agentOptions = {
      keepAlive: true,
      maxSockets: concurrency,
      maxFreeSockets: concurrency,
      timeout: idleMilliseconds,
      ...(lookup === undefined ? {} : { lookup }),
    };
  }

  async send(request: TransportRequest): Promise<TransportResponse> {
    request.signal.throwIfAborted();
    const url = new URL(request.url);
    await this.#checkLiteral(url);
    return (await this.#overSocket(url, request)) ?? (await this.#overNetwork(url, request));
  }

  /** Undefined when the server has no socket here, or nothing answers there. */
  async #overSocket(url: URL, request: TransportRequest): Promise<TransportResponse | undefined> {
    const { socket, root, credential } = this.#connection;
    // A client certificate is shown in TLS only.
    if (!isNode || socket === undefined || credential.mode === 'x509') return undefined;
    if (url.origin !== new URL(root).origin) return undefined;
    if (this.#closed) throw new TransportFailure('CLOSED', false);
    this.#socket ??= new SocketAgent(socket, this.#agentOptions);
    try {
      return await this.#exchange(http.request, url, this.#socket, request);
    } catch (error) {
      if (error instanceof TransportFailure && !error.mayHaveReached) return undefined;
      throw error;
    }
  }

  async #overNetwork(url: URL, request: TransportRequest): Promise<TransportResponse> {
    const secure = url.protocol === 'https:' ? await import('./node-tls.js') : undefined;
    const certificate = secure === undefined ? '' : await this.#certificate(request);
    const ca = secure === undefined ? undefined : await this.#authorities();
    // Checked after the certificate was read, as the transport may have closed meanwhile.
    if (this.#closed) throw new TransportFailure('CLOSED', false);
    request.signal.throwIfAborted();
    if (secure === undefined) {
      return this.#exchange(http.request, url, this.#plainAgent(), request);
    }
    const agent = this.#secureAgent(secure, url, { certificate, ca });
    return this.#exchange(secure.request, url, agent, request);
  }

  close(): Promise<void> {
    this.#closed = true;
    for (const { agent } of this.#secure.values()) agent.destroy();
    this.#plain?.destroy();
    this.#socket?.destroy();
    return Promise.resolve();
  }

  async #certificate(request: TransportRequest): Promise<string> {
    const { credential } = this.#connection;
    if (request.anonymous || credential.mode !== 'x509') return '';
    return (await credential.read()).pem;
  }

  async #authorities(): Promise<string | undefined> {
    const { ca, readCa } = this.#connection;
    return ca ?? (await readCa?.());
  }

  /** Node looks up names only, so a resolver that refuses addresses is asked about literal ones here. */
  async #checkLiteral({ hostname }: URL): Promise<void> {
    const lookup = this.#lookup;
    const address = hostname.replace(/^\[|\]$/g, '');
    if (lookup === undefined || isIP(address) === 0) return;
    await new Promise<void>((resolve, reject) => {
      lookup(address, {}, (error) => {
        if (error === null) resolve();
        else reject(failure(error, false));
      });
    });
  }

  #plainAgent(): http.Agent {
    this.#plain ??= new http.Agent(this.#agentOptions);
    return this.#plain;
  }

  #secureAgent(
    { secureAgent }: typeof import('./node-tls.js'),
    url: URL,
    { certificate, ca }: { certificate: string; ca: string | undefined },
  ): SecureAgent {
    const isLocal = isLoopback(url.href);
    const key = `${isLocal} ${certificate || '-'}`;
    const known = this.#secure.get(key);
    if (known !== undefined) return known.agent;
    if (certificate !== '') this.#forgetCertificatesBut(certificate);
    const agent = secureAgent(certificate, ca, isLocal, this.#agentOptions);
    this.#secure.set(key, { certificate, agent });
    return agent;
  }

  /** Requests under way end undisturbed; only idle connections of an old certificate go. */
  #forgetCertificatesBut(current: string): void {
    for (const [key, { certificate, agent }] of this.#secure) {
      if (certificate === '' || certificate === current) continue;
      for (const sockets of Object.values(agent.freeSockets)) {
        for (const socket of sockets ?? []) socket.destroy();
      }
      this.#secure.delete(key);
    }
  }

  #exchange(
    open: typeof http.request,
    url: URL,
    agent: http.Agent,
    request: TransportRequest,
  ): Promise<TransportResponse> {
    return new Promise((resolve, reject) => {
      const { signal } = request;
      let reached = false;
      const secure = url.protocol === 'https:' && open !== http.request;
      const outgoing = open(secure ? url : plainly(url), {
        method: request.method,
        headers: { ...request.headers, host: url.host },
        agent: request.method === 'POST' ? sendsOnce(agent) : agent,
      });
      const forget = onAbort(signal, () => outgoing.destroy());
      outgoing.on('socket', (socket) => {
        this.#whenReady(socket, secure, () => {
          reached = true;
        });
      });
      outgoing.on('response', (incoming) => {
        incoming.once('close', forget);
        resolve({
          status: incoming.statusCode ?? 0,
          header: (name) => headerValue(incoming.headers[name.toLowerCase()]),
          headers: () => allHeaders(incoming.headers),
          body: readBody(incoming, signal),
        });
      });
      outgoing.on('error', (cause) => {
        forget();
        reject(signal.aborted ? signal.reason : failure(cause, reached));
      });
      outgoing.end(request.body);
    });
  }

  /** Tells when a connection can carry the request: at once when it carried one before. */
  #whenReady(socket: Socket, secure: boolean, tell: () => void): void {
    if (this.#ready.has(socket)) {
      tell();
      return;
    }
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      this.#ready.add(socket);
      tell();
    });
  }
}

/** The same address for a module that knows no TLS. */
function plainly(url: URL): URL {
  const plain = new URL(url);
  plain.protocol = 'http:';
  return plain;
}

async function* readBody(
  incoming: http.IncomingMessage,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  try {
    for await (const chunk of incoming) yield chunk;
  } catch (cause) {
    throw signal.aborted ? signal.reason : failure(cause, true);
  }
}

function headerValue(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value;
}

const allHeaders = (headers: http.IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, headerValue(value) ?? '']),
  );

/** Alerts by which a server turns down a client certificate, or misses one. */
const refusedCertificate =
  /ALERT_(?:CERTIFICATE_REQUIRED|UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_(?:EXPIRED|REVOKED|UNKNOWN)|UNSUPPORTED_CERTIFICATE|HANDSHAKE_FAILURE|ACCESS_DENIED)/;

function failure(cause: unknown, reached: boolean): TransportFailure | SkahaError {
  if (cause instanceof SkahaError) return cause;
  const code = errorCode(cause);
  // Under TLS 1.3 the refusal arrives after the request was sent, but it was never read.
  if (refusedCertificate.test(code))
    return new TransportFailure('CERTIFICATE_REFUSED', false, cause);
  return new TransportFailure(code, reached, cause);
}

function errorCode(cause: unknown): string {
  if (!(cause instanceof Error)) return 'UNKNOWN';
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : 'UNKNOWN';
  const alert = code === 'EPROTO' ? /SSL alert number (\d+)/.exec(cause.message)?.[1] : undefined;
  // TLS alert numbers 40 to 49 and 116 concern the certificate (RFC 5246, RFC 8446).
  if (alert !== undefined && (/^4[0-9]$/.test(alert) || alert === '116')) {
    return 'ERR_SSL_ALERT_CERTIFICATE_REQUIRED';
  }
  return code;
}
