import { addressProblem } from '@skaha/base/addresses.js';
import { type Clock, systemClock } from '@skaha/base/clock.js';
import { refreshTokenGrantRequest } from 'oauth4webapi';
import { SkahaError } from '../../errors/index.js';
import { clientAuthentication, messageOptions } from './client.js';
import { converse, type OidcReply, type OidcTools, providerInvalid } from './messages.js';
import type { OidcRecord } from './record.js';
import { readTokens, type TokenSet } from './tokens.js';

/** What an attempt to refresh came to. */
export type RefreshOutcome =
  | { tokens: TokenSet }
  /** The provider does not take the refresh token, or the client, any more. */
  | { refused: true };

const attempts = 3;
const refusals = new Set(['invalid_grant', 'invalid_client', 'unauthorized_client']);

const unreachable = (cause?: unknown): SkahaError =>
  new SkahaError('transport.failure', 'The identity provider could not be reached.', {
    hint: 'Your login is unchanged. Try again later.',
    retryable: true,
    cause,
  });

/** The file may have been edited or imported since the addresses of the provider were checked. */
const isSecure = (address: string, { development }: OidcTools): boolean =>
  addressProblem(address, { development: true }) === undefined &&
  (development || new URL(address).protocol === 'https:');

/** Only our own errors are kept as cause: those of the provider may hold secrets. */
async function post(record: OidcRecord, tools: OidcTools): Promise<OidcReply | SkahaError> {
  const { issuer, client, tokenEndpoint, refresh } = record;
  if (client === undefined || tokenEndpoint === undefined || refresh === undefined) {
    throw new SkahaError('internal', 'This login cannot be refreshed.');
  }
  if (!isSecure(tokenEndpoint, tools)) {
    throw providerInvalid(issuer ?? tokenEndpoint, 'has a token address that is not safe');
  }
  try {
    return await converse(tools, (fetch) =>
      refreshTokenGrantRequest(
        { issuer: issuer ?? tokenEndpoint, token_endpoint: tokenEndpoint },
        { client_id: client.identity },
        clientAuthentication(client),
        refresh,
        messageOptions(tools, fetch),
      ),
    );
  } catch (error) {
    if (error instanceof SkahaError && error.retryable) return error;
    throw error;
  }
}

const isAhead = (seconds: number | undefined, now: number): boolean =>
  seconds === undefined || seconds * 1000 > now;

/**
 * Tests whether a record has all that a refresh needs, and none of it has expired.
 *
 * @param record - as saved
 * @param now - milliseconds since the Unix epoch
 */
export const isRefreshable = (record: OidcRecord, now: number): boolean =>
  record.client !== undefined &&
  isAhead(record.client.secretExpiresAt, now) &&
  record.tokenEndpoint !== undefined &&
  record.refresh !== undefined &&
  isAhead(record.refreshExpiry, now);

/**
 * Trades a refresh token for a new access token (RFC 6749, section 6). Nothing is saved here. A
 * provider that does not answer is asked up to 3 times.
 *
 * @param record - as saved; must be refreshable
 * @param tools - transport, bounds and clock
 * @throws {SkahaError} `transport.failure`, `authentication.provider_invalid`
 */
export async function refreshTokens(
  record: OidcRecord,
  tools: OidcTools & { clock?: Clock | undefined },
): Promise<RefreshOutcome> {
  const { clock = systemClock } = tools;
  const issuer = record.issuer ?? record.tokenEndpoint ?? '';
  for (let attempt = 1; ; attempt += 1) {
    const reply = await post(record, tools);
    const failed = reply instanceof SkahaError;
    if (failed || reply.status >= 500 || reply.status === 429) {
      if (attempt === attempts) throw unreachable(failed ? reply : undefined);
      await clock.sleep(250 * 2 ** attempt, tools.signal);
      continue;
    }
    if (reply.error !== undefined && refusals.has(reply.error)) return { refused: true };
    if (reply.error !== undefined) {
      throw providerInvalid(issuer, 'refused to refresh the login', 'Log in again.');
    }
    return { tokens: readTokens(reply, issuer, clock.now()) };
  }
}
