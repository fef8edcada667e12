import { systemClock } from '@skaha/base/clock.js';
import { firstLine } from '@skaha/base/redact.js';
import { withDeadline } from '@skaha/base/signals.js';
import { revocationRequest, userInfoRequest } from 'oauth4webapi';
import { SkahaError } from '../../errors/index.js';
import { clientAuthentication, deleteClient, messageOptions, type OidcClient } from './client.js';
import { converse, type OidcTools, textOf } from './messages.js';
import type { OidcProvider } from './provider.js';

/**
 * Asks who has logged in (OpenID Connect Core, section 5.3). Knowing it is a courtesy: a failure
 * is no failure of the login.
 *
 * @param provider - as discovered
 * @param client - as registered
 * @param access - access token
 * @param tools - transport and bounds
 * @returns the user's name; undefined when the provider does not say
 */
export async function userName(
  provider: Pick<OidcProvider, 'metadata'>,
  client: OidcClient,
  access: string,
  tools: OidcTools,
): Promise<string | undefined> {
  try {
    const { status, json } = await converse(tools, (fetch) =>
      userInfoRequest(
        provider.metadata,
        { client_id: client.identity },
        access,
        messageOptions(tools, fetch),
      ),
    );
    const name = textOf(json?.['preferred_username']);
    return status >= 200 && status < 300 && name !== undefined ? firstLine(name) : undefined;
  } catch (error) {
    tools.signal?.throwIfAborted();
    if (error instanceof SkahaError) return undefined;
    throw error;
  }
}

const timeoutMs = 5_000;

/**
 * Makes tokens worthless at their provider (RFC 7009), and deletes the client (RFC 7592). Best
 * effort within 5 seconds: a user who logs out wants the secrets gone from here in any case.
 *
 * @param provider - issuer, and the revocation endpoint when there is one
 * @param client - as registered
 * @param tokens - refresh token first
 * @param tools - transport and bounds
 * @returns whether all of them were revoked
 */
export async function revokeLogin(
  provider: Pick<OidcProvider, 'issuer' | 'metadata'>,
  client: OidcClient,
  tokens: readonly { token: string; type: 'refresh_token' | 'access_token' }[],
  tools: OidcTools,
): Promise<boolean> {
  const { metadata, issuer } = provider;
  try {
    return await withDeadline(systemClock, timeoutMs, tools.signal, async (signal) => {
      const bounded = { ...tools, signal };
      let done = metadata.revocation_endpoint !== undefined;
      for (const { token, type } of done ? tokens : []) {
        const { status } = await converse(bounded, (fetch) =>
          revocationRequest(
            metadata,
            { client_id: client.identity },
            clientAuthentication(client),
            token,
            { ...messageOptions(bounded, fetch), additionalParameters: { token_type_hint: type } },
          ),
        );
        done &&= status >= 200 && status < 300;
      }
      await deleteClient(client, issuer, bounded);
      return done;
    });
  } catch {
    tools.signal?.throwIfAborted();
    return false;
  }
}
