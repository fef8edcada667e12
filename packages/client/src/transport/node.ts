import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import type tls from 'node:tls';
import { onAbort } from '@skaha/base/signals.js';
import type { Connection } from '../runtime/types.js';
import { isLoopback } from '../utils/server-url.js';
import { isUntrusted } from './failure-words.js';
import { secureContext } from './node-authorities.js';
import { failure } from './node-failure.js';
import { LocalAgent, NotVouchedFor, onlyAuthority } from './node-local-agent.js';
import { sendsOnce } from './node-once.js';
import type { FoundProxy, TunnelAgent } from './node-proxy.js';
import { encodings, response } from './node-reply.js';
import {
  ProxyFailure,
  type Transport,
  TransportFailure,
  type TransportRequest,
  type TransportResponse,
  type UsedProxy,
} from './types.js';

/** Below the 5 s after which common servers drop idle connections, so that none is reused dead. */
const idleMilliseconds = 4_000;

/**
 * Time for one of the addresses of a host before the next is tried. Node's 250 ms are less than
 * the way around the world and back; this is enough for that way twice and one packet lost.
 */
const addressOptions = { autoSelectFamily: true, autoSelectFamilyAttemptTimeout: 2_500 };

const proxyVariable = /^(?:https?|all)_proxy$/i;

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

/** The way a request takes. */
interface Route {
  url: URL;
  agent: http.Agent;
  proxy: FoundProxy | undefined;
  /** What this way changes of the request. */
  options: https.RequestOptions;
}

class NodeTransport implements Transport {
  readonly #connection: Connection;
  readonly #agentOptions: https.AgentOptions;
  /** By certificate text, `-` for none, by who judges the server's, and by proxy. */
  readonly #secure = new Map<string, { certificate: string; agent: https.Agent }>();
  /** By proxy. */
  readonly #plain = new Map<string, http.Agent>();
  readonly #ready = new WeakSet<Socket>();
  readonly #lookup: LookupFunction | undefined;
  readonly #mayUseProxy: boolean;
  readonly #proxyOf = new Map<string, UsedProxy | undefined>();
  /** Whether OpenSSL judges the servers of this machine too. */
  #judgesInFull = !isNode;
  /** Whether the authorities of the system and of the usual variables are trusted beside Node's. */
  #everywhere = false;
  #closed = false;

  constructor(connection: Connection, { concurrency, lookup }: NodeTransportOptions) {
    this.#connection = connection;
    this.#lookup = lookup;
    const { proxy = Object.keys(process.env).some((name) => proxyVariable.test(name)) } =
      connection;
    this.#mayUseProxy = proxy !== false && proxy !== '';
    this.#agentOptions = {
      keepAlive: true,
      maxSockets: concurrency,
      maxFreeSockets: concurrency,
      timeout: idleMilliseconds,
      ...addressOptions,
      ...(lookup === undefined ? {} : { lookup }),
    };
  }

  async send(request: TransportRequest): Promise<TransportResponse> {
    const everywhere = this.#everywhere;
    try {
      return await this.#sendOnce(request);
    } catch (error) {
      if (!(error instanceof TransportFailure)) throw error;
      if (error.cause instanceof NotVouchedFor) this.#judgesInFull = true;
      else if (isUntrusted(error.reason) && !error.mayHaveReached && !everywhere)
        this.#everywhere = true;
      else throw error;
      return this.send(request);
    }
  }

  proxyOf(url: string): UsedProxy | undefined {
    return this.#proxyOf.get(new URL(url).origin);
  }

  close(): Promise<void> {
    this.#closed = true;
    for (const { agent } of this.#secure.values()) agent.destroy();
    for (const agent of this.#plain.values()) agent.destroy();
    return Promise.resolve();
  }

  async #sendOnce(request: TransportRequest): Promise<TransportResponse> {
    request.signal.throwIfAborted();
    const url = new URL(request.url);
    await this.#checkLiteral(url);
    const certificate = url.protocol === 'https:' ? await this.#certificate(request) : '';
    const proxies = this.#mayUseProxy ? await import('./node-proxy.js') : undefined;
    // Checked after the certificate was read, as the transport may have closed meanwhile.
    if (this.#closed) throw new TransportFailure('CLOSED', false);
    request.signal.throwIfAborted();
    const settings = { proxy: this.#connection.proxy, environment: process.env };
    const proxy = proxies?.proxyFor(url, settings);
    this.#proxyOf.set(url.origin, proxy);
    if (url.protocol === 'https:') {
      const agent = this.#secureAgent(certificate, url, proxy && proxies?.TunnelAgent, proxy);
      const options = proxies === undefined ? {} : proxies.tunnelled(request.signal);
      return this.#exchange(https.request, { url, agent, proxy, options }, request);
    }
    const agent = this.#plainAgent(proxy);
    if (proxy === undefined || proxies === undefined)
      return this.#exchange(http.request, { url, agent, proxy, options: {} }, request);
    const headers = { ...proxies.proxyHeaders(proxy), host: url.host };
    const options = { ...proxies.absoluteForm(proxy, url), headers };
    const open = proxy.secure ? https.request : http.request;
    return this.#exchange(open, { url, agent, proxy, options }, request);
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

  #plainAgent(proxy: FoundProxy | undefined): http.Agent {
    const key = proxy?.address ?? '';
    const known = this.#plain.get(key);
    if (known !== undefined) return known;
    const agent =
      proxy === undefined
        ? new http.Agent(this.#agentOptions)
        : this.#agentTo(proxy.secure, { ...this.#agentOptions, lookup: undefined });
    this.#plain.set(key, agent);
    return agent;
  }

  #agentTo(secure: boolean, options: https.AgentOptions): http.Agent {
    if (!secure) return new http.Agent(options);
    return new https.Agent({ ...options, secureContext: this.#context('', false) });
  }

  #context(certificate: string, isLocal: boolean): tls.SecureContext {
    const everywhere = this.#everywhere;
    return secureContext(certificate, this.#connection.ca, { isLocal, everywhere });
  }

  #secureAgent(
    certificate: string,
    url: URL,
    Tunnel: typeof TunnelAgent | undefined,
    proxy: FoundProxy | undefined,
  ): https.Agent {
    const isLocal = isLoopback(url.href);
    const judges = `${isLocal} ${this.#judgesInFull} ${this.#everywhere} ${proxy?.address}`;
    const key = `${judges} ${certificate || '-'}`;
    const known = this.#secure.get(key);
    if (known !== undefined) return known.agent;
    if (certificate !== '') this.#forgetCertificatesBut(certificate);
    const context = () => this.#context(certificate, isLocal);
    const options = { ...this.#agentOptions, rejectUnauthorized: true };
    const agent =
      Tunnel !== undefined && proxy !== undefined
        ? new Tunnel(
            proxy,
            {
              connection: addressOptions,
              secureContext: proxy.secure ? this.#context('', false) : undefined,
            },
            { ...options, secureContext: context() },
          )
        : (this.#localAgent(certificate, isLocal) ??
          new https.Agent({ ...options, secureContext: context() }));
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
    { url, agent, proxy, options }: Route,
    request: TransportRequest,
  ): Promise<TransportResponse> {
    return new Promise((resolve, reject) => {
      const { signal } = request;
      let reached = false;
      const outgoing = open(url, {
        ...options,
        method: request.method,
        headers: { ...encodings(request), ...request.headers, ...options.headers },
        agent: request.method === 'POST' ? sendsOnce(agent) : agent,
      });
      const forget = onAbort(signal, () => outgoing.destroy());
      const isForwarded = proxy !== undefined && url.protocol === 'http:';
      outgoing.on('socket', (socket) => {
        this.#whenReady(socket, agent instanceof https.Agent, () => {
          reached = true;
        });
      });
      outgoing.on('response', (incoming) => {
        incoming.once('close', forget);
        // Behind a tunnel it would be the server's own word.
        if (isForwarded && incoming.statusCode === 407) {
          outgoing.destroy();
          reject(failure(new ProxyFailure(407), false, proxy));
        } else resolve(response(incoming, request));
      });
      outgoing.on('error', (error) => {
        forget();
        const cause = isForwarded && !reached ? new ProxyFailure(undefined, error) : error;
        reject(signal.aborted ? signal.reason : failure(cause, reached, proxy));
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
