import { createPrivateKey, type KeyObject, randomBytes, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { systemClock } from '@skaha/base/clock.js';
import { replaceFileSync } from '@skaha/base/private-file.js';
import { type DataLayout, readIfPresent } from '@skaha/service/data.js';
import { day, isValidFor, type Validity, validFor } from './validity.js';
import { importKeys, loadX509, newRsaKey, newSerial, pemBlock, rsa } from './x509.js';

/** The canonical name of a user: lower case, without blanks (credential service). */
export const distinguishedName = (user: string): string => `cn=${user},ou=users,o=skaha,c=ca`;

/**
 * Signs short-lived user certificates like the CADC credential service: RSA 2048, SHA256withRSA, a
 * key in PKCS#1. Separate from the platform's own authority, whose keys are elliptic.
 */
export class CredentialAuthority {
  /** PEM. */
  readonly certificate: string;
  readonly #key: KeyObject;
  readonly #public: X509Certificate;

  private constructor(key: KeyObject, certificate: string) {
    this.#key = key;
    this.certificate = certificate;
    this.#public = new X509Certificate(certificate);
  }

  /** The authority of a data directory, if it has been created. */
  static find(layout: DataLayout): CredentialAuthority | undefined {
    const text = readIfPresent(fileOf(layout)) ?? '';
    const certificate = pemBlock(text, 'CERTIFICATE');
    if (certificate === undefined) return undefined;
    try {
      const authority = new CredentialAuthority(createPrivateKey(text), certificate);
      return isValidFor(authority.#public, 60 * day) ? authority : undefined;
    } catch {
      // Damaged: another one is created.
      return undefined;
    }
  }

  /** The authority of a data directory, created if there is none or it expires soon. */
  static async open(layout: DataLayout): Promise<CredentialAuthority> {
    const found = CredentialAuthority.find(layout);
    if (found !== undefined) return found;
    const created = await CredentialAuthority.create();
    const key = created.#key.export({ type: 'pkcs8', format: 'pem' });
    replaceFileSync(fileOf(layout), created.certificate + key);
    return created;
  }

  /** A new authority that nobody knows. */
  static async create(): Promise<CredentialAuthority> {
    const x509 = await loadX509();
    const key = await newRsaKey();
    const keys = await importKeys(key);
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: newSerial(),
      name: `CN=skaha credential service ${randomBytes(4).toString('hex')}, O=skaha local platform`,
      ...validFor(3650 * day),
      signingAlgorithm: rsa,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    return new CredentialAuthority(key, `${certificate.toString('pem')}\n`);
  }

  /** Whether this authority signed a certificate. */
  issued(certificate: X509Certificate): boolean {
    return certificate.checkIssued(this.#public) && certificate.verify(this.#public.publicKey);
  }

  /** A new certificate for a user, its key in PKCS#1 and this authority, as PEM. */
  async issue(user: string, validity: Validity): Promise<string> {
    const x509 = await loadX509();
    const key = await newRsaKey();
    const keys = await importKeys(key);
    const issuer = new x509.X509Certificate(this.certificate);
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      subject: `CN=${user}, OU=users, O=skaha, C=ca`,
      issuer: issuer.subject,
      ...validity,
      signingAlgorithm: rsa,
      publicKey: keys.publicKey,
      signingKey: (await importKeys(this.#key)).privateKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
        await x509.AuthorityKeyIdentifierExtension.create(issuer),
      ],
    });
    const pem = key.export({ type: 'pkcs1', format: 'pem' });
    return `${certificate.toString('pem')}\n${pem}${this.certificate}`;
  }
}

const fileOf = (layout: DataLayout) => join(layout.secrets, 'credential-authority.pem');

let lastSerial = 0n;

/** The time in milliseconds times 100 (credential service), but never the same twice. */
function serialNumber(): string {
  const serial = BigInt(systemClock.now()) * 100n;
  lastSerial = serial > lastSerial ? serial : lastSerial + 1n;
  const digits = lastSerial.toString(16);
  return digits.length % 2 === 0 ? digits : `0${digits}`;
}

/** The canonical name in a certificate, whatever the order and case of its parts. */
export function subjectOf(certificate: X509Certificate): string {
  const parts = certificate.subject
    .split('\n')
    .map((part) => part.trim().toLowerCase().split('='))
    .map(([name = '', value = '']) => [name, value] as const);
  const order = ['cn', 'ou', 'o', 'c'];
  return [...parts]
    .sort(([one], [other]) => order.indexOf(one) - order.indexOf(other))
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
}
