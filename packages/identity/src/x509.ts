import { webcrypto } from 'node:crypto';

/**
 * The library that makes certificates, loaded when one is to be made: most starts of a platform need
 * none, and its two hundred modules would be a tenth of the memory of an idle one.
 */
export async function loadX509(): Promise<typeof import('@peculiar/x509')> {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);
  return x509;
}
