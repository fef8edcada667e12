/**
 * Where the certificate of a login is kept when nobody says otherwise. For CADC that is where all
 * its programs look.
 *
 * @param provider - key of the identity provider
 * @returns a path that begins with `~/`
 */
export const usualCertificatePath = (provider: string): string =>
  `~/.ssl/${provider === 'cadc' ? 'cadcproxy' : provider}.pem`;
