/**
 * The `WWW-Authenticate` headers of the CADC services: how a caller can authenticate. Without
 * Basic, so that browsers do not ask for a password.
 *
 * @param origin - scheme, host and port as the caller sees them
 */
export const challengesAt = (origin: string): readonly string[] => [
  `ivoa_x509 standard_id="ivo://ivoa.net/sso#BasicAA", access_url="${origin}/cred/generate"`,
  'ivoa_x509',
  `ivoa_bearer standard_id="ivo://ivoa.net/sso#tls-with-password", access_url="${origin}/ac/login", HACK=temporary`,
  'ivoa_cookie',
  'Bearer',
];
