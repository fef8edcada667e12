import { parseRecord } from './json.js';

/** What a JSON Web Token says (RFC 7519); nothing of it is verified. Undefined for any other token. */
export function claimsOf(token: string): Readonly<Record<string, unknown>> | undefined {
  const [, claims = '', ...rest] = token.split('.');
  return rest.length === 1
    ? parseRecord(Buffer.from(claims, 'base64url').toString('utf8'))
    : undefined;
}
