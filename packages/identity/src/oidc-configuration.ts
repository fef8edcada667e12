import { randomBytes, randomUUID } from 'node:crypto';
import { alert, page } from '@skaha/service/page.js';
import type { Reply } from '@skaha/service/reply.js';
import type { Account, Configuration, JWKS } from 'oidc-provider';
import type { Accounts } from './accounts.js';
import type { OidcControls } from './controls.js';
import type { OidcKeys } from './oidc-keyring.js';
import type { OidcStore } from './oidc-store.js';

/** Paths of the provider, the same as those of INDIGO IAM if it has them. */
export const oidcPaths = {
  authorization: '/authorize',
  code_verification: '/device',
  device_authorization: '/devicecode',
  jwks: '/jwk',
  registration: '/iam/api/client-registration',
  revocation: '/revoke',
  token: '/token',
  userinfo: '/userinfo',
} as const;

/** Path of the pages on which users approve authorization requests. */
export const interactionPath = '/interaction/';

const yearSeconds = 31_536_000;

/** What the configuration of the provider needs. */
export interface OidcConfigurationOptions {
  readonly accounts: Accounts;
  readonly store: OidcStore;
  readonly keys: OidcKeys;
  readonly controls: OidcControls;
}

/** A page that says what went wrong. */
export const failurePage = (message: string, status = 400): Reply =>
  page({ title: 'Login failed', status, content: `<h1>Login failed</h1>\n${alert(message)}` });

/** Configuration of the provider library, without any of its development defaults. */
export function oidcConfiguration({
  accounts,
  store,
  keys,
  controls,
}: OidcConfigurationOptions): Configuration {
  return {
    adapter: (model) => store.adapter(model),
    jwks: { keys: [...keys.signing] } as JWKS,
    routes: { ...oidcPaths },
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    claims: {
      openid: ['sub'],
      profile: ['name', 'preferred_username'],
      email: ['email', 'email_verified'],
    },
    responseTypes: ['code'],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    clientBasedCORS: () => false,
    // Both ends are on one machine, and tests that move the clock count in seconds.
    clockTolerance: 0,
    cookies: {
      keys: [...keys.cookies],
      long: { httpOnly: true, sameSite: 'lax', secure: true, signed: true },
      short: { httpOnly: true, sameSite: 'lax', secure: true, signed: true },
    },
    pkce: { required: () => true },
    features: features(),
    ttl: lifetimes(controls),
    rotateRefreshToken: () => controls.rotation,
    issueRefreshToken: async (_context, client) =>
      controls.refreshTokens && client.grantTypeAllowed('refresh_token'),
    expiresWithSession: async () => false,
    // Consent is never remembered: the user is asked each time.
    loadExistingGrant: async (context) => {
      const id = context.oidc.result?.consent?.grantId;
      return id === undefined ? undefined : await context.oidc.provider.Grant.find(id);
    },
    interactions: { url: (_context, interaction) => `${interactionPath}${interaction.uid}` },
    findAccount: async (_context, id) => (accounts.has(id) ? account(id) : undefined),
    renderError: async (context, { error, error_description: description }) => {
      const { body, headers } = failurePage(description ?? error);
      for (const [name, value] of Object.entries(headers)) context.set(name, String(value));
      context.body = body;
    },
  };
}

function features(): NonNullable<Configuration['features']> {
  return {
    deviceFlow: { enabled: true, charset: 'base-20', mask: '****-****', deviceInfo: () => ({}) },
    devInteractions: { enabled: false },
    dPoP: { enabled: false },
    pushedAuthorizationRequests: { enabled: false },
    registration: {
      enabled: true,
      idFactory: () => randomUUID(),
      secretFactory: () => randomBytes(32).toString('base64url'),
    },
    registrationManagement: { enabled: true, rotateRegistrationAccessToken: false },
    resourceIndicators: { enabled: false },
    revocation: {
      enabled: true,
      allowedPolicy: async (_context, client, token) => token.clientId === client.clientId,
    },
    rpInitiatedLogout: { enabled: false },
    userinfo: { enabled: true },
  };
}

const lifetimes = (controls: OidcControls): NonNullable<Configuration['ttl']> => ({
  AccessToken: () => controls.accessTokenSeconds,
  AuthorizationCode: 60,
  DeviceCode: () => controls.deviceCodeSeconds,
  // A grant must outlive its refresh tokens, however often they are replaced.
  Grant: 10 * yearSeconds,
  IdToken: 600,
  Interaction: 600,
  RefreshToken: () => controls.refreshTokenSeconds,
  Session: 600,
});

const account = (id: string): Account => ({
  accountId: id,
  claims: async () => ({
    sub: id,
    preferred_username: id,
    name: id,
    email: `${id}@localhost`,
    email_verified: false,
  }),
});
