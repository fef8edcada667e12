import { createPublicKey, type JsonWebKey, verify } from 'node:crypto';
import type { PollingOutcome } from '@skaha/identity/controls.js';
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../base/tests/manual-clock.js';
import { send, temporaryDirectory, testPlatform } from '../fixtures.js';
import {
  askForCode,
  deviceGrant,
  errorOf,
  get,
  logIn,
  poll,
  postAs,
  refresh,
  register,
  tokensOf,
} from './oidc-client.js';

const context = '/skaha/v1/context';

describe('discovery', () => {
  test('the metadata has every endpoint below the issuer, whose name ends with a slash', async () => {
    const platform = await testPlatform();
    const answer = await get(platform, '/.well-known/openid-configuration');
    const issuer = `https://127.0.0.1:${platform.port}/`;
    expect(platform.identity.issuer).toBe(issuer);
    expect(JSON.parse(answer.body)).toMatchObject({
      issuer,
      authorization_endpoint: `${issuer}authorize`,
      device_authorization_endpoint: `${issuer}devicecode`,
      jwks_uri: `${issuer}jwk`,
      registration_endpoint: `${issuer}iam/api/client-registration`,
      revocation_endpoint: `${issuer}revoke`,
      token_endpoint: `${issuer}token`,
      userinfo_endpoint: `${issuer}userinfo`,
      code_challenge_methods_supported: ['S256'],
    });
  });

  test('the issuer is the same whatever the caller calls this machine', async () => {
    const platform = await testPlatform();
    const headers = { host: `localhost:${platform.port}` };
    const answer = await send(platform, 'GET', '/.well-known/openid-configuration', { headers });
    const { issuer, token_endpoint: endpoint } = JSON.parse(answer.body);
    expect([issuer, endpoint]).toEqual([
      platform.identity.issuer,
      `${platform.identity.issuer}token`,
    ]);
  });

  test('members can be replaced and removed', async () => {
    const platform = await testPlatform();
    platform.identity.controls.oidc.metadata = {
      issuer: 'https://elsewhere.example/',
      device_authorization_endpoint: undefined,
    };
    const { body } = await get(platform, '/.well-known/openid-configuration');
    expect(JSON.parse(body).issuer).toBe('https://elsewhere.example/');
    expect(JSON.parse(body)).not.toHaveProperty('device_authorization_endpoint');
    platform.identity.controls.reset();
    const again = await get(platform, '/.well-known/openid-configuration');
    expect(JSON.parse(again.body).issuer).toBe(platform.identity.issuer);
  });
});

describe('a device login', () => {
  test('a program registers, the user approves, and the token is good on the platform', async () => {
    const platform = await testPlatform();
    const client = await register(platform);
    expect(client.id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    const challenge = await askForCode(platform, client);
    expect(challenge).toMatchObject({
      verification_uri: `${platform.identity.issuer}device`,
      verification_uri_complete: `${platform.identity.issuer}device?user_code=${challenge.user_code}`,
      expires_in: 600,
      interval: 1,
    });
    expect(challenge.user_code).toMatch(/^[B-Z]{4}-[B-Z]{4}$/);
    expect(platform.identity.pendingDevices).toEqual([challenge.user_code.replace('-', '')]);
    const waiting = await poll(platform, client, challenge.device_code);
    expect([waiting.status, errorOf(waiting)]).toEqual([400, 'authorization_pending']);

    expect(await platform.identity.approveDevice(challenge.user_code, 'guest')).toBe(true);
    expect(platform.identity.pendingDevices).toEqual([]);
    const tokens = tokensOf(await poll(platform, client, challenge.device_code));
    expect(tokens).toMatchObject({
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'openid profile email offline_access',
    });
    const answer = await send(platform, 'GET', context, { token: tokens.access_token });
    expect([answer.status, answer.headers['x-vo-authenticated']]).toEqual([200, 'guest']);
    const info = await send(platform, 'GET', '/userinfo', { token: tokens.access_token });
    expect(JSON.parse(info.body)).toEqual({
      sub: 'guest',
      preferred_username: 'guest',
      name: 'guest',
      email: 'guest@localhost',
      email_verified: false,
    });
  });

  test('a secret in the header and in the body is taken, as IAM takes it', async () => {
    const platform = await testPlatform();
    const client = await register(platform);
    const { device_code: code, user_code: userCode } = await askForCode(platform, client);
    await platform.identity.approveDevice(userCode, platform.user);
    const fields = { grant_type: deviceGrant, device_code: code };
    const twice = { ...fields, client_id: client.id, client_secret: client.secret };
    tokensOf(await postAs(platform, client, '/token', twice));
  });

  test('a device code is good for one answer', async () => {
    const platform = await testPlatform();
    const client = await register(platform);
    const { device_code: code, user_code: userCode } = await askForCode(platform, client);
    await platform.identity.approveDevice(userCode, platform.user);
    const { access_token: token } = tokensOf(await poll(platform, client, code));
    expect(errorOf(await poll(platform, client, code))).toBe('invalid_grant');
    // Somebody else may have the code: what it gave is taken back (RFC 6749, 10.5).
    expect((await send(platform, 'GET', context, { token })).status).toBe(401);
  });

  test('refused: access_denied', async () => {
    const platform = await testPlatform();
    const client = await register(platform);
    const challenge = await askForCode(platform, client);
    expect(await platform.identity.refuseDevice(challenge.user_code)).toBe(true);
    expect(errorOf(await poll(platform, client, challenge.device_code))).toBe('access_denied');
    expect(await platform.identity.approveDevice(challenge.user_code, 'guest')).toBe(false);
    expect(await platform.identity.refuseDevice('BCDF-GHJK')).toBe(false);
  });

  test('nobody can be approved who is no user', async () => {
    const platform = await testPlatform();
    const client = await register(platform);
    const { user_code: userCode } = await askForCode(platform, client);
    expect(await platform.identity.approveDevice(userCode, 'stranger')).toBe(false);
  });

  test('late: expired_token, by the clock of the platform', async () => {
    const clock = new ManualClock(Date.now());
    const platform = await testPlatform({ clock });
    const client = await register(platform);
    const challenge = await askForCode(platform, client);
    await clock.advance(601_000);
    expect(errorOf(await poll(platform, client, challenge.device_code))).toBe('expired_token');
    expect(await platform.identity.approveDevice(challenge.user_code, 'guest')).toBe(false);
    expect(platform.identity.pendingDevices).toEqual([]);
  });

  test('another program cannot collect the tokens', async () => {
    const platform = await testPlatform();
    const [client, thief] = [await register(platform), await register(platform)];
    const challenge = await askForCode(platform, client);
    await platform.identity.approveDevice(challenge.user_code, platform.user);
    expect(errorOf(await poll(platform, thief, challenge.device_code))).toBe('invalid_grant');
    const wrong = { ...client, secret: `${client.secret.slice(0, -1)}!` };
    const answer = await poll(platform, wrong, challenge.device_code);
    expect([answer.status, errorOf(answer)]).toEqual([401, 'invalid_client']);
  });

  test('the interval and the complete link can be left out, as IAM does', async () => {
    const platform = await testPlatform();
    Object.assign(platform.identity.controls.oidc, { interval: undefined, completeLink: false });
    const challenge = await askForCode(platform, await register(platform));
    expect(challenge).not.toHaveProperty('interval');
    expect(challenge).not.toHaveProperty('verification_uri_complete');
  });

  test('polls are answered as ordered, then truly', async () => {
    const platform = await testPlatform();
    const client = await register(platform);
    const challenge = await askForCode(platform, client);
    await platform.identity.approveDevice(challenge.user_code, platform.user);
    const outcomes: PollingOutcome[] = [
      'authorization_pending',
      'slow_down',
      'access_denied',
      'expired_token',
    ];
    platform.identity.controls.oidc.polling = [...outcomes, 'server_error', 'closed_connection'];
    for (const outcome of outcomes) {
      const answer = await poll(platform, client, challenge.device_code);
      expect([answer.status, errorOf(answer)]).toEqual([400, outcome]);
    }
    expect((await poll(platform, client, challenge.device_code)).status).toBe(503);
    await expect(poll(platform, client, challenge.device_code)).rejects.toThrow(/hang up/);
    expect((await poll(platform, client, challenge.device_code)).status).toBe(200);
  });

  test('a provider that is down says so', async () => {
    const platform = await testPlatform();
    platform.identity.controls.oidc.down = true;
    expect((await get(platform, '/.well-known/openid-configuration')).status).toBe(503);
    expect((await send(platform, 'GET', context)).status).toBe(200);
  });
});

describe('tokens', () => {
  const claimsOf = (token = '') =>
    JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as object;

  test('both tell their own end, signed with a published key', async () => {
    const clock = new ManualClock(Date.now());
    const platform = await testPlatform({ clock });
    const { client, tokens } = await logIn(platform, 'guest');
    const { keys } = JSON.parse((await get(platform, '/jwk')).body) as { keys: JsonWebKey[] };
    const key = createPublicKey({ key: keys[0] ?? {}, format: 'jwk' });
    const lives = { access_token: 3600, refresh_token: 2_592_000 };
    for (const [member, seconds] of Object.entries(lives)) {
      const token = tokens[member as keyof typeof lives] ?? '';
      const end = Math.round(clock.now() / 1000) + seconds;
      expect(claimsOf(token)).toMatchObject({
        iss: platform.identity.issuer,
        sub: 'guest',
        client_id: client.id,
        exp: expect.toSatisfy((exp: number) => Math.abs(exp - end) <= 5),
      });
      const [header, payload, signature = ''] = token.split('.');
      const signed = Buffer.from(`${header}.${payload}`);
      expect(verify('sha256', signed, key, Buffer.from(signature, 'base64url'))).toBe(true);
    }
  });

  test('one that was altered, or a refresh token, is no access token', async () => {
    const platform = await testPlatform();
    const { tokens } = await logIn(platform);
    const [header, payload, signature = ''] = tokens.access_token.split('.');
    const altered = { ...claimsOf(tokens.access_token), sub: 'guest' };
    const forged = Buffer.from(JSON.stringify(altered)).toString('base64url');
    const { jti } = claimsOf(tokens.access_token) as { jti: string };
    for (const [token, body] of [
      [`${header}.${forged}.${signature}`, 'Invalid JWT token'],
      [`${header}.${payload}.`, 'Invalid JWT token'],
      [tokens.refresh_token, 'Invalid JWT token'],
      [jti, 'Cannot validate token using user info endpoint'],
    ]) {
      const answer = await send(platform, 'GET', context, { token });
      expect([answer.status, answer.body]).toEqual([401, body]);
    }
  });
});

describe('registration', () => {
  test('is open, and a registered client can be deleted with its own token only', async () => {
    const platform = await testPlatform();
    const client = await register(platform);
    const remove = (token: string) => send(platform, 'DELETE', client.registrationPath, { token });
    expect((await remove('nonsense')).status).toBe(401);
    expect((await remove(client.registrationToken)).status).toBe(204);
    const answer = await poll(platform, client, 'anything');
    expect([answer.status, errorOf(answer)]).toEqual([401, 'invalid_client']);
  });

  test('deleting a client ends its logins', async () => {
    const platform = await testPlatform();
    const { client, tokens } = await logIn(platform);
    await send(platform, 'DELETE', client.registrationPath, { token: client.registrationToken });
    expect((await send(platform, 'GET', context, { token: tokens.access_token })).status).toBe(401);
  });

  test.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['an unknown scope', JSON.stringify({ scope: 'openid rule-the-world' })],
    ['an unknown method', JSON.stringify({ token_endpoint_auth_method: 'telepathy' })],
  ])('%s is refused', async (_, body) => {
    const platform = await testPlatform();
    const headers = { 'content-type': 'application/json' };
    const path = '/iam/api/client-registration';
    const answer = await send(platform, 'POST', path, { token: null, headers, body });
    expect(answer.status).toBe(400);
    expect(errorOf(answer)).toMatch(/^invalid_/);
  });

  test('a body that is too large is refused', async () => {
    const platform = await testPlatform();
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ client_name: 'x'.repeat(70_000) });
    const path = '/iam/api/client-registration';
    expect((await send(platform, 'POST', path, { token: null, headers, body })).status).toBe(413);
  });
});

describe('refreshing', () => {
  test('rotates: the old token is used up, and using it again ends the login', async () => {
    const platform = await testPlatform();
    const { client, tokens } = await logIn(platform);
    const first = tokens.refresh_token ?? '';
    const second = tokensOf(await refresh(platform, client, first));
    expect(second.refresh_token).not.toBe(first);
    expect((await send(platform, 'GET', context, { token: second.access_token })).status).toBe(200);
    expect(errorOf(await refresh(platform, client, first))).toBe('invalid_grant');
    expect(errorOf(await refresh(platform, client, second.refresh_token ?? ''))).toBe(
      'invalid_grant',
    );
    expect((await send(platform, 'GET', context, { token: second.access_token })).status).toBe(401);
  });

  test('of two at once with one token one succeeds, and the reuse is noticed', async () => {
    const platform = await testPlatform();
    const { client, tokens } = await logIn(platform);
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => refresh(platform, client, tokens.refresh_token ?? '')),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400]);
  });

  test('the answer can be lost after the token was used up', async () => {
    const platform = await testPlatform();
    const { client, tokens } = await logIn(platform);
    const lift = platform.faults.inject({ kind: 'lost-response', path: '/token' });
    await expect(refresh(platform, client, tokens.refresh_token ?? '')).rejects.toThrow(/hang up/);
    lift();
    const again = await refresh(platform, client, tokens.refresh_token ?? '');
    expect(errorOf(again)).toBe('invalid_grant');
  });

  test('without rotation the token stays', async () => {
    const platform = await testPlatform();
    platform.identity.controls.oidc.rotation = false;
    const { client, tokens } = await logIn(platform);
    const again = tokensOf(await refresh(platform, client, tokens.refresh_token ?? ''));
    expect(again.refresh_token).toBe(tokens.refresh_token);
  });

  test('a login may get no refresh token, and tokens without an end', async () => {
    const platform = await testPlatform();
    Object.assign(platform.identity.controls.oidc, { refreshTokens: false, tellExpiry: false });
    const { tokens } = await logIn(platform);
    expect(tokens).not.toHaveProperty('refresh_token');
    expect(tokens).not.toHaveProperty('expires_in');
  });

  test('7: an expired access token is refused with its reason; a refreshed one is good', async () => {
    const clock = new ManualClock(Date.now());
    const platform = await testPlatform({ clock });
    platform.identity.controls.oidc.accessTokenSeconds = 300;
    const { client, tokens } = await logIn(platform);
    expect(tokens.expires_in).toBe(300);
    await clock.advance(301_000);
    const late = await send(platform, 'GET', context, { token: tokens.access_token });
    expect([late.status, late.body]).toEqual([401, 'Token has expired']);
    expect(late.headers['www-authenticate']).toBe(
      'Bearer error="invalid_token", error_description="Token has expired"',
    );
    const info = await send(platform, 'GET', '/userinfo', { token: tokens.access_token });
    expect(info.status).toBe(401);
    const { access_token: token } = tokensOf(
      await refresh(platform, client, tokens.refresh_token ?? ''),
    );
    expect((await send(platform, 'GET', context, { token })).status).toBe(200);
    await clock.advance(2_592_001_000);
    expect(errorOf(await refresh(platform, client, tokens.refresh_token ?? ''))).toBe(
      'invalid_grant',
    );
  });

  test.each(['access_token', 'refresh_token'] as const)(
    'S23: revoking the %s ends the login',
    async (kind) => {
      const platform = await testPlatform();
      const { client, tokens } = await logIn(platform);
      const revoke = (token: string) => postAs(platform, client, '/revoke', { token });
      expect((await revoke('nonsense')).status).toBe(200);
      expect((await revoke(tokens[kind] ?? '')).status).toBe(200);
      expect((await send(platform, 'GET', context, { token: tokens.access_token })).status).toBe(
        401,
      );
      const again = await refresh(platform, client, tokens.refresh_token ?? '');
      expect(errorOf(again)).toBe('invalid_grant');
    },
  );

  test('another program cannot revoke it', async () => {
    const platform = await testPlatform();
    const { tokens } = await logIn(platform);
    const thief = await register(platform);
    await postAs(platform, thief, '/revoke', { token: tokens.access_token });
    expect((await send(platform, 'GET', context, { token: tokens.access_token })).status).toBe(200);
  });
});

test('clients, logins and keys survive a restart', async () => {
  const data = temporaryDirectory();
  const first = await testPlatform({ data });
  const { client, tokens } = await logIn(first, 'guest');
  const waiting = await askForCode(first, client);
  const keys = (await get(first, '/jwk')).body;
  const { port } = first;
  await first.stop();

  const second = await testPlatform({ data, port });
  const answer = await send(second, 'GET', context, { token: tokens.access_token });
  expect(answer.headers['x-vo-authenticated']).toBe('guest');
  expect((await get(second, '/jwk')).body).toBe(keys);
  expect(await second.identity.approveDevice(waiting.user_code, 'guest')).toBe(true);
  tokensOf(await poll(second, client, waiting.device_code));
  tokensOf(await refresh(second, client, tokens.refresh_token ?? ''));
});
