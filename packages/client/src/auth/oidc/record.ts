import { entry } from '@skaha/base/names.js';
import { defined } from '@skaha/base/record.js';
import * as z from 'zod/mini';
import type { Configuration, OidcEntry } from '../../config/schema.js';
import { SkahaError } from '../../errors/index.js';
import type { OidcClient } from './client.js';
import type { OidcProvider } from './provider.js';
import type { TokenSet } from './tokens.js';

const text = z.optional(z.nullable(z.string()));
const seconds = z.optional(z.nullable(z.number()));

/** What a login writes, read with tolerance: the user or an import may have left things out. */
const storedSchema = z.looseObject({
  issuer: z.optional(z.string()),
  provider: text,
  endpoints: z.optional(
    z.looseObject({ discovery: text, token: text, userinfo: text, revocation: text }),
  ),
  client: z.optional(
    z.looseObject({
      identity: text,
      secret: text,
      secret_expires_at: seconds,
      flow: z.optional(z.enum(['device', 'browser'])),
      registration_token: text,
      registration_uri: text,
    }),
  ),
  token: z.optional(z.looseObject({ access: text, refresh: text, token_type: text, scope: text })),
  expiry: z.optional(z.looseObject({ access: seconds, refresh: seconds })),
});

/** A saved login, taken apart. */
export interface OidcRecord {
  issuer: string | undefined;
  /** Undefined when the record holds no client, as one that was imported may. */
  client: OidcClient | undefined;
  tokenEndpoint: string | undefined;
  revocationEndpoint: string | undefined;
  access: string | undefined;
  refresh: string | undefined;
  /** Unix seconds; undefined when not known. */
  accessExpiry: number | undefined;
  refreshExpiry: number | undefined;
}

const filled = (value: string | null | undefined): string | undefined =>
  value === null || value === '' ? undefined : value;

const positive = (value: number | null | undefined): number | undefined =>
  value === null || value === undefined || value <= 0 ? undefined : value;

/**
 * Takes a saved login apart.
 *
 * @param stored - the credential
 * @param name - of the credential, for messages
 * @throws {SkahaError} `authentication.credential_invalid` when its parts have wrong types
 */
export function readRecord(stored: OidcEntry, name: string): OidcRecord {
  const result = storedSchema.safeParse(stored);
  if (!result.success) {
    throw new SkahaError(
      'authentication.credential_invalid',
      `The login '${name}' in the configuration file is damaged.`,
      { hint: `Log in again: 'skaha login ${name} --force'`, id: name },
    );
  }
  const { issuer, endpoints = {}, client = {}, token = {}, expiry = {} } = result.data;
  const identity = filled(client.identity);
  const secret = filled(client.secret);
  return {
    issuer,
    client:
      identity === undefined || secret === undefined
        ? undefined
        : {
            identity,
            secret,
            secretExpiresAt: positive(client.secret_expires_at),
            flow: client.flow ?? 'device',
            registrationToken: filled(client.registration_token),
            registrationUri: filled(client.registration_uri),
          },
    tokenEndpoint: filled(endpoints.token),
    revocationEndpoint: filled(endpoints.revocation),
    access: filled(token.access),
    refresh: filled(token.refresh),
    accessExpiry: positive(expiry.access),
    refreshExpiry: positive(expiry.refresh),
  };
}

/** The part of a record that a refresh changes. */
const savedTokens = (tokens: TokenSet) => ({
  token: defined({
    access: tokens.access,
    refresh: tokens.refresh,
    token_type: tokens.tokenType,
    scope: tokens.scope,
  }),
  expiry: defined({ access: tokens.expiresAt }),
});

/**
 * Makes the record of a new login.
 *
 * @param provider - as discovered, and its key
 * @param client - as registered
 * @param tokens - as given
 */
export function makeRecord(
  provider: OidcProvider & { key: string },
  client: OidcClient,
  tokens: TokenSet,
): OidcEntry {
  const { metadata, issuer, discovery, key } = provider;
  return {
    mode: 'oidc',
    provider: key,
    issuer,
    endpoints: defined({
      discovery,
      device: metadata.device_authorization_endpoint,
      registration: metadata.registration_endpoint,
      token: metadata.token_endpoint,
      userinfo: metadata.userinfo_endpoint,
      revocation: metadata.revocation_endpoint,
    }),
    client: defined({
      identity: client.identity,
      secret: client.secret,
      secret_expires_at: client.secretExpiresAt,
      flow: client.flow,
      registration_token: client.registrationToken,
      registration_uri: client.registrationUri,
    }),
    ...savedTokens(tokens),
  };
}

/**
 * Puts refreshed tokens into a record. What the provider left out of its answer stays: an old
 * refresh token is good until it is replaced.
 *
 * @param stored - the credential
 * @param tokens - as given
 */
export function withTokens(stored: OidcEntry, tokens: TokenSet): OidcEntry {
  const { token, expiry } = savedTokens(tokens);
  const { access: _access, refresh: formerExpiry, ...otherExpiry } = stored.expiry ?? {};
  const keptExpiry =
    tokens.refresh === undefined && typeof formerExpiry === 'number'
      ? { refresh: formerExpiry }
      : {};
  return {
    ...stored,
    token: { ...stored.token, ...token },
    expiry: { ...otherExpiry, ...keptExpiry, ...expiry },
  };
}

/**
 * Finds a saved login.
 *
 * @param configuration - the user's settings
 * @param name - of the credential
 * @throws {SkahaError} `authentication.required` when there is none of that name
 */
export function findEntry(configuration: Configuration, name: string): OidcEntry {
  const stored = entry(configuration.credentials, name);
  if (stored?.mode === 'oidc') return stored;
  throw new SkahaError('authentication.required', `You are not logged in to '${name}'.`, {
    hint: `Log in: 'skaha login ${name}'`,
    id: name,
  });
}
