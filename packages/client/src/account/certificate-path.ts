/**
 * Returns the default path for the certificate of a login. For CADC it is where all of CADC's
 * programs look.
 *
 * @param provider - key of the identity provider
 * @returns a path that begins with `~/`
 */
export const usualCertificatePath = (provider: string): string =>
  `~/.ssl/${provider === 'cadc' ? 'cadcproxy' : provider}.pem`;
