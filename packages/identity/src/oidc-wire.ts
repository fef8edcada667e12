import { parseRecord } from '@skaha/base/json.js';
import { isRecord } from '@skaha/base/record.js';
import type { Reply } from '@skaha/service/reply.js';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { OidcControls, PollingOutcome } from './controls.js';
import { oidcPaths } from './oidc-configuration.js';
import type { OidcKeyring } from './oidc-keyring.js';
import type { OidcStore } from './oidc-store.js';

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

/**
 * Adapts a registration that INDIGO IAM accepts but the library does not: clients of the device
 * grant request response types that need a redirect address, without having one.
 */
export function registrationBody(body: Buffer): Buffer {
  const request = parseRecord(body.toString('utf8'));
  if (request === undefined) return body;
  const redirects = stringsOf(request['redirect_uris']);
  const types = stringsOf(request['response_types'] ?? ['code']);
  const usesCode = redirects.length > 0 && types.includes('code');
  const isNative = redirects.some(isNativeRedirect);
  return Buffer.from(
    JSON.stringify({
      ...(isNative ? { application_type: 'native' } : {}),
      ...request,
      redirect_uris: redirects,
      response_types: usesCode ? ['code'] : [],
    }),
  );
}

const stringsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];

/** Whether it is for a program on the user's machine: loopback, private schemes (RFC 8252). */
function isNativeRedirect(uri: string): boolean {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  if (url === undefined || url.protocol === 'https:') return false;
  return url.protocol !== 'http:' || ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
}

/** The reply that the controls order for a poll of a device login; status 0 means none. */
export function controlledPoll(body: Buffer, controls: OidcControls): Reply | undefined {
  if (new URLSearchParams(body.toString('utf8')).get('grant_type') !== deviceGrant)
    return undefined;
  const outcome = controls.polling.shift();
  if (outcome === undefined) return undefined;
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
  };
  return {
    status: statuses[outcome] ?? 400,
    headers,
    body: JSON.stringify({ error: outcome, error_description: 'ordered by a test' }),
  };
}

const statuses: Partial<Record<PollingOutcome, number>> = {
  closed_connection: 0,
  server_error: 503,
};

/** Applies the controls to the content of a reply. */
export function adjustAnswer(context: KoaContextWithOIDC, controls: OidcControls): void {
  const { path } = context;
  if (!isRecord(context.body) || context.status >= 300) return;
  const body = context.body as Record<string, unknown>;
  if (path.startsWith('/.well-known/')) {
    for (const [name, value] of Object.entries(controls.metadata)) {
      if (value === undefined) delete body[name];
      else body[name] = value;
    }
  }
  if (path === oidcPaths.device_authorization) {
    if (controls.interval !== undefined) body['interval'] = controls.interval;
    if (!controls.completeLink) delete body['verification_uri_complete'];
  }
  if (path === oidcPaths.token && !controls.tellExpiry) delete body['expires_in'];
}

const models = { access_token: 'AccessToken', refresh_token: 'RefreshToken' } as const;

/** Replaces the tokens in a reply of the token endpoint by their outer form. */
export function sealTokens(
  context: KoaContextWithOIDC,
  keyring: OidcKeyring,
  store: OidcStore,
  issuer: string,
): void {
  if (context.path !== oidcPaths.token || !isRecord(context.body)) return;
  const answer = context.body as Record<string, unknown>;
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
