import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { type Clock, systemClock } from '@skaha/base/clock.js';
import { expiryWarning } from '@skaha/base/expiry-warning.js';
import { isCertificateBlock, type PemBlock, pemBlocks } from '@skaha/base/pem.js';
import { SkahaError } from '../errors/index.js';
import { type CredentialFile, type CredentialKind, cachedFile } from './credential-file.js';

/** A client certificate, as read from its file. */
export interface CertificateFile {
  /** Certificate, key and chain, exactly as in the file. */
  pem: string;
  notBefore: Date;
  notAfter: Date;
  /** True if the group or other users may read the file. */
  loose: boolean;
}

const kind: CredentialKind = {
  label: 'Certificate',
  hint: "Get a certificate (for CANFAR with 'skaha login cadc'), or give the file that contains yours.",
  maximumSize: 256 * 1024,
};

const renewal =
  "Get a new certificate: for CANFAR with 'skaha login cadc', for the platform on this machine with 'skaha login local'.";

const dayMs = 86_400_000;

const isKey = ({ label }: PemBlock): boolean => label.endsWith('PRIVATE KEY');

function invalid(path: string, what: string): SkahaError {
  // OpenSSL's own error is left out: it adds nothing that a scientist can use.
  return new SkahaError('authentication.credential_invalid', `Certificate ${path} ${what}.`, {
    hint: kind.hint,
  });
}

function parseCertificate(path: string, block: PemBlock): X509Certificate {
  try {
    return new X509Certificate(block.pem);
  } catch {
    throw invalid(path, 'contains a certificate that cannot be understood');
  }
}

function parseKey(path: string, block: PemBlock): KeyObject {
  if (block.label === 'ENCRYPTED PRIVATE KEY' || block.pem.includes('Proc-Type: 4,ENCRYPTED')) {
    throw invalid(path, 'contains a private key with a pass phrase, which is not supported');
  }
  try {
    return createPrivateKey(block.pem);
  } catch {
    throw invalid(path, 'contains a private key that cannot be understood');
  }
}

/**
 * Checks the text of a certificate file: at least one certificate, exactly one private key, and
 * the key belongs to the first certificate. Blocks may come in any order. Dates are not judged.
 *
 * @param text - of the file
 * @param path - for messages
 * @throws {SkahaError} `authentication.credential_invalid` with the precise reason
 */
export function parseCertificateFile(
  text: string,
  path: string,
): Pick<CertificateFile, 'pem' | 'notBefore' | 'notAfter'> {
  const found = pemBlocks(text);
  const [first] = found.filter(isCertificateBlock);
  const [key, ...otherKeys] = found.filter(isKey);
  if (first === undefined) throw invalid(path, 'contains no certificate');
  if (key === undefined) throw invalid(path, 'contains no private key');
  if (otherKeys.length > 0) throw invalid(path, 'contains more than one private key');
  const certificate = parseCertificate(path, first);
  if (!certificate.checkPrivateKey(parseKey(path, key))) {
    throw invalid(path, 'is unusable: its private key does not match the certificate');
  }
  const notBefore = new Date(certificate.validFrom);
  const notAfter = new Date(certificate.validTo);
  if (Number.isNaN(notBefore.getTime()) || Number.isNaN(notAfter.getTime())) {
    throw invalid(path, 'contains a certificate without dates');
  }
  // OpenSSL does not take blocks without a line end between them.
  const pem = text.replace(/(-----END [A-Z0-9 ]{1,40}-----)(?=-----BEGIN)/g, '$1\n');
  return { pem, notBefore, notAfter };
}

const iso = (date: Date): string => date.toISOString().replace('.000Z', 'Z');

/** A certificate is good from its first instant, and no longer good at its last (RFC 5280 dates in UTC). */
function checkDates({ notBefore, notAfter }: CertificateFile, path: string, now: number): void {
  if (notAfter.getTime() <= now) {
    throw new SkahaError(
      'authentication.expired',
      `Certificate ${path} expired on ${iso(notAfter)}.`,
      { hint: renewal },
    );
  }
  if (notBefore.getTime() > now) {
    throw new SkahaError(
      'authentication.credential_invalid',
      `Certificate ${path} is valid from ${iso(notBefore)} until ${iso(notAfter)}; this machine's clock says ${iso(new Date(now))}.`,
      { hint: 'Set the clock of this machine, or wait until the certificate becomes valid.' },
    );
  }
}

/**
 * Makes a function that reads a client certificate as it is, in date or not, again only when the
 * file has changed.
 *
 * @param path - of one PEM file with certificate, key and chain
 * @returns a function that rejects with `authentication.credential_missing` or
 * `authentication.credential_invalid`
 */
export const certificateFile = (path: string): (() => Promise<CertificateFile>) =>
  cachedFile(path, kind, ({ text, loose }: CredentialFile) => ({
    ...parseCertificateFile(text, path),
    loose,
  }));

/**
 * Returns a function that reads a client certificate. It reads the file again when it changes, so a
 * certificate that another program has renewed is used immediately. It checks the dates at every
 * call.
 *
 * @param path - of one PEM file with certificate, key and chain
 * @param clock - the source of the current time
 * @returns a function that rejects with `authentication.credential_missing`,
 * `authentication.credential_invalid` or `authentication.expired`
 * @example
 * ```ts
 * import { certificateReader } from 'skaha/account';
 *
 * const { notAfter } = await certificateReader('/home/jane/.ssl/cadcproxy.pem')();
 * console.log(notAfter);
 * ```
 */
export function certificateReader(
  path: string,
  clock: Clock = systemClock,
): () => Promise<CertificateFile> {
  const read = certificateFile(path);
  return async () => {
    const certificate = await read();
    checkDates(certificate, path, clock.now());
    return certificate;
  };
}

/**
 * Says what the user should know about a certificate that is still good.
 *
 * @param certificate - as read
 * @param path - of its file
 * @param now - milliseconds since the Unix epoch
 */
export function certificateWarnings(
  certificate: CertificateFile,
  path: string,
  now: number,
): string[] {
  const warnings: string[] = [];
  const leftMs = certificate.notAfter.getTime() - now;
  if (leftMs < 3 * dayMs) {
    warnings.push(expiryWarning(`Certificate ${path}`, certificate.notAfter, now));
  }
  if (certificate.loose) {
    warnings.push(
      `Certificate ${path} can be read by others; make it private: chmod 600 '${path}'`,
    );
  }
  return warnings;
}

/**
 * Reads certificate authorities to trust in addition to those of the system.
 *
 * @param path - of a PEM file with at least one certificate
 * @returns the file's certificates as PEM
 * @throws {SkahaError} `config.invalid` if there is no such file or it holds none
 * @example
 * ```ts
 * import { readAuthorities } from 'skaha/account';
 *
 * console.log((await readAuthorities('/etc/ssl/site.pem')).length);
 * ```
 */
export async function readAuthorities(path: string): Promise<string> {
  const broken = (reason: string, cause?: unknown) =>
    new SkahaError('config.invalid', `The file of certificate authorities ${path} ${reason}.`, {
      hint: "Give a PEM file that exists; for the platform on this machine, start it again: 'skaha platform start'",
      cause,
    });
  const read = cachedFile(path, { ...kind, maximumSize: 1024 * 1024 }, ({ text }) =>
    pemBlocks(text).filter(isCertificateBlock),
  );
  const found = await read().catch((error: unknown) => {
    const missing =
      error instanceof SkahaError && error.code === 'authentication.credential_missing';
    throw broken(missing ? 'does not exist' : 'cannot be read', error);
  });
  if (found.length === 0) throw broken('contains no certificate');
  for (const block of found) {
    try {
      new X509Certificate(block.pem);
    } catch (error) {
      throw broken('contains a certificate that cannot be understood', error);
    }
  }
  return `${found.map(({ pem }) => pem).join('\n')}\n`;
}
