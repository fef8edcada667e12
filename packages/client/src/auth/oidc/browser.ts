import { type Clock, systemClock } from '@skaha/base/clock.js';
import {
  AuthorizationResponseError,
  authorizationCodeGrantRequest,
  calculatePKCECodeChallenge,
  generateRandomCodeVerifier,
  generateRandomState,
  validateAuthResponse,
} from 'oauth4webapi';
import { SkahaError } from '../../errors/index.js';
import type { Callback } from './callback.js';
import { clientAuthentication, messageOptions, type OidcClient, scope } from './client.js';
import { converse, type OidcTools, providerDown, providerInvalid } from './messages.js';
import type { OidcProvider } from './provider.js';
import { readTokens, type TokenSet } from './tokens.js';

/** What a login in the browser of this machine needs. */
export interface BrowserLogin extends OidcTools {
  callback: Callback;
  /** Opens the page, or shows its address to the user. */
  onOpen(url: string): void | Promise<void>;
  /** Time for the user, in milliseconds. @default 300_000 */
  patienceMs?: number | undefined;
  clock?: Clock | undefined;
}

function refused(error: unknown, issuer: string): SkahaError {
  const { host } = new URL(issuer);
  if (error instanceof AuthorizationResponseError && error.error === 'access_denied') {
    return new SkahaError('authentication.denied', `The login at ${host} was denied.`, {
      hint: 'Log in again, and approve it on the page.',
    });
  }
  // Also when the state differs: the visit then did not come from the page that was opened.
  return providerInvalid(
    issuer,
    'sent the browser back with an answer that does not belong to this login',
    'Log in again; nothing was saved.',
  );
}

/**
 * Logs in with the browser of this machine: Authorization Code with PKCE (RFC 6749, RFC 7636,
 * RFC 8252).
 *
 * @param provider - as discovered
 * @param client - as registered with the callback's address
 * @param login - callback, how to open the page, transport and bounds
 * @throws {SkahaError} `authentication.denied`, `authentication.provider_invalid`,
 * `transport.timeout`, `transport.failure`
 */
export async function loginInBrowser(
  provider: OidcProvider,
  client: OidcClient,
  login: BrowserLogin,
): Promise<TokenSet> {
  const { issuer, metadata } = provider;
  const { callback, signal, clock = systemClock, patienceMs = 300_000 } = login;
  const verifier = generateRandomCodeVerifier();
  const state = generateRandomState();
  const page = new URL(metadata.authorization_endpoint ?? '');
  for (const [name, value] of [
    ['client_id', client.identity],
    ['response_type', 'code'],
    ['redirect_uri', callback.redirectUri],
    ['scope', scope],
    // Some providers give a refresh token only after asking the user again.
    ['prompt', 'consent'],
    ['state', state],
    ['code_challenge', await calculatePKCECodeChallenge(verifier)],
    ['code_challenge_method', 'S256'],
  ] as const) {
    page.searchParams.set(name, value);
  }
  await login.onOpen(page.href);
  const visit = await callback.visit({ timeoutMs: patienceMs, clock, signal });
  let parameters: URLSearchParams;
  try {
    parameters = validateAuthResponse(metadata, { client_id: client.identity }, visit, state);
  } catch (error) {
    throw refused(error, issuer);
  }
  const reply = await converse(login, (fetch) =>
    authorizationCodeGrantRequest(
      metadata,
      { client_id: client.identity },
      clientAuthentication(client),
      parameters,
      callback.redirectUri,
      verifier,
      messageOptions(login, fetch),
    ),
  );
  if (reply.status >= 500) throw providerDown(issuer, reply.status);
  if (reply.error !== undefined)
    throw providerInvalid(issuer, 'refused the login', 'Log in again.');
  return readTokens(reply, issuer, clock.now());
}
