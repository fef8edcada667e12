import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import tls from 'node:tls';
import type { Connection } from '../runtime/types.js';
import { isLoopback } from '../utils/server-url.js';
import { onAbort } from '../utils/signals.js';
import { sendBody } from './node-body.js';
import { LocalAgent, NotVouchedFor, onlyAuthority } from './node-local-agent.js';
import { sendsOnce } from './node-once.js';
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
  readonly #agentOptions: https.AgentOptions;
  /** By certificate text, `-` for none, and by who judges the server's. */
  readonly #secure = new Map<string, { certificate: string; agent: https.Agent }>();
  readonly #ready = new WeakSet<Socket>();
  readonly #lookup: LookupFunction | undefined;
  #plain: http.Agent | undefined;
  /** Whether OpenSSL judges the servers of this machine too. */
  #judgesInFull = !isNode;
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
    const secure = url.protocol === 'https:';
    const certificate = secure ? await this.#certificate(request) : '';
    // Checked after the certificate was read, as the transport may have closed meanwhile.
    if (this.#closed) throw new TransportFailure('CLOSED', false);
    request.signal.throwIfAborted();
    if (!secure) return this.#exchange(http.request, url, this.#plainAgent(), request);
    try {
      const agent = this.#secureAgent(certificate, url);
      return await this.#exchange(https.request, url, agent, request);
    } catch (error) {
      if (!(error instanceof TransportFailure && error.cause instanceof NotVouchedFor)) throw error;
      this.#judgesInFull = true;
      return this.send(request);
    }
  }

  close(): Promise<void> {
    this.#closed = true;
    for (const { agent } of this.#secure.values()) agent.destroy();
    this.#plain?.destroy();
    return Promise.resolve();
  }

  async #certificate(request: TransportRequest): Promise<string> {
    const { credential } = this.#connection;
    if (request.anonymous || credential.mode !== 'x509') return '';
    return (await credential.read()).pem;
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

  #secureAgent(certificate: string, url: URL): https.Agent {
    const isLocal = isLoopback(url.href);
    const key = `${isLocal} ${this.#judgesInFull} ${certificate || '-'}`;
    const known = this.#secure.get(key);
    if (known !== undefined) return known.agent;
    if (certificate !== '') this.#forgetCertificatesBut(certificate);
    const agent =
      this.#localAgent(certificate, isLocal) ??
      new https.Agent({
        ...this.#agentOptions,
        rejectUnauthorized: true,
        secureContext: secureContext(certificate, this.#connection.ca, isLocal),
      });
    this.#secure.set(key, { certificate, agent });
    return agent;
  }

  #localAgent(certificate: string, isLocal: boolean): LocalAgent | undefined {
    if (!isLocal || this.#judgesInFull) return undefined;
    const authority = onlyAuthority(this.#connection.ca ?? '');
    if (authority === undefined) return undefined;
    try {
      return new LocalAgent(authority, certificate, this.#agentOptions);
    } catch {
      // The certificate cannot be used; the usual way tells so.
      return undefined;
    }
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
      const outgoing = open(url, {
        method: request.method,
        headers: { ...request.headers },
        agent: request.method === 'POST' ? sendsOnce(agent) : agent,
      });
      const forget = onAbort(signal, () => outgoing.destroy());
      outgoing.on('socket', (socket) => {
        this.#whenReady(socket, url.protocol === 'https:', () => {
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
      sendBody(outgoing, request.body, reject);
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

function failure(cause: unknown, reached: boolean): TransportFailure {
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

function secureContext(
  certificate: string,
  extraAuthorities: string | undefined,
  isLocal: boolean,
): tls.SecureContext {
  try {
    const ca = trusted(extraAuthorities, isLocal);
    return tls.createSecureContext({
      minVersion: 'TLSv1.2',
      ...(ca === undefined ? {} : { ca }),
      ...(certificate === '' ? {} : { cert: certificate, key: certificate }),
    });
  } catch (cause) {
    throw new TransportFailure('CERTIFICATE_UNUSABLE', false, cause);
  }
}

/**
 * The authorities to trust; undefined for Node's own, whose store it parses only once.
 *
 * @param extra - PEM of further ones
 * @param isLocal - whether the server is on this machine
 */
export function trusted(extra: string | undefined, isLocal: boolean): string[] | undefined {
  // No public authority vouches for this machine: leaving all others out, whose parsing takes
  // most of the time of a short call, loses nothing there.
  if (isLocal && extra) return [extra];
  const authorities = [...extraFiles(), ...(extra ? [extra] : [])];
  return authorities.length === 0 ? undefined : [...tls.rootCertificates, ...authorities];
}

function extraFiles(): string[] {
  const paths = [process.env['SSL_CERT_FILE'], process.env['NODE_EXTRA_CA_CERTS']];
  const found: string[] = [];
  for (const path of new Set(paths)) {
    if (!path) continue;
    try {
      found.push(readFileSync(path, 'utf8'));
    } catch {
      // Like OpenSSL and Node, which pass over an authority file that cannot be read.
    }
  }
  return found;
}
