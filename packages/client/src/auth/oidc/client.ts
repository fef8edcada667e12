import { base64 } from '@skaha/base/bytes.js';
import {
  allowInsecureRequests,
  type ClientAuth,
  customFetch,
  dynamicClientRegistrationRequest,
} from 'oauth4webapi';
import { SkahaError } from '../../errors/index.js';
import { exchange } from '../../transport/exchange.js';
import {
  converse,
  type OidcTools,
  type ProtocolFetch,
  providerDown,
  providerInvalid,
  textOf,
  wholeNumberOf,
} from './messages.js';
import { grantOf, type OidcFlow, type OidcProvider } from './provider.js';

/** This program as a provider knows it. */
export interface OidcClient {
  identity: string;
  secret: string;
  /** Unix seconds; undefined when the secret does not end. */
  secretExpiresAt: number | undefined;
  /** The flow it was registered for. */
  flow: OidcFlow;
  /** By which the registration can be deleted (RFC 7592). */
  registrationToken: string | undefined;
  registrationUri: string | undefined;
}

/** What is asked for: who the user is, and a token that outlives the login. */
export const scope = 'openid profile email offline_access';

const longestName = 256;

/**
 * Form encoding leaves letters, digits and `*-._` alone. The protocol library encodes those too,
 * which is as good by the letter of RFC 6749, but providers that do not decode at all (INDIGO IAM)
 * then see another client.
 */
const formEncoded = (text: string): string => new URLSearchParams({ _: text }).toString().slice(2);

/**
 * How a registered client shows itself: its secret in the header, never in body or URL (RFC 6749,
 * section 2.3.1).
 *
 * @param client - as registered
 */
export const clientAuthentication =
  ({ identity, secret }: OidcClient): ClientAuth =>
  (_server, _client, _body, headers) => {
    const proof = base64(`${formEncoded(identity)}:${formEncoded(secret)}`);
    headers.set('authorization', `Basic ${proof}`);
  };

/**
 * Options of every message that the protocol library sends.
 *
 * @param tools - transport and bounds
 * @param fetch - over our transport
 */
export const messageOptions = (tools: OidcTools, fetch: ProtocolFetch) => ({
  [customFetch]: fetch,
  [allowInsecureRequests]: tools.development,
});

function clientName(hostname: string, now: number): string {
  const time = new Date(now).toISOString().slice(0, 16).replace('T', ' ');
  const name = `Science Platform CLI @ ${hostname}`;
  return `${name.slice(0, longestName - time.length - 1)} ${time}`;
}

/**
 * Registers this program with a provider (RFC 7591).
 *
 * @param provider - as discovered
 * @param flow - the grant it will use
 * @param about - name of this machine, time in milliseconds, and where a browser is sent back to
 * @param tools - transport and bounds
 * @throws {SkahaError} `authentication.provider_invalid` when it refuses, `transport.failure`
 */
export async function registerClient(
  provider: OidcProvider,
  flow: OidcFlow,
  about: { hostname: string; now: number; redirectUri?: string | undefined },
  tools: OidcTools,
): Promise<OidcClient> {
  const request = {
    client_name: clientName(about.hostname, about.now),
    grant_types: [grantOf[flow], 'refresh_token'],
    // A client of the device grant needs none, but some providers insist on one.
    response_types: flow === 'device' ? ['token'] : ['code'],
    token_endpoint_auth_method: 'client_secret_basic',
    scope,
    ...(flow === 'device'
      ? {}
      : { application_type: 'native', redirect_uris: [about.redirectUri ?? ''] }),
  };
  const { status, json } = await converse(tools, (fetch) =>
    dynamicClientRegistrationRequest(provider.metadata, request, messageOptions(tools, fetch)),
  );
  if (status >= 500) throw providerDown(provider.issuer, status);
  if (status < 200 || status > 299) {
    throw providerInvalid(provider.issuer, `refused to register this client (${status})`);
  }
  const identity = textOf(json?.['client_id']);
  const secret = textOf(json?.['client_secret']);
  if (identity === undefined || secret === undefined) {
    throw providerInvalid(provider.issuer, 'answered the registration with a malformed document');
  }
  const ends = wholeNumberOf(json?.['client_secret_expires_at']) ?? 0;
  return {
    identity,
    secret,
    secretExpiresAt: ends > 0 ? ends : undefined,
    flow,
    registrationToken: textOf(json?.['registration_access_token']),
    registrationUri: textOf(json?.['registration_client_uri']),
  };
}

/**
 * Tests whether a client that was registered before can be used again.
 *
 * @param client - as saved
 * @param flow - how the user logs in; a browser login has a return address of its own each time
 * @param now - milliseconds since the Unix epoch
 */
export const isReusable = (client: OidcClient, flow: OidcFlow, now: number): boolean =>
  flow === 'device' &&
  client.flow === 'device' &&
  (client.secretExpiresAt === undefined || client.secretExpiresAt * 1000 > now + 60_000);

/**
 * Deletes a registration (RFC 7592). Best effort: a provider that does not know how, or does not
 * answer, is no failure.
 *
 * @param client - as registered
 * @param issuer - of the provider; the registration must be on the same host, for its token goes there
 * @param tools - transport and bounds
 * @returns whether it was deleted
 */
export async function deleteClient(
  client: OidcClient,
  issuer: string,
  tools: OidcTools,
): Promise<boolean> {
  const { registrationToken, registrationUri } = client;
  if (registrationToken === undefined || registrationUri === undefined) return false;
  if (!URL.canParse(registrationUri) || !URL.canParse(issuer)) return false;
  if (new URL(registrationUri).origin !== new URL(issuer).origin) return false;
  try {
    const { status } = await exchange(
      tools.transport,
      {
        method: 'DELETE',
        url: registrationUri,
        headers: { authorization: `Bearer ${registrationToken}` },
        anonymous: true,
      },
      { timeoutMs: tools.timeoutMs, signal: tools.signal, maximumBytes: 64 * 1024 },
    );
    return status === 204 || status === 200;
  } catch (error) {
    tools.signal?.throwIfAborted();
    if (error instanceof SkahaError) return false;
    throw error;
  }
}
