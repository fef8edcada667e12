import { claimsOf } from '@skaha/base/token-claims.js';

/**
 * Reads when a token says it ends, for display only: nothing is verified, so nothing may be
 * decided by it. Only a JSON Web Token contains it (RFC 7519).
 *
 * @param token - any bearer token
 * @returns Unix seconds, or undefined when the token does not say
 */
export function shownExpiry(token: string): number | undefined {
  const end = claimsOf(token)?.['exp'];
  return typeof end === 'number' && Number.isFinite(end) ? end : undefined;
}
