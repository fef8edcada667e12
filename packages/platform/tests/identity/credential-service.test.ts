import { createPrivateKey, X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Platform } from '../../src/types.js';
import { type Answer, send, temporaryDirectory, testPlatform } from '../fixtures.js';
import { basic, get, passwordOf } from './oidc-client.js';

const context = '/skaha/v1/context';

const generate = async (platform: Platform, query = '?daysValid=30', user = 'guest') =>
  await send(platform, 'GET', `/cred/generate${query}`, {
    token: null,
    headers: { authorization: basic(user, passwordOf(platform, user)) },
  });

/** Uses a certificate that was given out, as a client would. */
async function use(platform: Platform, pem: string): Promise<Answer> {
  const certificate = join(temporaryDirectory(), 'cadcproxy.pem');
  writeFileSync(certificate, pem, { mode: 0o600 });
  return await send(platform, 'GET', context, { certificate });
}

const blocks = (pem: string) =>
  [...pem.matchAll(/-----BEGIN ([A-Z ]+)-----/g)].map(([, name]) => name);

describe('a certificate', () => {
  test('has the layout and the profile of the real service, and is good on the platform', async () => {
    const platform = await testPlatform();
    const before = Math.floor(Date.now() / 1000) * 1000;
    const { status, headers, body } = await generate(platform);
    expect([status, headers['content-type'], headers['x-vo-authenticated']]).toEqual([
      200,
      'application/x-pem-file',
      'guest',
    ]);
    expect(headers['content-disposition']).toBe('inline; filename="cadcproxy.pem"');
    expect(headers).not.toHaveProperty('server');
    expect(blocks(body)).toEqual(['CERTIFICATE', 'RSA PRIVATE KEY', 'CERTIFICATE']);

    const certificate = new X509Certificate(body);
    const chain = new X509Certificate(body.slice(body.lastIndexOf('-----BEGIN CERTIFICATE')));
    expect(certificate.subject.split('\n')).toEqual(['CN=guest', 'OU=users', 'O=skaha', 'C=ca']);
    expect([certificate.ca, certificate.checkIssued(chain)]).toEqual([false, true]);
    expect(certificate.verify(chain.publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(body))).toBe(true);
    expect(certificate.publicKey.asymmetricKeyDetails).toMatchObject({ modulusLength: 2048 });
    expect(certificate.keyUsage).toBeUndefined();
    const life = Date.parse(certificate.validTo) - Date.parse(certificate.validFrom);
    expect(life).toBe((30 * 24 * 60 + 5) * 60_000);
    expect(Date.parse(certificate.validFrom)).toBeGreaterThanOrEqual(before - 300_000);

    const answer = await use(platform, body);
    expect([answer.status, answer.headers['x-vo-authenticated']]).toEqual([200, 'guest']);
  });

  test('lasts as many hours as were asked for; without a number the longest time', async () => {
    const platform = await testPlatform();
    const hours = async (query: string) => {
      const { validTo, validFrom } = new X509Certificate((await generate(platform, query)).body);
      return (Date.parse(validTo) - Date.parse(validFrom) - 300_000) / 3_600_000;
    };
    expect(await hours('?daysValid=1')).toBe(24);
    expect(await hours('?daysValid=0.52')).toBe(12);
    expect(await hours('')).toBe(720);
  });

  test('is still good after a restart of the platform, and its authority stays', async () => {
    const data = temporaryDirectory();
    const first = await testPlatform({ data });
    const { body } = await generate(first);
    await first.stop();
    const second = await testPlatform({ data });
    expect((await use(second, body)).status).toBe(200);
    const again = await generate(second);
    expect(again.body.slice(again.body.lastIndexOf('-----BEGIN CERT'))).toBe(
      body.slice(body.lastIndexOf('-----BEGIN CERT')),
    );
  });

  test.each([
    ['expired', { lifetimeSeconds: -10 }, 'client certificate has expired'],
    ['not valid yet', { notYetValid: true }, 'client certificate is not valid yet'],
    ['of another authority', { otherAuthority: true }, 'client certificate was not issued by'],
  ])('%s: 401, never anonymity', async (_, controls, text) => {
    const platform = await testPlatform();
    Object.assign(platform.identity.controls.certificates, controls);
    const { body } = await generate(platform);
    const answer = await use(platform, body);
    expect([answer.status, answer.body.startsWith(text)]).toEqual([401, true]);
  });
});

describe('who may have one', () => {
  test('a bearer of a token may', async () => {
    const platform = await testPlatform();
    const answer = await send(platform, 'GET', '/cred/generate?daysValid=1');
    expect([answer.status, answer.headers['x-vo-authenticated']]).toEqual([200, 'adastra']);
  });

  test('S29: unknown user and wrong password get the same answer, with challenges', async () => {
    const platform = await testPlatform();
    const attempt = async (user: string) =>
      await send(platform, 'GET', '/cred/generate?daysValid=30', {
        token: null,
        headers: { authorization: basic(user, 'swordfish') },
      });
    const wrong = await attempt('guest');
    const { date: _, ...headers } = wrong.headers;
    expect(wrong).toMatchObject({ status: 401, body: 'Invalid username or password' });
    const unknown = await attempt('ghost');
    expect(unknown).toMatchObject({ status: 401, body: wrong.body });
    expect({ ...unknown.headers, date: undefined }).toEqual({ ...headers, date: undefined });
    const origin = `https://127.0.0.1:${platform.port}`;
    expect(headers['www-authenticate']).toBe(
      [
        `ivoa_x509 standard_id="ivo://ivoa.net/sso#BasicAA", access_url="${origin}/cred/generate"`,
        'ivoa_x509',
        `ivoa_bearer standard_id="ivo://ivoa.net/sso#tls-with-password", access_url="${origin}/ac/login", HACK=temporary`,
        'ivoa_cookie',
        'Bearer',
      ].join(', '),
    );
  });

  test.each([
    ['nobody', undefined, 'Authentication required (caller DN not found).\n'],
    ['one word', 'Basic', 'incomplete authorization header'],
    ['no colon', 'Basic YWxpY2U=', 'Incorrect user/password input in basic auth challenge'],
    ['no name', 'Basic OnB3', 'Incorrect user/password input in basic auth challenge'],
    ['a bad token', 'Bearer nonsense', 'Cannot validate token using user info endpoint'],
  ])('%s: 401', async (_, authorization, body) => {
    const platform = await testPlatform();
    const headers = authorization === undefined ? {} : { authorization };
    const answer = await send(platform, 'GET', '/cred/generate', { token: null, headers });
    expect(answer).toMatchObject({ status: 401, body });
  });

  test('a certificate does not renew itself', async () => {
    const platform = await testPlatform();
    const { certificate } = platform;
    expect(await send(platform, 'GET', '/cred/generate', { certificate })).toMatchObject({
      status: 403,
      body: 'Renewing certificate using certificate authentication not permitted: cn=adastra,ou=users,o=skaha,c=ca\n',
    });
  });
});

describe('requests that cannot be met', () => {
  test.each([
    ['?daysValid=31', 'daysValid larger than maximum allowed: 30.0\n'],
    ['?daysValid=soon', 'daysValid is not a float: soon\n'],
    ['/gms', 'Only dn and userid delegations supported: gms\n'],
    ['/userid', 'Invalid path userid\n'],
  ])('%s: 400', async (query, body) => {
    const platform = await testPlatform();
    expect(await generate(platform, query)).toMatchObject({ status: 400, body });
  });

  test('a certificate for somebody else is 403, another method 405, another path 404', async () => {
    const platform = await testPlatform();
    expect((await generate(platform, '/userid/adastra')).status).toBe(403);
    const answer = await send(platform, 'POST', '/cred/generate');
    expect(answer).toMatchObject({ status: 405, body: 'unsupported: HTTP POST\n' });
    expect(answer.headers['allow']).toBe('GET, HEAD');
    expect((await get(platform, '/cred/elsewhere')).status).toBe(404);
    expect((await send(platform, 'HEAD', '/cred/generate')).status).toBe(200);
  });
});

test('its documents lead to it, with the port, and satisfy the strict reader', async () => {
  const platform = await testPlatform();
  const origin = `https://127.0.0.1:${platform.port}`;
  const { headers, body } = await get(platform, '/cred/capabilities');
  expect(headers['content-type']).toBe('text/xml');
  expect(body).toContain('xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"');
  expect([...body.matchAll(/<capability standardID="([^"]+)">/g)].map(([, id]) => id)).toEqual([
    'ivo://ivoa.net/std/VOSI#capabilities',
    'ivo://ivoa.net/std/VOSI#availability',
    'ivo://ivoa.net/std/CDP#proxy-1.0',
  ]);
  expect(body).toContain(`<accessURL use="base">${origin}/cred/generate</accessURL>`);
  expect(
    [...body.matchAll(/securityMethod standardID="ivo:\/\/ivoa.net\/sso#(\w+)"/g)].map(
      ([, id]) => id,
    ),
  ).toEqual(['BasicAA', 'token', 'cookie']);
  const availability = await get(platform, '/cred/availability');
  expect(availability.body).toContain('<vosi:available>true</vosi:available>');
});
