import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import tls from 'node:tls';
import { certificatesOf } from '@skaha/base/pem.js';
import { errorCode } from './node-failure.js';
import { TransportFailure } from './types.js';

/** Where systems keep the authorities they trust, all in one file; the first that exists counts. */
const systemFiles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** A folder of authorities has some hundred; one with more is probably another folder. */
const mostFiles = 2_000;

type Variables = Readonly<Record<string, string | undefined>>;

/** Authorities from one place. */
export interface AuthoritySource {
  /** What people call it: a path, with the variable that named it. */
  name: string;
  /** PEM, one certificate each. */
  certificates: readonly string[];
}

function readable(path: string): string[] {
  try {
    return certificatesOf(readFileSync(path, 'utf8')).filter(isCertificate);
  } catch {
    // Like OpenSSL and Node, which pass over an authority file that cannot be read.
    return [];
  }
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    // One that OpenSSL of this version does not understand, among hundreds that it does.
    return false;
  }
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /\.(?:pem|crt|cer|\d+)$/i.test(name))
      .slice(0, mostFiles)
      .map((name) => join(folder, name));
  } catch {
    // As with files.
    return [];
  }
}

function fromVariables(environment: Variables): AuthoritySource[] {
  const { SSL_CERT_FILE, SSL_CERT_DIR, NODE_EXTRA_CA_CERTS } = environment;
  const folders = (SSL_CERT_DIR ?? '').split(delimiter).filter((folder) => folder !== '');
  return [
    ...(SSL_CERT_FILE
      ? [{ name: `${SSL_CERT_FILE} (SSL_CERT_FILE)`, certificates: readable(SSL_CERT_FILE) }]
      : []),
    ...folders.map((folder) => ({
      name: `${folder} (SSL_CERT_DIR)`,
      certificates: filesIn(folder).flatMap(readable),
    })),
    ...(NODE_EXTRA_CA_CERTS
      ? [
          {
            name: `${NODE_EXTRA_CA_CERTS} (NODE_EXTRA_CA_CERTS)`,
            certificates: readable(NODE_EXTRA_CA_CERTS),
          },
        ]
      : []),
  ];
}

/** Since 22.15, Node lists what it trusts, and what the system does. */
function storeOf(kind: 'default' | 'system'): readonly string[] | undefined {
  const ask: unknown = Reflect.get(tls, 'getCACertificates');
  const found: unknown = typeof ask === 'function' ? ask(kind) : undefined;
  return Array.isArray(found) ? found.map(String) : undefined;
}

function ofSystem(): AuthoritySource[] {
  for (const name of systemFiles) {
    const certificates = readable(name);
    if (certificates.length > 0) return [{ name, certificates }];
  }
  // Windows and macOS keep them elsewhere.
  const certificates = storeOf('system') ?? [];
  return certificates.length === 0 ? [] : [{ name: "the system's store", certificates }];
}

/** What Node trusts by itself: its own list, or what its flags and `NODE_EXTRA_CA_CERTS` ask for. */
const ofNode = (): readonly string[] => storeOf('default') ?? tls.rootCertificates;

/**
 * Every authority that is trusted when a server's is not among Node's own: those of the system
 * and those the usual variables name.
 *
 * @param environment - the variables
 */
export const authoritySources = (environment: Variables): AuthoritySource[] => [
  { name: "Node's own list", certificates: ofNode() },
  ...ofSystem(),
  ...fromVariables(environment),
];

let all: string[] | undefined;

/** Read once: there are hundreds, and they do not change while a program runs. */
function allAuthorities(): string[] {
  all ??= [...new Set(authoritySources(process.env).flatMap(({ certificates }) => certificates))];
  return all;
}

/** How far to look for a server's authority. */
export interface TrustOptions {
  /** Whether the server is on this machine. */
  isLocal: boolean;
  /** Also those of the system and of the usual variables, whose reading takes time. */
  everywhere: boolean;
}

/**
 * The authorities to trust; undefined for Node's own, whose store it parses only once.
 *
 * @param extra - PEM of further ones
 * @param options - how far to look
 */
export function trusted(
  extra: string | undefined,
  { isLocal, everywhere }: TrustOptions,
): string[] | undefined {
  const named = extra ? [extra] : [];
  if (everywhere) return [...allAuthorities(), ...named];
  // No public authority vouches for this machine: leaving all others out, whose parsing takes
  // most of the time of a short call, loses nothing there.
  if (isLocal && extra) return named;
  return extra ? [...ofNode(), ...named] : undefined;
}

/**
 * What a connection trusts and presents.
 *
 * @param certificate - PEM of the client's certificate with its key; empty for none
 * @param extra - PEM of authorities that were asked for
 * @param options - how far to look for others
 * @throws {TransportFailure} `CERTIFICATE_UNUSABLE`, `CERTIFICATE_TOO_WEAK`
 */
export function secureContext(
  certificate: string,
  extra: string | undefined,
  options: TrustOptions,
): tls.SecureContext {
  try {
    const ca = trusted(extra, options);
    return tls.createSecureContext({
      minVersion: 'TLSv1.2',
      ...(ca === undefined ? {} : { ca }),
      ...(certificate === '' ? {} : { cert: certificate, key: certificate }),
    });
  } catch (cause) {
    const isWeak = /_TOO_(?:WEAK|SMALL)$/.test(errorCode(cause));
    const reason = isWeak ? 'CERTIFICATE_TOO_WEAK' : 'CERTIFICATE_UNUSABLE';
    throw new TransportFailure(reason, false, cause);
  }
}
