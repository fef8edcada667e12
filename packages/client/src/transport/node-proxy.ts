import http from 'node:http';
import https from 'node:https';
import { BlockList, isIP, isIPv6 } from 'node:net';
import type { Duplex } from 'node:stream';
import type tls from 'node:tls';
import { base64 } from '@skaha/base/bytes.js';
import { onAbort } from '@skaha/base/on-abort.js';
import { isLoopback } from '@skaha/base/server-url.js';
import { version } from '../version.js';
import { ProxyFailure, TransportFailure, type UsedProxy } from './types.js';

type Variables = Readonly<Record<string, string | undefined>>;

/** Where to find the proxy. */
export interface ProxySettings {
  /** Address of the proxy for everything; `false` for none; undefined for what the variables say. */
  proxy?: string | false | undefined;
  environment: Variables;
}

/** A proxy for one address. */
export interface FoundProxy extends UsedProxy {
  hostname: string;
  port: number;
  /** Whether it is talked to over TLS. */
  secure: boolean;
  /** The header's value; a secret. */
  authorization: string | undefined;
}

/** Small letters come first, as in curl, Python and Node's own proxies. */
function firstOf(environment: Variables, ...names: string[]) {
  for (const name of names) {
    for (const variable of [name.toLowerCase(), name]) {
      // A web server's CGI programs get the header `Proxy` of any caller in this variable.
      if (variable === 'HTTP_PROXY' && environment['REQUEST_METHOD'] !== undefined) continue;
      const value = environment[variable]?.trim();
      if (value) return { variable, value };
    }
  }
  return undefined;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A password with a percent sign that was not encoded.
    return text;
  }
}

/** The address is not shown: what is wrong with it may be a password with a `/` in it. */
function parseProxy(address: string, source: string): FoundProxy {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? address : `http://${address}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const secure = url?.protocol === 'https:';
  if (url === undefined || (!secure && url.protocol !== 'http:') || url.hostname === '') {
    throw new TransportFailure('PROXY_INVALID', false, undefined, {
      address: '',
      source,
      failed: true,
    });
  }
  const user = [url.username, url.password].map(decoded).join(':');
  return {
    address: `${url.protocol}//${url.host}`,
    source,
    failed: false,
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    secure,
    authorization: url.username === '' && url.password === '' ? undefined : `Basic ${base64(user)}`,
  };
}

const portOf = ({ port, protocol }: URL): string =>
  port === '' ? (protocol === 'https:' ? '443' : '80') : port;

const familyOf = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4');

/** Takes an entry of `NO_PROXY` apart; undefined for one that says nothing. */
function entryOf(text: string): { host: string; prefix?: number; port?: string } | undefined {
  const bare = text.replace(/^[a-z][a-z0-9+.-]*:\/\//, '').replace(/\.$/, '');
  const network = /^\[?([0-9a-f.:]+?)\]?\/(\d{1,3})$/.exec(bare);
  if (network?.[1] !== undefined) return { host: network[1], prefix: Number(network[2]) };
  if (isIPv6(bare)) return { host: bare };
  const parts = /^(?:\[([^\]]*)\]|([^:/]*))(?::(\d{1,5}))?\/?$/.exec(bare);
  const host = parts?.[1] ?? parts?.[2] ?? '';
  if (host === '') return undefined;
  return parts?.[3] === undefined ? { host } : { host, port: parts[3] };
}

function matchesAddress(host: string, entry: string, prefix: number | undefined): boolean {
  const family = familyOf(entry);
  const list = new BlockList();
  const longest = family === 'ipv6' ? 128 : 32;
  if (prefix !== undefined && prefix > longest) return false;
  list.addSubnet(entry, prefix ?? longest, family);
  return list.check(host, familyOf(host));
}

function matchesName(host: string, entry: string): boolean {
  const name = entry.replace(/^\*?\./, '');
  if (!name.includes('*')) return host === name || host.endsWith(`.${name}`);
  const pattern = name.split('*').map((part) => part.replace(/[^a-z0-9-]/g, '\\$&'));
  return new RegExp(`^(?:.*\\.)?${pattern.join('[^.]*')}$`).test(host);
}

/**
 * Whether `NO_PROXY` names the host of an address: `*`, host names with all below them, with or
 * without a dot before, addresses, networks such as `10.0.0.0/8`, each with a port or without.
 *
 * @param url - that is to be reached
 * @param list - the variable
 */
export function isExempt(url: URL, list: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((text) => {
      if (text === '*') return true;
      const entry = entryOf(text);
      if (entry === undefined) return false;
      if (entry.port !== undefined && entry.port !== portOf(url)) return false;
      if (isIP(entry.host) === 0)
        return entry.prefix === undefined && matchesName(host, entry.host);
      return isIP(host) !== 0 && matchesAddress(host, entry.host, entry.prefix);
    });
}

/**
 * The proxy through which an address is reached; this machine is never reached through one.
 *
 * @param url - that is to be reached
 * @param settings - the option and the variables
 * @throws {TransportFailure} `PROXY_INVALID` for an address that is not one of a proxy
 */
export function proxyFor(url: URL, { proxy, environment }: ProxySettings): FoundProxy | undefined {
  if (proxy === false || proxy === '' || isLoopback(url.href)) return undefined;
  const found =
    proxy !== undefined
      ? { variable: 'the option proxy', value: proxy }
      : url.protocol === 'https:'
        ? firstOf(environment, 'HTTPS_PROXY', 'ALL_PROXY')
        : firstOf(environment, 'HTTP_PROXY', 'ALL_PROXY');
  if (found === undefined) return undefined;
  if (isExempt(url, firstOf(environment, 'NO_PROXY')?.value ?? '')) return undefined;
  return parseProxy(found.value, found.variable);
}

/** For the proxy itself; nothing that is for the server behind it. */
export const proxyHeaders = ({ authorization }: FoundProxy): Record<string, string> =>
  authorization === undefined ? {} : { 'proxy-authorization': authorization };

/**
 * Where a plain request goes instead of to its server (RFC 9112, absolute form).
 *
 * @param proxy - that gets it
 * @param url - that is asked
 */
export const absoluteForm = (
  { hostname, port, secure }: FoundProxy,
  url: URL,
): https.RequestOptions => ({
  protocol: secure ? 'https:' : 'http:',
  hostname,
  port,
  path: `${url.origin}${url.pathname}${url.search}`,
});

/** How to reach a proxy. */
export interface TunnelOptions {
  /** What is trusted when the proxy is talked to over TLS. */
  secureContext: tls.SecureContext | undefined;
  /** Of the connections, without those of TLS. */
  connection: http.AgentOptions;
}

/** Set with a request, so that it takes its tunnel along when it ends. */
interface WithSignal {
  tunnelSignal?: AbortSignal;
}

/** Options of a request whose tunnel is left when it is aborted. */
export const tunnelled = (signal: AbortSignal): https.RequestOptions =>
  ({ tunnelSignal: signal }) satisfies WithSignal as https.RequestOptions;

/**
 * Makes a tunnel through a proxy (RFC 9110, CONNECT).
 *
 * @param proxy - through which
 * @param target - host and port
 * @param options - how to reach the proxy
 * @param signal - ends it
 * @throws {ProxyFailure} when the proxy does not make one
 */
export function openTunnel(
  proxy: FoundProxy,
  target: string,
  { secureContext, connection }: TunnelOptions,
  signal: AbortSignal | undefined,
): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const { hostname: host, port, secure } = proxy;
    const request = (secure ? https : http).request({
      ...connection,
      host,
      port,
      agent: false,
      method: 'CONNECT',
      path: target,
      ...(secure && isIP(host) === 0 ? { servername: host } : {}),
      ...(secureContext === undefined ? {} : { secureContext }),
      headers: { host: target, 'user-agent': `skaha/${version}`, ...proxyHeaders(proxy) },
    });
    const forget =
      signal === undefined ? () => undefined : onAbort(signal, () => request.destroy());
    request.once('connect', ({ statusCode = 0 }, socket, head) => {
      forget();
      if (statusCode >= 200 && statusCode < 300) {
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
        return;
      }
      socket.destroy();
      reject(new ProxyFailure(statusCode));
    });
    request.once('error', (cause) => reject(new ProxyFailure(undefined, cause)));
    request.once('close', () => {
      forget();
      reject(new ProxyFailure(undefined, Object.assign(new Error(), { code: 'ECONNRESET' })));
    });
    request.end();
  });
}

/**
 * Connects to servers through a proxy. Written on Node's own modules: what there is elsewhere
 * passes a refusal of the proxy off as the answer of the server, and keeps a tunnel that nobody
 * waits for any more.
 */
export class TunnelAgent extends https.Agent {
  readonly #proxy: FoundProxy;
  readonly #tunnel: TunnelOptions;
  readonly #closing = new AbortController();

  constructor(proxy: FoundProxy, tunnel: TunnelOptions, options: https.AgentOptions) {
    super(options);
    this.#proxy = proxy;
    this.#tunnel = tunnel;
  }

  override createConnection(
    ...given: Parameters<https.Agent['createConnection']>
  ): ReturnType<https.Agent['createConnection']> {
    const [options, callback] = given;
    const { port, tunnelSignal }: typeof options & WithSignal = options;
    const host = options.host ?? '';
    const name = isIPv6(host) ? `[${host}]` : host;
    const signal =
      tunnelSignal === undefined
        ? this.#closing.signal
        : AbortSignal.any([tunnelSignal, this.#closing.signal]);
    openTunnel(this.#proxy, `${name}:${port ?? 443}`, this.#tunnel, signal).then(
      (socket) => callback?.(null, this.#over(socket, options) ?? socket),
      // The stream of a failure is never looked at.
      (error) => (callback as ((error: Error) => void) | undefined)?.(error),
    );
    return undefined;
  }

  #over(socket: Duplex, options: https.RequestOptions) {
    const over: https.RequestOptions & { socket: Duplex } = { ...options, socket };
    return super.createConnection(over);
  }

  override destroy(): void {
    this.#closing.abort();
    super.destroy();
  }
}
