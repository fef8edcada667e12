import { readFileSync } from 'node:fs';
import https from 'node:https';
import tls from 'node:tls';
import { TransportFailure } from './types.js';

// Apart from the transport and loaded on demand: Node's TLS takes as long to load as most of a
// short call, which over a socket of this machine needs none.

/** Opens a request over TLS. */
export const request = https.request;

/**
 * An agent whose connections OpenSSL judges.
 *
 * @param certificate - PEM of the client's certificate with its key; empty for none
 * @param ca - PEM of authorities trusted beside the system's
 * @param isLocal - whether the server is on this machine
 * @param options - of the connections
 * @throws {TransportFailure} `CERTIFICATE_UNUSABLE`
 */
export function secureAgent(
  certificate: string,
  ca: string | undefined,
  isLocal: boolean,
  options: https.AgentOptions,
): https.Agent {
  return new https.Agent({
    ...options,
    rejectUnauthorized: true,
    secureContext: secureContext(certificate, ca, isLocal),
  });
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
