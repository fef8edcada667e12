/**
 * The library that makes certificates, loaded when one is to be made: most starts of a platform need
 * none, and its two hundred modules would be a tenth of the memory of an idle one.
 */
export async function loadX509(): Promise<typeof import('@peculiar/x509')> {
  await import('reflect-metadata');
  return await import('@peculiar/x509');
}
