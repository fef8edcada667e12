import http from 'node:http';
import https from 'node:https';
import { secureContext, type TrustOptions } from './node-authorities.js';
import type { FoundProxy, TunnelAgent } from './node-proxy.js';

// Apart from the transport and loaded on demand: Node's TLS takes as long to load as most of a
// short call, which over a socket of this machine needs none.

/** Opens a request over TLS. */
export const request = https.request;

/** Whom a connection is made to, as whom, and how far it trusts. */
export interface SecureTarget extends TrustOptions {
  /** PEM of the client's certificate with its key; empty for none. */
  certificate: string;
  /** PEM of authorities trusted in addition to the system's. */
  ca: string | undefined;
}

/** A way through a proxy. */
export interface ProxyRoute {
  proxy: FoundProxy;
  Tunnel: typeof TunnelAgent;
}

/**
 * An agent whose connections OpenSSL judges.
 *
 * @param target - to whom
 * @param route - through which proxy; undefined for none
 * @param options - of the connections
 * @throws {TransportFailure} `CERTIFICATE_UNUSABLE`, `CERTIFICATE_TOO_WEAK`
 */
export function secureAgent(
  target: SecureTarget,
  route: ProxyRoute | undefined,
  { lookup, ...options }: https.AgentOptions,
): https.Agent {
  const { certificate, ca } = target;
  const secure = {
    ...options,
    rejectUnauthorized: true,
    secureContext: secureContext(certificate, ca, target),
  };
  if (route === undefined) return new https.Agent({ ...secure, ...(lookup && { lookup }) });
  const { proxy, Tunnel } = route;
  const { autoSelectFamily, autoSelectFamilyAttemptTimeout } = options;
  const tunnel = {
    connection: { autoSelectFamily, autoSelectFamilyAttemptTimeout },
    secureContext: proxy.secure ? proxyContext(target) : undefined,
  };
  return new Tunnel(proxy, tunnel, { ...secure, ...(lookup && { lookup }) });
}

/** What is trusted, and nothing shown, where a proxy is talked to over TLS. */
const proxyContext = ({ ca, everywhere }: SecureTarget) =>
  secureContext('', ca, { isLocal: false, everywhere });

/**
 * An agent for plain requests that a proxy forwards.
 *
 * @param proxy - which
 * @param target - how far it is trusted
 * @param options - of the connections
 */
export function forwardingAgent(
  { secure }: FoundProxy,
  target: SecureTarget,
  { lookup: _, ...options }: https.AgentOptions,
): http.Agent {
  return secure
    ? new https.Agent({ ...options, secureContext: proxyContext(target) })
    : new http.Agent(options);
}
