import { createPrivateKey, KeyObject, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import type { JsonGeneralNames } from '@peculiar/x509';
import { isValidFor, type Validity } from './validity.js';
import { importKeys, loadX509, newRsaKey, newSerial } from './x509.js';

/** A key and its certificate, as PEM text. */
export interface KeyPair {
  readonly key: string;
  readonly certificate: string;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const clientAuthentication = '1.3.6.1.5.5.7.3.2';
const serverAuthentication = '1.3.6.1.5.5.7.3.1';
const organisation = 'O=skaha local platform';

/** The distinguished name of a user's certificate. */
export const userName = (user: string): string => `CN=${user}, OU=users, ${organisation}`;

const newKeys = () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);

function exportKey(key: webcrypto.CryptoKey): string {
  return KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }) as string;
}

async function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const key: KeyObject = createPrivateKey(pem);
  const der = key.export({ type: 'pkcs8', format: 'der' });
  return await webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']);
}

/** Creates a certificate authority that only this platform and its clients know. */
export async function createAuthority(validity: Validity): Promise<KeyPair> {
  const x509 = await loadX509();
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: `CN=skaha local platform ${randomBytes(4).toString('hex')}, ${organisation}`,
    ...validity,
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { key: exportKey(keys.privateKey), certificate: `${certificate.toString('pem')}\n` };
}

interface LeafOptions {
  readonly keys: { readonly publicKey: webcrypto.CryptoKey; readonly pem: string };
  readonly subject: string;
  readonly usage: string;
  readonly validity: Validity;
  readonly names?: JsonGeneralNames;
}

async function createLeaf(authority: KeyPair, options: LeafOptions): Promise<KeyPair> {
  const x509 = await loadX509();
  const { keys } = options;
  const issuer = new x509.X509Certificate(authority.certificate);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: options.subject,
    issuer: issuer.subject,
    ...options.validity,
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: await importKey(authority.key),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([options.usage]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      ...(options.names === undefined
        ? []
        : [new x509.SubjectAlternativeNameExtension(options.names)]),
    ],
  });
  return { key: keys.pem, certificate: `${certificate.toString('pem')}\n` };
}

/** Creates the certificate of the server, for the loopback names and addresses of this machine. */
export async function createServerCertificate(
  authority: KeyPair,
  validity: Validity,
): Promise<KeyPair> {
  const keys = await newKeys();
  return await createLeaf(authority, {
    keys: { publicKey: keys.publicKey, pem: await exportKey(keys.privateKey) },
    subject: `CN=localhost, ${organisation}`,
    usage: serverAuthentication,
    validity,
    names: [
      { type: 'dns', value: 'localhost' },
      { type: 'ip', value: '127.0.0.1' },
      { type: 'ip', value: '::1' },
    ],
  });
}

/**
 * Creates a certificate for a user. Its key is RSA in PKCS#1, like those from the credential
 * service of CADC: programs of astronomy read no other kind.
 */
export async function createUserCertificate(
  authority: KeyPair,
  user: string,
  validity: Validity,
): Promise<KeyPair> {
  const key = await newRsaKey();
  const { publicKey } = await importKeys(key);
  return await createLeaf(authority, {
    keys: { publicKey, pem: key.export({ type: 'pkcs1', format: 'pem' }).toString() },
    subject: userName(user),
    usage: clientAuthentication,
    validity,
  });
}

/** Whether certificate and key can be read and belong together. */
export function isReadable({ key, certificate }: KeyPair): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

/** Whether a certificate is of this issuer, valid now, and for at least so many more milliseconds. */
export function isGood(certificate: string, issuer: string, remainingMs: number): boolean {
  try {
    const leaf = new X509Certificate(certificate);
    return leaf.verify(new X509Certificate(issuer).publicKey) && isValidFor(leaf, remainingMs);
  } catch {
    return false;
  }
}
