import { generateKeyPair, type KeyObject, randomBytes, webcrypto } from 'node:crypto';
import { promisify } from 'node:util';
import { pemBlocks } from '@skaha/base/pem.js';

// What the two certificate authorities of a platform have in common: its own (`authority.ts`) and
// that of the credential service (`credential-authority.ts`).

/**
 * The library for certificates, loaded when one is created: most starts of a platform create none,
 * and its two hundred modules would be a tenth of the memory of an idle platform.
 */
export async function loadX509(): Promise<typeof import('@peculiar/x509')> {
  await import('reflect-metadata');
  return await import('@peculiar/x509');
}

export const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } as const;

/** A key of the kind that programs of astronomy read. */
export const newRsaKey = async (): Promise<KeyObject> =>
  (await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })).privateKey;

/** The two halves of an RSA key, for the library for certificates. */
export async function importKeys(key: KeyObject): Promise<webcrypto.CryptoKeyPair> {
  const { subtle } = webcrypto;
  const jwk = key.export({ format: 'jwk' }) as webcrypto.JsonWebKey;
  const { kty, n, e } = jwk;
  return {
    privateKey: await subtle.importKey('jwk', jwk, rsa, true, ['sign']),
    publicKey: await subtle.importKey('jwk', { kty, n, e } as webcrypto.JsonWebKey, rsa, true, [
      'verify',
    ]),
  };
}

/** A serial number is a positive integer, so its highest bit is 0. */
export const newSerial = (): string => `01${randomBytes(15).toString('hex')}`;

/** The first block of a PEM text with a label such as `CERTIFICATE`, with the line feed after it. */
export function pemBlock(text: string, label: string): string | undefined {
  const block = pemBlocks(text).find((one) => one.label === label);
  return block === undefined ? undefined : `${block.pem}\n`;
}
