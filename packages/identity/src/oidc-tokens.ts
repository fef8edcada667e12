import type { KoaContextWithOIDC } from 'oidc-provider';
import { oidcPaths } from './oidc-configuration.js';
import type { OidcKeyring } from './oidc-keyring.js';
import type { OidcStore } from './oidc-store.js';

const models = { access_token: 'AccessToken', refresh_token: 'RefreshToken' } as const;

/** Replaces the tokens in a reply of the token endpoint by their outer form. */
export function sealTokens(
  context: KoaContextWithOIDC,
  keyring: OidcKeyring,
  store: OidcStore,
  issuer: string,
): void {
  const body: unknown = context.body;
  if (context.path !== oidcPaths.token || typeof body !== 'object' || body === null) return;
  const answer = body as Record<string, unknown>;
  for (const [member, model] of Object.entries(models)) {
    const token = answer[member];
    const known = typeof token === 'string' ? store.describe(model, token) : undefined;
    if (known === undefined) continue;
    answer[member] = keyring.seal({
      iss: issuer,
      sub: known.accountId ?? '',
      client_id: known.clientId ?? '',
      iat: known.iat ?? 0,
      exp: known.exp ?? 0,
      jti: String(token),
      scope: known.scope,
    });
  }
}

/** Endpoints that take a form, and its field that contains a token. */
const tokenFields: Readonly<Record<string, string>> = {
  [oidcPaths.token]: 'refresh_token',
  [oidcPaths.revocation]: 'token',
  [oidcPaths.device_authorization]: '',
};

/**
 * The form in the form that the library needs: with the provider's own token, and without a client
 * secret that is also in the header. The library refuses a secret that is sent twice; INDIGO IAM
 * does not, and Python clients up to canfar 1.4 rely on it.
 */
export function innerForm(
  path: string,
  body: Buffer,
  authorization: string | undefined,
  keyring: OidcKeyring,
): Buffer {
  const field = tokenFields[path];
  if (field === undefined) return body;
  const form = new URLSearchParams(body.toString('utf8'));
  if (/^basic /i.test(authorization ?? '')) form.delete('client_secret');
  const token = form.get(field);
  if (token !== null) form.set(field, keyring.inner(token));
  return Buffer.from(form.toString());
}

/** The `Authorization` header with the provider's own token. */
export function innerBearer(authorization: string, keyring: OidcKeyring): string {
  const token = /^bearer (\S+)$/i.exec(authorization.trim())?.[1];
  return token === undefined ? authorization : `Bearer ${keyring.inner(token)}`;
}
