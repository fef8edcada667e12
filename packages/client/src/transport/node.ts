import http from 'node:http';
import type { AgentOptions, RequestOptions } from 'node:https';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import { onAbort } from '@skaha/base/on-abort.js';
import { isLoopback } from '@skaha/base/server-url.js';
import { SkahaError } from '../errors/index.js';
import type { Connection } from '../runtime/types.js';
import { isUntrusted } from './failure-words.js';
import { failure } from './node-failure.js';
import type { FoundProxy } from './node-proxy.js';
import { encodings, response } from './node-reply.js';
import { agentFor, sendBody } from './node-request.js';
import { SocketAgent } from './node-socket.js';
import type { SecureTarget } from './node-tls.js';
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

/** The same for services that learn nothing of the user. */
export const createAnonymousTransport = (
  { ca, proxy }: Pick<Connection, 'ca' | 'proxy'>,
  options: NodeTransportOptions,
): Transport =>
  new NodeTransport(
    { root: '', version: '', credential: { mode: 'anonymous' }, ca, proxy, registries: {} },
    options,
  );

/** Other runtimes have Node's modules, but not always the whole of what they do. */
const isNode = !['bun', 'deno'].some((name) => name in process.versions);

/** The way a request takes. */
interface Route {
  url: URL;
  open: typeof http.request;
  agent: http.Agent;
  proxy: FoundProxy | undefined;
  /** Whether the connection is ready only when its TLS is. */
  secure: boolean;
  /** What this way changes of the request. */
  options: RequestOptions;
}

type Secured = typeof import('./node-tls.js');
type Proxies = typeof import('./node-proxy.js');

class NodeTransport implements Transport {
  readonly #connection: Connection;
  readonly #agentOptions: AgentOptions;
  /** By certificate text, `-` for none, by how far authorities are looked for, and by proxy. */
  readonly #secure = new Map<string, { certificate: string; agent: http.Agent }>();
  readonly #ready = new WeakSet<Socket>();
  readonly #lookup: LookupFunction | undefined;
  readonly #mayUseProxy: boolean;
  readonly #proxyOf = new Map<string, UsedProxy | undefined>();
  #plain: http.Agent | undefined;
  #socket: SocketAgent | undefined;
  /** Whether the authorities of the system and of the usual variables are trusted besides Node's. */
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
    request.signal.throwIfAborted();
    const url = new URL(request.url);
    await this.#checkLiteral(url);
    return (await this.#overSocket(url, request)) ?? (await this.#overNetwork(url, request));
  }

  proxyOf(url: string): UsedProxy | undefined {
    return this.#proxyOf.get(new URL(url).origin);
  }

  close(): Promise<void> {
    this.#closed = true;
    for (const { agent } of this.#secure.values()) agent.destroy();
    this.#plain?.destroy();
    this.#socket?.destroy();
    return Promise.resolve();
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
      return await this.#exchange(
        {
          url: withoutTls(url),
          open: http.request,
          agent: this.#socket,
          proxy: undefined,
          secure: false,
          options: { headers: { host: url.host } },
        },
        request,
      );
    } catch (error) {
      if (error instanceof TransportFailure && !error.mayHaveReached) return undefined;
      throw error;
    }
  }

  async #overNetwork(url: URL, request: TransportRequest): Promise<TransportResponse> {
    const everywhere = this.#everywhere;
    try {
      return await this.#exchange(await this.#route(url, request), request);
    } catch (error) {
      const isWorthMore =
        error instanceof TransportFailure &&
        isUntrusted(error.reason) &&
        !error.mayHaveReached &&
        !everywhere;
      if (!isWorthMore) throw error;
      this.#everywhere = true;
      return this.#overNetwork(url, request);
    }
  }

  async #route(url: URL, request: TransportRequest): Promise<Route> {
    const isSecure = url.protocol === 'https:';
    const proxies = this.#mayUseProxy ? await import('./node-proxy.js') : undefined;
    const settings = { proxy: this.#connection.proxy, environment: process.env };
    const proxy = proxies?.proxyFor(url, settings);
    const secured = isSecure || proxy !== undefined ? await import('./node-tls.js') : undefined;
    const certificate = isSecure ? await this.#certificate(request) : '';
    const ca = secured === undefined ? undefined : await this.#authorities();
    // Checked after the certificate was read, as the transport may have closed meanwhile.
    if (this.#closed) throw new TransportFailure('CLOSED', false);
    request.signal.throwIfAborted();
    this.#proxyOf.set(url.origin, proxy);
    if (secured === undefined) {
      this.#plain ??= new http.Agent(this.#agentOptions);
      return { url, open: http.request, agent: this.#plain, proxy, secure: false, options: {} };
    }
    const target = { certificate, ca, isLocal: isLoopback(url.href), everywhere: this.#everywhere };
    const agent = this.#agent(url, target, { secured, proxies, proxy });
    if (isSecure) {
      const options = proxies === undefined ? {} : proxies.tunnelled(request.signal);
      return { url, open: secured.request, agent, proxy, secure: true, options };
    }
    return { url, agent, ...forwarded(url, secured, proxies, proxy) };
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

  #agent(
    url: URL,
    target: SecureTarget,
    {
      secured,
      proxies,
      proxy,
    }: { secured: Secured; proxies?: Proxies | undefined; proxy?: FoundProxy | undefined },
  ): http.Agent {
    const { certificate, isLocal, everywhere } = target;
    const key = [url.protocol, isLocal, everywhere, proxy?.address, certificate || '-'].join(' ');
    const known = this.#secure.get(key);
    if (known !== undefined) return known.agent;
    if (certificate !== '') this.#forgetCertificatesBut(certificate);
    const proxyRoute =
      proxies === undefined || proxy === undefined
        ? undefined
        : { proxy, Tunnel: proxies.TunnelAgent };
    const agent =
      url.protocol === 'https:' || proxy === undefined
        ? secured.secureAgent(target, proxyRoute, this.#agentOptions)
        : secured.forwardingAgent(proxy, target, this.#agentOptions);
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
    { url, open, agent, proxy, secure, options }: Route,
    request: TransportRequest,
  ): Promise<TransportResponse> {
    return new Promise((resolve, reject) => {
      const { signal } = request;
      let reached = false;
      const outgoing = open(url, {
        ...options,
        method: request.method,
        headers: { ...encodings(request), ...request.headers, ...options.headers },
        agent: agentFor(request, agent),
      });
      const forget = onAbort(signal, () => outgoing.destroy());
      const isForwarded = proxy !== undefined && url.protocol === 'http:';
      outgoing.on('socket', (socket) => {
        this.#whenReady(socket, secure, () => {
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
        if (signal.aborted) reject(signal.reason);
        // What the socket of this machine is refused for is said in words already.
        else reject(error instanceof SkahaError ? error : failure(cause, reached, proxy));
      });
      sendBody(outgoing, request.body, reject);
    });
  }

  /** Calls `ready` when a connection can carry the request: at once if it carried one before. */
  #whenReady(socket: Socket, secure: boolean, ready: () => void): void {
    if (this.#ready.has(socket)) {
      ready();
      return;
    }
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      this.#ready.add(socket);
      ready();
    });
  }
}

/** The way of a plain request through a proxy. */
function forwarded(
  url: URL,
  secured: Secured,
  proxies: Proxies | undefined,
  proxy: FoundProxy | undefined,
): Omit<Route, 'url' | 'agent'> {
  if (proxies === undefined || proxy === undefined)
    return { open: http.request, proxy, secure: false, options: {} };
  const headers = { ...proxies.proxyHeaders(proxy), host: url.host };
  return {
    open: proxy.secure ? secured.request : http.request,
    proxy,
    secure: proxy.secure,
    options: { ...proxies.absoluteForm(proxy, url), headers },
  };
}

/** The same address for a module that knows no TLS. */
function withoutTls(url: URL): URL {
  const plain = new URL(url);
  plain.protocol = 'http:';
  return plain;
}
