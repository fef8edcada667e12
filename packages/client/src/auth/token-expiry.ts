/**
 * Reads when a token says it ends, for display only: nothing is verified, so nothing may be
 * decided by it. Only a JSON Web Token tells (RFC 7519).
 *
 * @param token - any bearer token
 * @returns Unix seconds, or undefined when the token does not tell
 */
export function shownExpiry(token: string): number | undefined {
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString('utf8'));
    if (typeof claims !== 'object' || claims === null || !('exp' in claims)) return undefined;
    return typeof claims.exp === 'number' && Number.isFinite(claims.exp) ? claims.exp : undefined;
  } catch {
    return undefined;
  }
}
