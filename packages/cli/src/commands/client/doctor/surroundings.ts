import type tls from 'node:tls';
import type { Connection } from 'skaha/internal/runtime/types.js';
import { failureError } from 'skaha/internal/transport/failure-words.js';
import {
  authoritySources,
  secureContext,
  trusted,
} from 'skaha/internal/transport/node-authorities.js';
import { failure } from 'skaha/internal/transport/node-failure.js';
import { type FoundProxy, openTunnel, proxyFor } from 'skaha/internal/transport/node-proxy.js';
import { TransportFailure } from 'skaha/internal/transport/types.js';
import { certificatesOf } from 'skaha/internal/utils/pem.js';
import { isLoopback } from 'skaha/internal/utils/server-url.js';
import { examine, type Finding, ok, warn } from './finding.js';
import type { ServerTools } from './server.js';

const proxyNames = /^(?:https?|all)_proxy$/i;

/**
 * The proxy through which the server is asked, found as the requests find it.
 *
 * @throws {SkahaError} `proxy.invalid`, as a request would
 */
export function proxyOf({ root, proxy }: Connection): FoundProxy | undefined {
  try {
    return proxyFor(new URL(root), { proxy, environment: process.env });
  } catch (error) {
    throw error instanceof TransportFailure ? failureError(error, root) : error;
  }
}

/**
 * Makes a tunnel to the server.
 *
 * @param connection - tells the server
 * @param proxy - through which
 * @param signal - ends it
 * @throws {SkahaError} as a request would
 */
export async function tunnelTo({ root, ca }: Connection, proxy: FoundProxy, signal: AbortSignal) {
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

function whyNone(root: string): string {
  const { hostname } = new URL(root);
  const named = Object.keys(process.env).filter(
    (name) => proxyNames.test(name) && process.env[name],
  );
  if (named.length === 0) return 'No proxy is used: no variable names one.';
  const reason = isLoopback(root) ? 'it is this machine' : 'NO_PROXY names it, or none is for it';
  return `No proxy is used for ${hostname}: ${reason} (${named.join(', ')}).`;
}

/** Says which proxy is used, and makes a connection through it. */
export const checkProxy = ({ io, deps, connection }: ServerTools): Promise<Finding> =>
  examine('proxy', io, deps, async (signal) => {
    const proxy = proxyOf(connection);
    if (proxy === undefined) return ok(whyNone(connection.root));
    const socket = await tunnelTo(connection, proxy, signal);
    socket.destroy();
    const { host } = new URL(connection.root);
    return ok(`${proxy.address} (${proxy.source}) connects to ${host}.`);
  });

/** Says whose word is taken for a server's certificate. */
export const checkAuthorities = ({ io, deps, connection }: ServerTools): Promise<Finding> =>
  examine('authorities', io, deps, async () => {
    const sources = authoritySources(process.env).map(({ name, certificates }) => ({
      name,
      count: certificates.length,
    }));
    const named = certificatesOf(connection.ca ?? '').length;
    if (named > 0) sources.push({ name: 'the file that was named (--ca, SKAHA_CA)', count: named });
    const empty = sources.filter(({ count }) => count === 0).map(({ name }) => name);
    if (empty.length > 0) {
      return warn(
        `There is no certificate that can be read in ${empty.join(' and ')}.`,
        'Correct or unset the variable.',
      );
    }
    return ok(`${sources.map(({ name, count }) => `${name}: ${count}`).join('; ')}.`);
  });

/** What the TLS check trusts: all that a request would trust in the end. */
export const everyAuthority = ({ ca, root }: Connection): Pick<tls.ConnectionOptions, 'ca'> => {
  const all = trusted(ca, { isLocal: isLoopback(root), everywhere: true });
  return all === undefined ? {} : { ca: all };
};
