import { type OidcReply, providerInvalid, textOf, wholeNumberOf } from './messages.js';

/** What a provider gave. */
export interface TokenSet {
  access: string;
  /** Undefined when the provider gave none; an old one then stays good. */
  refresh: string | undefined;
  tokenType: string;
  scope: string | undefined;
  /** Unix seconds; undefined when the provider did not say. */
  expiresAt: number | undefined;
}

// The characters of a bearer token (RFC 6750, section 2.1).
const b64token = /^[A-Za-z0-9\-._~+/]+=*$/;
const longestLifeSeconds = 31 * 24 * 3600;

const isAbsent = (value: unknown): boolean => value === undefined || value === null || value === '';

function expiry(value: unknown, now: number): number | undefined {
  const seconds = wholeNumberOf(value);
  if (seconds === undefined || seconds <= 0) return undefined;
  return Math.floor(now / 1000) + Math.min(seconds, longestLifeSeconds);
}

/**
 * Reads a successful answer of a token endpoint (RFC 6749, section 5.1; RFC 6750). When the
 * provider dates the expiry itself that is ignored: its clock may differ from ours.
 *
 * @param reply - without a protocol error
 * @param issuer - of the provider
 * @param now - milliseconds since the Unix epoch
 * @throws {SkahaError} `authentication.provider_invalid` when it is malformed; no value is shown
 */
export function readTokens(reply: OidcReply, issuer: string, now: number): TokenSet {
  const { json } = reply;
  const malformed = () => providerInvalid(issuer, 'sent a malformed token response');
  if (json === undefined) throw malformed();
  const access = textOf(json['access_token']);
  const type = textOf(json['token_type']);
  const { refresh_token: refresh, scope, expires_in: expiresIn } = json;
  const wellTyped =
    [refresh, scope].every((value) => isAbsent(value) || typeof value === 'string') &&
    (isAbsent(expiresIn) || wholeNumberOf(expiresIn) !== undefined);
  if (access === undefined || !b64token.test(access) || !wellTyped) throw malformed();
  if (type?.toLowerCase() !== 'bearer') {
    throw providerInvalid(issuer, 'sent a token of a type that is not bearer');
  }
  return {
    access,
    refresh: textOf(refresh),
    tokenType: type,
    scope: textOf(scope),
    expiresAt: expiry(expiresIn, now),
  };
}
