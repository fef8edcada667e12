import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../../base/tests/manual-clock.js';
import type { Platform } from '../../src/types.js';
import { discard, openPlatform, post, roomy, send, temporaryDirectory } from '../fixtures.js';
import { signingKey, TestIssuer } from './issuer.js';

let issuer: TestIssuer;
let platform: Platform;
let data: string;
let folder: string;
const clock = new ManualClock();
const context = '/skaha/v1/context';

const oidc = (more: object = {}) => ({
  issuer: issuer.url,
  ca: issuer.ca,
  audience: ['skaha', 'https://skaha.example.org'],
  claims: { uid: 'uid_number', gid: 'gid_number', groups: 'realm.groups' },
  groupNumbers: { survey: 30_001 },
  access: ['members'],
  ...more,
});

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'skaha-platform-'));
  folder = mkdtempSync(join(tmpdir(), 'skaha-issuer-'));
  issuer = await TestIssuer.open(folder);
  const users = [
    { name: 'grace', subject: 'grace-at-home', groups: ['members'] },
    { name: 'mallory', access: false },
  ];
  const config = { ...roomy, identity: { oidc: oidc() }, users };
  platform = await openPlatform({ data, port: 0, user: 'adastra', config, clock });
});

afterAll(async () => {
  await platform?.stop();
  await issuer.close();
  await discard(data);
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => {
  issuer.isDown = false;
});

const ada = {
  preferred_username: 'ada',
  uid_number: '20001',
  gid_number: 20_100,
  realm: { groups: ['/members', 'survey'] },
};
const ask = async (token: string, path = context) => await send(platform, 'GET', path, { token });
const tokenOf = async (claims: Record<string, unknown>) => await issuer.token(claims, clock.now());

describe('a token of the issuer', () => {
  test('proves who it says; number and groups come from its claims', async () => {
    const token = await tokenOf(ada);
    const made = await post(platform, { cmd: 'true' }, { token });
    expect(made).toMatchObject({ status: 200, headers: { 'x-vo-authenticated': 'ada' } });
    const id = made.body.trim();
    const session = JSON.parse((await ask(token, `/skaha/v1/session/${id}`)).body);
    expect(session).toMatchObject({
      userid: 'ada',
      runAsUID: '20001',
      runAsGID: '20100',
      supplementalGroups: [30_001],
    });
  });

  test('without a number its user gets one, and keeps it', async () => {
    const numbers = async (user: string) => {
      const token = await tokenOf({ ...ada, preferred_username: user, uid_number: undefined });
      const id = (await post(platform, { cmd: 'true' }, { token })).body.trim();
      return JSON.parse((await ask(token, `/skaha/v1/session/${id}`)).body).runAsUID;
    };
    const [first, second] = [await numbers('first'), await numbers('second')];
    expect(Number(second)).toBe(Number(first) + 1);
    expect(await numbers('first')).toBe(first);
  });

  test('opens the storage of its user, and not that of another', async () => {
    const token = await tokenOf(ada);
    expect((await ask(token, '/arc/nodes/home/ada')).status).toBe(200);
    const other = await tokenOf({ ...ada, preferred_username: 'other' });
    expect((await ask(other, '/arc/nodes/home/ada')).status).toBe(403);
  });

  test('is no leave to use the platform outside the groups that are let in', async () => {
    const nobody = { preferred_username: 'stranger', realm: { groups: ['survey'] } };
    expect(await ask(await tokenOf(nobody))).toMatchObject({ status: 403 });
    // What the configuration says of a user counts more.
    const kept = { ...ada, preferred_username: 'mallory' };
    expect(await ask(await tokenOf(kept))).toMatchObject({ status: 403 });
  });
});

describe('a name', () => {
  test('belongs to its first user, whoever has it at the issuer later', async () => {
    const claims = { ...ada, preferred_username: 'vera' };
    expect((await ask(await tokenOf({ ...claims, sub: 'one' }))).status).toBe(200);
    const second = await ask(await tokenOf({ ...claims, sub: 'two' }));
    expect(second.status).toBe(401);
    expect(second.body).toContain('vera, who is somebody else on this platform');
  });

  test('of who owns the platform is nobody’s, and the configuration can give one away', async () => {
    const own = await ask(await tokenOf({ ...ada, preferred_username: 'adastra' }));
    expect(own).toMatchObject({ status: 401 });
    const grace = await ask(await tokenOf({ ...ada, sub: 'grace-at-home' }));
    expect(grace.headers).toMatchObject({ 'x-vo-authenticated': 'grace' });
    const taken = await ask(await tokenOf({ ...ada, preferred_username: 'grace' }));
    expect(taken).toMatchObject({ status: 401 });
  });

  test.each(['Ada', 'ada@example.org', '../ada', '', 'a'.repeat(40), 7])(
    '%j cannot be one',
    async (name) => {
      const answer = await ask(await tokenOf({ ...ada, preferred_username: name, sub: 'x' }));
      expect(answer.status).toBe(401);
      expect(answer.body).toContain('preferred_username');
    },
  );
});

test('what the token does not say is asked of the issuer', async () => {
  issuer.people.set('id-1', { ...ada, preferred_username: 'henrietta' });
  const answer = await ask(await tokenOf({ sub: 'id-1' }));
  expect(answer).toMatchObject({ status: 200, headers: { 'x-vo-authenticated': 'henrietta' } });
  const refused = await ask(await tokenOf({ sub: 'id-2' }));
  expect([refused.status, refused.body]).toEqual([401, 'Token was refused by its issuer']);
});

describe('refused, each with its reason, is a token', () => {
  const seconds = () => Math.floor(clock.now() / 1000);
  const cases: [string, () => Promise<string>, string][] = [
    ['for another service', () => tokenOf({ ...ada, aud: 'arc' }), 'Token is for arc, not for'],
    ['for nobody', () => tokenOf({ ...ada, aud: undefined }), 'nobody in particular'],
    ['that expired', () => tokenOf({ ...ada, exp: seconds() - 31 }), 'Token has expired'],
    ['without an end', () => tokenOf({ ...ada, exp: undefined }), 'Token has no claim exp'],
    ['of tomorrow', () => tokenOf({ ...ada, nbf: seconds() + 60 }), 'Token is not valid yet'],
    ['for a log in', () => tokenOf({ ...ada, nonce: 'n' }), 'ID token'],
    [
      'of another issuer',
      () => tokenOf({ ...ada, iss: 'https://else.example/' }),
      'Token from untrusted issuer: https://else.example/ ignored',
    ],
    [
      'with a secret for a signature',
      () =>
        new SignJWT({ ...ada, iss: issuer.url, aud: 'skaha', sub: 'x', exp: seconds() + 60 })
          .setProtectedHeader({ alg: 'HS256' })
          .sign(new TextEncoder().encode('k'.repeat(32))),
      'algorithm that is not accepted',
    ],
    [
      'without a signature',
      async () => new UnsecuredJWT({ ...ada, iss: issuer.url, aud: 'skaha' }).encode(),
      'algorithm that is not accepted',
    ],
    [
      'of a key that is not the issuer’s',
      async () => await issuer.token(ada, clock.now(), { key: await signingKey('other') }),
      'does not have',
    ],
    [
      'with a signature of another key',
      async () => await issuer.token(ada, clock.now(), { key: await signingKey('key-0') }),
      'Invalid JWT token',
    ],
    ['that is none', async () => 'opaque', 'Cannot validate token using user info endpoint'],
  ];

  test.each(cases)('%s', async (_, make, why) => {
    const answer = await ask(await make());
    expect(answer.status).toBe(401);
    expect(answer.body).toContain(why);
    expect(String(answer.headers['www-authenticate'])).toMatch(/^Bearer error="invalid_/);
  });
});

describe('keys', () => {
  test('that the issuer has since are found, and what it has no more is let go', async () => {
    const before = await tokenOf(ada);
    expect((await ask(before)).status).toBe(200);
    await issuer.rotate();
    await clock.advance(11_000);
    expect((await ask(await tokenOf(ada))).status).toBe(200);
    expect((await ask(before)).body).toContain('does not have');
  });

  test('are not asked for with each token that nobody knows', async () => {
    await clock.advance(11_000);
    const asked = issuer.keyRequests;
    const strange = await signingKey('strange');
    for (let count = 0; count < 5; count += 1) {
      await ask(await issuer.token(ada, clock.now(), { key: strange }));
    }
    expect(issuer.keyRequests).toBe(asked + 1);
  });

  test('are remembered while the issuer is down; what cannot be known then is no refusal', async () => {
    expect((await ask(await tokenOf(ada))).status).toBe(200);
    issuer.isDown = true;
    await clock.advance(11_000);
    expect((await ask(await tokenOf(ada))).status).toBe(200);
    const key = await signingKey('new');
    const answer = await ask(await issuer.token(ada, clock.now(), { key }));
    expect(answer.status).toBe(503);
    expect(answer.body).toContain(issuer.url);
    await clock.advance(90_000_000);
    expect((await ask(await tokenOf(ada))).status).toBe(503);
    issuer.isDown = false;
    await clock.advance(11_000);
    expect((await ask(await tokenOf(ada))).status).toBe(200);
  });
});

test('the stand-in is not there, and nothing leads to it', async () => {
  const paths = [
    '/token',
    '/device',
    '/jwk',
    '/cred/capabilities',
    '/ac/login',
    '/ac/capabilities',
  ];
  for (const path of [...paths, '/reg/resource-caps', '/.well-known/openid-configuration']) {
    expect((await send(platform, 'GET', path, { token: null })).status).toBe(404);
  }
  const registry = await send(platform, 'GET', '/srcnet/reg/resource-caps', { token: null });
  expect(registry.body).toContain('/skaha/capabilities');
  expect(registry.body).not.toMatch(/\/(cred|ac)\//);
  const capabilities = await send(platform, 'GET', '/skaha/capabilities', { token: null });
  expect(capabilities.body).toContain('ivo://ivoa.net/sso#token');
  expect(capabilities.body).not.toMatch(/sso#(cookie|tls)/);
  expect([capabilities.headers['www-authenticate']].flat()).toEqual(['Bearer']);
  expect(platform.issuer).toBe(issuer.url);
});

test('who owns the platform keeps the credentials in its data folder', async () => {
  expect((await send(platform, 'GET', '/skaha/v1/session')).status).toBe(200);
});

describe('a platform does not start', () => {
  const start = async (more: object) => {
    const config = { ...roomy, identity: { oidc: oidc(more) } };
    return await openPlatform({ data: temporaryDirectory(), port: 0, user: 'adastra', config });
  };

  test('when the issuer cannot be reached, or is another', async () => {
    await expect(start({ issuer: 'https://127.0.0.1:1/' })).rejects.toMatchObject({
      code: 'platform.start_failed',
      message: expect.stringMatching(
        /^The identity provider \S+ cannot be used: .*nothing listens/,
      ),
    });
    issuer.metadata = { issuer: 'https://else.example/' };
    await expect(start({})).rejects.toThrow('is for another issuer: https://else.example/');
    issuer.metadata = { jwks_uri: 'http://127.0.0.1/keys' };
    await expect(start({})).rejects.toThrow('a jwks_uri that is not an https address');
    issuer.metadata = {};
    await expect(start({ ca: undefined })).rejects.toThrow('authority that is not known here');
  });

  test('when it is not said for whom tokens must be', async () => {
    await expect(start({ audience: undefined })).rejects.toMatchObject({
      code: 'config.invalid',
      message: expect.stringContaining('identity.oidc.audience'),
    });
  });
});
