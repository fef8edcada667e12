import { readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { createAuthority, createUserCertificate } from '@skaha/identity/authority.js';
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../base/tests/manual-clock.js';
import type { Platform } from '../../src/types.js';
import { create, get, post, roomy, send, temporaryDirectory, testPlatform } from '../fixtures.js';

const context = '/skaha/v1/context';

describe('nobody', () => {
  test('9: an anonymous request is 401 Unauthorized and is told how to log in', async () => {
    const platform = await testPlatform();
    const answer = await send(platform, 'GET', context, { token: null });
    expect(answer).toMatchObject({ status: 401, body: 'Unauthorized\n' });
    expect(answer.headers['www-authenticate']).toContain('Bearer');
    expect(answer.headers['server']).toBe('OpenCADC/cadc-rest');
    const basic = { authorization: 'Basic YTpi' };
    expect(await send(platform, 'GET', context, { token: null, headers: basic })).toMatchObject({
      status: 401,
      body: 'Unauthorized\n',
    });
  });

  test('9: the switch gives the 400 of Skaha 1.4.0', async () => {
    const config = { compatibility: { anonymousStatus: 400 as const } };
    const platform = await testPlatform({ config });
    expect(await send(platform, 'GET', context, { token: null })).toMatchObject({
      status: 400,
      body: 'cannot get group memberships for anonymous\n',
    });
  });

  test('10: authorisation precedes all validation', async () => {
    const platform = await testPlatform();
    const answer = await post(platform, { image: undefined, name: '!' }, { token: null });
    expect(answer).toMatchObject({ status: 401, body: 'Unauthorized\n' });
    const odd = await send(platform, 'GET', '/skaha/v1/session/a/b/c/d', { token: null });
    expect(odd.status).toBe(401);
  });

  test('no header names a user', async () => {
    const platform = await testPlatform();
    const headers = { 'x-client-certificate': readFileSync(platform.certificate, 'base64') };
    expect((await send(platform, 'GET', context, { token: null, headers })).status).toBe(401);
  });
});

describe('tokens', () => {
  test('S28: each token is its own user; a part of one is nobody', async () => {
    const platform = await testPlatform();
    for (const { name, token } of platform.users) {
      const { headers } = await send(platform, 'GET', context, { token });
      expect(headers['x-vo-authenticated']).toBe(name);
    }
    const token = platform.token.slice(0, -1);
    expect(await send(platform, 'GET', context, { token })).toMatchObject({
      status: 401,
      body: 'Cannot validate token using user info endpoint',
    });
  });

  test('7: an expired token is refused without a line feed, with the reason in the challenge', async () => {
    const clock = new ManualClock(Date.now());
    const platform = await testPlatform({ clock });
    const token = platform.issueToken('adastra', 60_000);
    expect((await send(platform, 'GET', context, { token })).status).toBe(200);
    await clock.advance(60_000);
    const answer = await send(platform, 'GET', context, { token });
    expect(answer).toMatchObject({ status: 401, body: 'Token has expired' });
    expect(answer.headers['www-authenticate']).toBe(
      'Bearer error="invalid_token", error_description="Token has expired"',
    );
  });

  test.each([
    ['two tokens', ['Bearer a', 'Bearer b'], 'Multiple authorization tokens not supported'],
    ['another scheme', ['Digest swordfish'], 'unhandled auth: Authorization **********'],
    ['one word', ['swordfish'], 'BUG: invalid authorization **********'],
    ['three words', ['Bearer sword fish'], 'BUG: invalid authorization **********'],
  ])('%s: refused, and the credential is not repeated', async (_, values, body) => {
    const platform = await testPlatform();
    const headers = { authorization: values };
    const answer = await send(platform, 'GET', context, { token: null, headers });
    expect(answer).toMatchObject({ status: 401, body });
    expect(answer.headers['server']).toBeUndefined();
  });

  test('a token of another issuer names that issuer', async () => {
    const platform = await testPlatform();
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const token = `${part({ alg: 'none' })}.${part({ iss: 'https://other.example/' })}.x`;
    const answer = await send(platform, 'GET', context, { token });
    expect(answer.body).toBe('Token from untrusted issuer: https://other.example/ ignored');
    const odd = await send(platform, 'GET', context, { token: 'a.b.c' });
    expect(odd.body).toBe('Cannot validate token using user info endpoint');
  });
});

describe('certificates', () => {
  test('a certificate identifies its user, on a resumed connection too', async () => {
    const platform = await testPlatform();
    const [, guest] = platform.users;
    const { headers } = await send(platform, 'GET', context, {
      certificate: guest?.certificate,
    });
    expect(headers['x-vo-authenticated']).toBe('guest');
    expect(await resumedUser(platform)).toEqual([
      ['adastra', false],
      ['adastra', true],
    ]);
  });

  test('a valid token beside a valid certificate counts', async () => {
    const platform = await testPlatform();
    const [, guest] = platform.users;
    const { headers } = await send(platform, 'GET', context, {
      certificate: platform.certificate,
      token: guest?.token,
    });
    expect(headers['x-vo-authenticated']).toBe('guest');
  });

  test('S28: an expired certificate is 401, never anonymous, even with a good token', async () => {
    const platform = await testPlatform();
    const certificate = await platform.issueCertificate('adastra', -1_000);
    for (const token of [null, platform.token]) {
      const answer = await send(platform, 'GET', context, { certificate, token });
      expect(answer).toMatchObject({ status: 401, body: 'client certificate has expired' });
    }
    const open = await send(platform, 'GET', '/skaha/capabilities', { certificate, token: null });
    expect(open.status).toBe(401);
    const health = await send(platform, 'GET', '/skaha/availability', { certificate, token: null });
    expect(health.status).toBe(503);
    expect(health.headers['content-type']).toBe('text/html');
  });

  test('a certificate of another authority, or of an unknown user, proves nothing', async () => {
    const platform = await testPlatform();
    const validity = {
      notBefore: new Date(Date.now() - 1_000),
      notAfter: new Date(Date.now() + 60_000),
    };
    const other = await createAuthority(validity);
    const forged = await createUserCertificate(other, 'adastra', validity);
    const certificate = join(temporaryDirectory(), 'forged.pem');
    writeFileSync(certificate, forged.certificate + forged.key);
    expect(await send(platform, 'GET', context, { certificate })).toMatchObject({
      status: 401,
      body: 'client certificate was not issued by this platform',
    });
    const nobody = await platform.issueCertificate('nobody', 60_000);
    expect(await send(platform, 'GET', context, { certificate: nobody })).toMatchObject({
      status: 401,
      body: 'client certificate names an unknown user',
    });
  });
});

describe('users', () => {
  test('9: an outsider is authenticated and refused', async () => {
    const config = { users: [{ name: 'outsider', access: false }] };
    const platform = await testPlatform({ config });
    const token = platform.users[1]?.token;
    const answer = await send(platform, 'GET', context, { token });
    expect(answer).toMatchObject({
      status: 403,
      body: 'Not authorized to use the skaha system\n',
      headers: { 'x-vo-authenticated': 'outsider' },
    });
  });

  test("a session is its owner's alone", async () => {
    const platform = await testPlatform({ config: roomy });
    const id = await create(platform, { cmd: 'sleep', args: '60' });
    const guest = { token: platform.users[1]?.token };
    const path = `/skaha/v1/session/${id}`;
    expect((await send(platform, 'GET', path, guest)).status).toBe(404);
    expect((await send(platform, 'GET', `${path}?view=logs`, guest)).body).toBe('');
    expect((await send(platform, 'GET', `${path}?view=events`, guest)).status).toBe(404);
    expect((await send(platform, 'GET', '/skaha/v1/session', guest)).body).toBe('[]');
    expect(await send(platform, 'DELETE', path, guest)).toMatchObject({ status: 200, body: '' });
    expect(await get(platform, id)).toMatchObject({ id });
  });
});

/** Two connections one after another, the second resuming the first one's TLS session. */
async function resumedUser(platform: Platform): Promise<[unknown, boolean][]> {
  const pem = readFileSync(platform.certificate);
  const agent = new Agent({ keepAlive: false, ca: readFileSync(platform.ca), cert: pem, key: pem });
  const once = () =>
    new Promise<[unknown, boolean]>((resolve, reject) => {
      const outgoing = request({ host: '127.0.0.1', port: platform.port, path: context, agent });
      outgoing.on('error', reject);
      outgoing.on('response', (incoming) => {
        const socket = incoming.socket as import('node:tls').TLSSocket;
        const found: [unknown, boolean] = [
          incoming.headers['x-vo-authenticated'],
          socket.isSessionReused(),
        ];
        incoming.resume();
        incoming.on('end', () => resolve(found));
      });
      outgoing.end();
    });
  const first = await once();
  const second = await once();
  agent.destroy();
  return [first, second];
}
