import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import tls from 'node:tls';
import { certificatesOf } from '@skaha/base/pem.js';
import { isLoopback } from '@skaha/base/server-url.js';
import { systemCode } from '@skaha/base/system-code.js';
import { shownExpiry } from '../auth/token-expiry.js';
import { type ClientHolder, coreOf } from '../client/source.js';
import { isSkahaError, SkahaError } from '../errors/index.js';
import type { Connection, Credential } from '../runtime/types.js';
import { failureError, failureWords } from '../transport/failure-words.js';
import { authoritySources, secureContext, trusted } from '../transport/node-authorities.js';
import { failure } from '../transport/node-failure.js';
import { type FoundProxy, openTunnel, proxyFor } from '../transport/node-proxy.js';
import { TransportFailure } from '../transport/types.js';

/** The credential that a client currently uses. Keep a token secret. */
export interface ShownCredential {
  mode: Credential['mode'];
  /** The token; undefined for other modes. */
  token: string | undefined;
  /** When it expires; undefined if that is not known. */
  expires: Date | undefined;
  /** Whether it is renewed automatically. */
  lasts: boolean;
}

/** How a client's requests reach its server, for programs that diagnose connections. */
export interface ServerRoute {
  /** The application root, for example `https://ws-uv.canfar.net/skaha`. */
  root: string;
  /**
   * Whose word is taken for the server's certificate, and how many certificates each has. Without a
   * name: the file that the caller named.
   */
  authorities(): { name: string | undefined; certificates: number }[];
  /**
   * The proxy in between, and the setting it comes from; undefined if there is none.
   * @throws {SkahaError} `proxy.invalid`
   */
  proxy(): { address: string; source: string } | undefined;
  /**
   * The addresses of the server's host.
   * @throws {SkahaError} `transport.failure`
   */
  lookUp(): Promise<string[]>;
  /**
   * Opens a tunnel through the proxy and closes it; does nothing without a proxy.
   * @throws {SkahaError} as a request would
   */
  tunnel(signal: AbortSignal): Promise<void>;
  /**
   * Opens a TLS connection and closes it.
   * @returns the protocol that was agreed on, and when the server's certificate ends
   * @throws {SkahaError} as a request would
   */
  handshake(signal: AbortSignal): Promise<{ protocol: string; certificateEnd: Date }>;
}

async function endOf(credential: Credential, token: string | undefined) {
  if (credential.mode === 'x509') return (await credential.read()).notAfter;
  const seconds = token === undefined ? undefined : shownExpiry(token);
  return seconds === undefined ? undefined : new Date(seconds * 1000);
}

/**
 * Reads the credential that a client uses, for programs that pass it on or show when it expires.
 *
 * @param client - the client whose credential is read
 * @throws {SkahaError} `authentication.required`, `authentication.credential_missing`,
 *   `authentication.credential_invalid`, `authentication.expired`
 * @example
 * ```ts
 * import { SkahaClient } from 'skaha';
 * import { readCredential } from 'skaha/account';
 *
 * await using skaha = new SkahaClient();
 * console.log((await readCredential(skaha)).expires);
 * ```
 */
export async function readCredential(client: ClientHolder): Promise<ShownCredential> {
  const { credential } = await coreOf(client).connection();
  const isToken = credential.mode === 'token';
  const token = isToken ? await credential.read() : undefined;
  return {
    mode: credential.mode,
    token,
    expires: await endOf(credential, token),
    lasts: isToken && (credential.runtime || credential.renew !== undefined),
  };
}

const hostOf = (root: string): string => new URL(root).hostname.replace(/^\[|\]$/g, '');

function unreachable(error: unknown, root: string): SkahaError {
  const code = systemCode(error) ?? 'UNKNOWN';
  const { message, hint } = failureWords(code, root);
  return new SkahaError('transport.failure', message, { hint, cause: error });
}

function proxyOf({ root, proxy }: Connection): FoundProxy | undefined {
  try {
    return proxyFor(new URL(root), { proxy, environment: process.env });
  } catch (error) {
    throw error instanceof TransportFailure ? failureError(error, root) : error;
  }
}

async function openTo({ root, ca }: Connection, proxy: FoundProxy, signal: AbortSignal) {
  const { hostname, port, protocol } = new URL(root);
  const usual = protocol === 'https:' ? 443 : 80;
  const options = {
    connection: {},
    secureContext: proxy.secure
      ? secureContext('', ca, { isLocal: false, everywhere: true })
      : undefined,
  };
  try {
    return await openTunnel(proxy, `${hostname}:${port || usual}`, options, signal);
  } catch (error) {
    throw failureError(failure(error, false, proxy), root);
  }
}

async function secured(connection: Connection, signal: AbortSignal): Promise<tls.TLSSocket> {
  const { root, ca } = connection;
  const { port } = new URL(root);
  const host = hostOf(root);
  const proxy = proxyOf(connection);
  const through = proxy === undefined ? {} : { socket: await openTo(connection, proxy, signal) };
  // All that a request would trust in the end.
  const all = trusted(ca, { isLocal: isLoopback(root), everywhere: true });
  return new Promise((resolve, reject) => {
    const socket = tls.connect({
      host,
      port: port === '' ? 443 : Number(port),
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(all === undefined ? {} : { ca: all }),
      ...through,
    });
    signal.addEventListener('abort', () => socket.destroy(), { once: true });
    socket.once('secureConnect', () => resolve(socket));
    socket.once('error', reject);
  });
}

async function handshake(connection: Connection, signal: AbortSignal) {
  try {
    const socket = await secured(connection, signal);
    const end = new Date(socket.getPeerCertificate().valid_to);
    const protocol = socket.getProtocol() ?? 'TLS';
    socket.destroy();
    return { protocol, certificateEnd: end };
  } catch (error) {
    throw isSkahaError(error) ? error : unreachable(error, connection.root);
  }
}

/**
 * Finds out how a client's requests reach its server. Nothing is sent before you call a function of
 * the result.
 *
 * @param client - the client to examine
 * @throws {SkahaError} `server.required`, `authentication.required`, `config.invalid`
 * @example
 * ```ts
 * import { SkahaClient } from 'skaha';
 * import { serverRoute } from 'skaha/account';
 *
 * await using skaha = new SkahaClient();
 * const route = await serverRoute(skaha);
 * console.log(route.proxy()?.address ?? 'no proxy', await route.lookUp());
 * ```
 */
export async function serverRoute(client: ClientHolder): Promise<ServerRoute> {
  const found = await coreOf(client).connection();
  const connection = { ...found, ca: found.ca ?? (await found.readCa?.()) };
  const { root, ca = '' } = connection;
  const named = certificatesOf(ca).length;
  return {
    root,
    authorities: () => [
      ...authoritySources(process.env).map(({ name, certificates }) => ({
        name,
        certificates: certificates.length,
      })),
      ...(named > 0 ? [{ name: undefined, certificates: named }] : []),
    ],
    proxy: () => proxyOf(connection),
    lookUp: async () => {
      try {
        const all = await lookup(hostOf(root), { all: true });
        return all.map(({ address }) => address);
      } catch (error) {
        throw unreachable(error, root);
      }
    },
    tunnel: async (signal) => {
      const proxy = proxyOf(connection);
      if (proxy !== undefined) (await openTo(connection, proxy, signal)).destroy();
    },
    handshake: (signal) => handshake(connection, signal),
  };
}
