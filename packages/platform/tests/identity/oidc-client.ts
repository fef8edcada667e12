import { readFileSync } from 'node:fs';
import type { Platform } from '../../src/types.js';
import { type Answer, form, formType, send } from '../fixtures.js';

export const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';
export const allScopes = 'openid profile email offline_access';

export interface Client {
  readonly id: string;
  readonly secret: string;
  readonly registrationToken: string;
  readonly registrationPath: string;
}

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly expires_in?: number;
  readonly token_type: string;
  readonly scope?: string;
}

export const passwordOf = (platform: Platform, user: string): string => {
  const file = platform.users.find(({ name }) => name === user)?.passwordFile;
  if (file === undefined) throw new Error(`${user} has no password file`);
  return readFileSync(file, 'utf8').trim();
};

export const basic = (name: string, password: string) =>
  `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;

/** An anonymous GET. */
export const get = async (platform: Platform, path: string): Promise<Answer> =>
  await send(platform, 'GET', path, { token: null });

/** Registers a client with the request that the Python client sends (auth.md 2.2). */
export async function register(platform: Platform, extra: object = {}): Promise<Client> {
  const answer = await send(platform, 'POST', '/iam/api/client-registration', {
    token: null,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_name: 'Science Platform CLI @ laptop 2026-01-01 00:00',
      grant_types: [deviceGrant, 'refresh_token'],
      response_types: ['token'],
      token_endpoint_auth_method: 'client_secret_basic',
      scope: allScopes,
      ...extra,
    }),
  });
  if (answer.status !== 201) throw new Error(`registration: ${answer.status} ${answer.body}`);
  const body = JSON.parse(answer.body) as Record<string, string>;
  return {
    id: body['client_id'] ?? '',
    secret: body['client_secret'] ?? '',
    registrationToken: body['registration_access_token'] ?? '',
    registrationPath: new URL(body['registration_client_uri'] ?? '').pathname,
  };
}

/** Posts a form as a client, with Basic authentication. */
export async function postAs(
  platform: Platform,
  client: Client,
  path: string,
  fields: Readonly<Record<string, string>>,
): Promise<Answer> {
  return await send(platform, 'POST', path, {
    token: null,
    headers: { ...formType, authorization: basic(client.id, client.secret) },
    body: form(Object.entries(fields)),
  });
}

export interface Challenge {
  readonly device_code: string;
  readonly user_code: string;
  readonly verification_uri: string;
  readonly verification_uri_complete?: string;
  readonly expires_in: number;
  readonly interval?: number;
}

export async function askForCode(platform: Platform, client: Client): Promise<Challenge> {
  const answer = await postAs(platform, client, '/devicecode', {
    client_id: client.id,
    scope: allScopes,
  });
  if (answer.status !== 200) throw new Error(`device code: ${answer.status} ${answer.body}`);
  return JSON.parse(answer.body) as Challenge;
}

export const poll = async (platform: Platform, client: Client, deviceCode: string) =>
  await postAs(platform, client, '/token', { grant_type: deviceGrant, device_code: deviceCode });

export const refresh = async (platform: Platform, client: Client, token: string) =>
  await postAs(platform, client, '/token', { grant_type: 'refresh_token', refresh_token: token });

export const errorOf = (answer: Answer): unknown =>
  (JSON.parse(answer.body) as { error?: unknown }).error;

export const tokensOf = (answer: Answer): Tokens => {
  if (answer.status !== 200) throw new Error(`token: ${answer.status} ${answer.body}`);
  return JSON.parse(answer.body) as Tokens;
};

/** A whole device login, approved by program. */
export async function logIn(
  platform: Platform,
  user = platform.user,
): Promise<{ client: Client; tokens: Tokens }> {
  const client = await register(platform);
  const challenge = await askForCode(platform, client);
  await platform.identity.approveDevice(challenge.user_code, user);
  return { client, tokens: tokensOf(await poll(platform, client, challenge.device_code)) };
}
