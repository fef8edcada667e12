import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loginAtProvider, type Verification } from '../../../src/auth/oidc/index.js';
import type { OidcEntry } from '../../../src/config/schema.js';
import { JumpingClock, rejection } from '../../fixtures.js';
import { type StandIn, startStandIn } from '../stand-in.js';
import { serveProvider, type TestProvider } from './provider.js';

let standIn: StandIn;
let provider: TestProvider;
let clock: JumpingClock;
let saved: OidcEntry[];
let shown: Verification[];

beforeEach(async () => {
  standIn = await startStandIn();
  provider = serveProvider(standIn);
  clock = new JumpingClock(3_600_000);
  saved = [];
  shown = [];
});
afterEach(() => standIn[Symbol.asyncDispose]());

const pending = { error: 'authorization_pending' };
const slowDown = { error: 'slow_down' };

const login = (extra: { hostname?: string; development?: boolean; timeoutMs?: number } = {}) =>
  loginAtProvider({
    transport: standIn.transport,
    timeoutMs: 5_000,
    development: true,
    provider: { key: 'web', issuers: [provider.issuer], discovery: provider.discovery },
    method: { flow: 'device', onVerification: (verification) => void shown.push(verification) },
    hostname: 'laptop',
    clock,
    save: async (entry) => void saved.push(entry),
    ...extra,
  });

const posts = () => standIn.requests.filter(({ method }) => method === 'POST');

describe('S16: the provider is checked before anything is sent to it', () => {
  test.each([
    ['without the final slash', (issuer: string) => issuer.slice(0, -1)],
    ['in upper case', (issuer: string) => issuer.toUpperCase()],
    ['of another host', () => 'https://evil.example.org/'],
  ])('an issuer %s', async (_what, change) => {
    provider.metadata['issuer'] = change(provider.issuer);
    expect(await rejection(login())).toMatchObject({ code: 'authentication.provider_invalid' });
    expect(posts()).toEqual([]);
  });

  test.each([
    'device_authorization_endpoint',
    'registration_endpoint',
    'token_endpoint',
    'userinfo_endpoint',
  ])('%s over plain http', async (name) => {
    provider.metadata[name] = 'http://idp.example.org/x';
    expect(await rejection(login())).toMatchObject({
      code: 'authentication.provider_invalid',
      message: expect.stringContaining(`gives an unsafe address (${name})`),
    });
    expect(posts()).toEqual([]);
  });

  test('what is missing is named', async () => {
    delete provider.metadata['userinfo_endpoint'];
    delete provider.metadata['registration_endpoint'];
    expect(await rejection(login())).toMatchObject({
      message: `The identity provider ${standIn.host} does not say where to find: registration_endpoint, userinfo_endpoint.`,
    });
  });

  test.each([
    ['an endpoint', () => delete provider.metadata['device_authorization_endpoint']],
    [
      'the grant',
      () => {
        provider.metadata['grant_types_supported'] = ['authorization_code'];
      },
    ],
  ])('a provider without %s for codes', async (_what, change) => {
    change();
    expect(await rejection(login())).toMatchObject({
      code: 'authentication.provider_invalid',
      message: `The identity provider ${standIn.host} offers no login with a code.`,
    });
    expect(posts()).toEqual([]);
  });

  test('a provider that takes the secret only in the body', async () => {
    provider.metadata['token_endpoint_auth_methods_supported'] = ['client_secret_post'];
    expect(await rejection(login())).toMatchObject({
      message: expect.stringContaining('client_secret_basic'),
    });
  });

  describe('without the switch for development', () => {
    /** The stand-in under a public name. */
    const asPublic = async (metadata: Record<string, unknown>) => {
      const origin = 'https://idp.example.org';
      const renamed = JSON.stringify(provider.metadata).replaceAll(standIn.origin, origin);
      provider.metadata = { ...JSON.parse(renamed), ...metadata };
      return rejection(
        loginAtProvider({
          transport: {
            send: ({ url, ...request }) =>
              standIn.transport.send({ ...request, url: url.replace(origin, standIn.origin) }),
            close: async () => {},
          },
          timeoutMs: 5_000,
          development: false,
          provider: {
            key: 'web',
            issuers: [`${origin}/`],
            discovery: `${origin}/.well-known/openid-configuration`,
          },
          method: { flow: 'device', onVerification: () => {} },
          hostname: 'laptop',
          clock,
          save: async (entry) => void saved.push(entry),
        }),
      );
    };

    test.each([
      ['S12: plain http, even on this machine', 'http://localhost:1/token'],
      ['S25: an address without a name', 'https://10.0.0.1/token'],
      ['S25: an address of this machine', 'https://[::1]/token'],
      ['S25: a name that is not public', 'https://localhost/token'],
      ['S25: an address with a password in it', 'https://a:b@idp.example.org/token'],
    ])('%s gets nothing', async (_what, address) => {
      expect(await asPublic({ token_endpoint: address })).toMatchObject({
        code: 'authentication.provider_invalid',
        message: 'The identity provider idp.example.org gives an unsafe address (token_endpoint).',
      });
      expect(posts()).toEqual([]);
    });

    test('S25: the address of the discovery document is judged too', async () => {
      expect(await rejection(login({ development: false }))).toMatchObject({
        code: 'authentication.provider_invalid',
        message: expect.stringContaining('has a discovery address that is not safe'),
      });
      expect(standIn.requests).toEqual([]);
    });
  });

  test('S13: a redirect is not followed', async () => {
    const location = `${standIn.origin}/elsewhere`;
    standIn.on('POST /register', { status: 307, headers: { location } });
    expect(await rejection(login())).toMatchObject({ code: 'response.redirect' });
    expect(standIn.asked()).not.toContain('POST /elsewhere');
  });

  test('S15: a document that never ends', async () => {
    standIn.on('GET /.well-known/openid-configuration', { body: new Uint8Array(262_145).fill(32) });
    expect(await rejection(login())).toMatchObject({ code: 'response.invalid' });
  });
});

describe('registration', () => {
  test('tells what we are, in no more than 256 characters', async () => {
    await login({ hostname: 'h'.repeat(400) });
    const { body } = standIn.requests.find(({ path }) => path === '/register') ?? {};
    const sent = JSON.parse(body ?? '');
    expect(sent).toMatchObject({
      grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
      response_types: ['token'],
      token_endpoint_auth_method: 'client_secret_basic',
      scope: 'openid profile email offline_access',
    });
    expect(sent.client_name).toMatch(/^Science Platform CLI @ h+ 2026-08-06 12:00$/);
    expect(sent.client_name).toHaveLength(256);
  });

  test('a provider that refuses is named with its status', async () => {
    standIn.on('POST /register', { status: 403, json: { error: 'access_denied' } });
    expect(await rejection(login())).toMatchObject({
      code: 'authentication.provider_invalid',
      message: `The identity provider ${standIn.host} refused to register this client (403).`,
    });
  });

  test('S17: the client secret is in no body and no address', async () => {
    await login();
    const secret = saved[0]?.['client'];
    const { identity, secret: value } = secret as { identity: string; secret: string };
    for (const { body, query, path } of standIn.requests) {
      expect(`${body} ${query} ${path}`).not.toContain(value);
    }
    const [token] = standIn.requests.filter(({ path }) => path === '/token');
    expect(token?.headers.authorization).toBe(
      `Basic ${Buffer.from(`${identity}:${value}`).toString('base64')}`,
    );
  });
});

describe('the challenge', () => {
  test('S22: a page that is not https is not opened, and control characters are not shown', async () => {
    provider.device = {
      user_code: 'AB\u001b[2J\u202eCD',
      verification_uri: 'http://idp.example.org/device',
      verification_uri_complete: null,
      expires_in: '600',
    };
    await login();
    expect(shown).toEqual([
      {
        userCode: 'AB[2JCD',
        verificationUri: 'http://idp.example.org/device',
        verificationUriComplete: undefined,
        browserUrl: undefined,
        expiresInMs: 600_000,
      },
    ]);
  });

  test.each([
    ['no code', { user_code: undefined }],
    ['no device code', { device_code: undefined }],
    ['no page', { verification_uri: undefined }],
    ['no life', { expires_in: undefined }],
    ['a life that is over', { expires_in: 0 }],
    ['a life in words', { expires_in: 'ten minutes' }],
    ['an interval of null', { interval: null }],
  ])('with %s is malformed', async (_what, device) => {
    provider.device = device;
    const error = await rejection(login());
    expect(error).toMatchObject({
      code: 'authentication.provider_invalid',
      message: expect.stringContaining('malformed device authorization response'),
    });
    expect(standIn.asked()).not.toContain('POST /token');
  });
});

describe('S18: polls are never closer together than they may be', () => {
  const polls = () => standIn.asked().filter((line) => line === 'POST /token').length;

  test('pending, slow_down, pending wait 5, 10 and 10 seconds', async () => {
    provider.polls = [pending, slowDown, pending, 'approve'];
    await login();
    expect(clock.pauses).toEqual([5_000, 10_000, 10_000]);
    expect(polls()).toBe(4);
  });

  test('the interval of the provider is kept; one of zero counts as 5', async () => {
    provider.device = { interval: '7' };
    provider.polls = [pending, 'approve'];
    await login();
    provider.device = { interval: 0 };
    provider.polls = [pending, 'approve'];
    await login();
    expect(clock.pauses).toEqual([7_000, 5_000]);
  });

  test('nothing is asked after the end of the code', async () => {
    provider.device = { expires_in: 6 };
    provider.polls = [pending, pending, 'approve'];
    expect(await rejection(login())).toMatchObject({
      code: 'transport.timeout',
      message: `The login at ${standIn.host} was not approved within 6 seconds.`,
    });
    expect(clock.pauses).toEqual([5_000, 1_000]);
    expect(polls()).toBe(2);
  });

  test('failures of the network back off, and are forgotten at the next answer', async () => {
    provider.polls = [
      'drop',
      { status: 502 },
      { status: 429 },
      pending,
      pending,
      'drop',
      'approve',
    ];
    await login();
    expect(clock.pauses).toEqual([10_000, 20_000, 40_000, 5_000, 5_000, 10_000]);
  });

  test('a back-off ends at a minute, unless the provider wants longer', async () => {
    provider.polls = [
      ...Array.from({ length: 5 }, () => ({ status: 503 })),
      { status: 503, headers: { 'retry-after': '90' } },
      'approve',
    ];
    await login();
    expect(clock.pauses).toEqual([10_000, 20_000, 40_000, 60_000, 60_000, 90_000]);
  });

  test('a provider that hangs is asked again', async () => {
    provider.polls = ['hang', 'approve'];
    await login({ timeoutMs: 1_500 });
    expect(clock.pauses).toEqual([10_000]);
  });

  test.each([
    ['access_denied', 'authentication.denied', 'was denied'],
    ['expired_token', 'authentication.expired', 'The code of this login expired.'],
    ['invalid_grant', 'authentication.provider_invalid', 'ended the login with an error'],
  ])('%s ends it', async (error, code, message) => {
    provider.polls = [pending, { error }];
    expect(await rejection(login())).toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
    expect(polls()).toBe(2);
    expect(saved).toEqual([]);
  });

  test('an error in a 200 is an error, a token in a 404 is a token', async () => {
    provider.polls = [
      { status: 200, json: pending },
      { status: 404, json: { access_token: 'abc', token_type: 'bearer', expires_in: 60 } },
    ];
    await login();
    expect(saved[0]?.token).toEqual({ access: 'abc', token_type: 'bearer' });
  });
});

describe('tokens', () => {
  const tokens = (fields: Record<string, unknown>) => ({
    json: { access_token: 'abc', token_type: 'Bearer', ...fields },
  });
  const second = 1000;

  test.each([
    [3600, 3600],
    ['3600', 3600],
    [1.9, 1],
    [10 ** 9, 31 * 24 * 3600],
    [0, undefined],
    ['', undefined],
    [undefined, undefined],
  ])('that live for %j end in %j seconds', async (expires_in, life) => {
    provider.polls = [tokens({ expires_in, expires_at: 1, refresh_token: 'r' })];
    await login();
    const end = life === undefined ? {} : { access: Math.floor(clock.now() / second) + life };
    expect(saved[0]?.expiry).toEqual(end);
  });

  test.each([
    ['no JSON', { body: 'access_token=SECRET' }],
    ['a list', { json: ['SECRET'] }],
    ['no access token', { json: { token_type: 'Bearer' } }],
    ['an access token that no header can carry', tokens({ access_token: 'SECRET\r\nx: y' })],
    ['a type that is not bearer', tokens({ token_type: 'mac' })],
    ['no type', tokens({ token_type: undefined })],
    ['a refresh token that is a number', tokens({ refresh_token: 7 })],
    ['a life in words', tokens({ expires_in: 'for ever' })],
  ])('with %s are malformed, and none is shown', async (_what, answer) => {
    provider.polls = [answer];
    const error = await rejection(login());
    expect(error).toMatchObject({ code: 'authentication.provider_invalid' });
    expect(String(error) + JSON.stringify(error)).not.toContain('SECRET');
    expect(saved).toEqual([]);
  });
});
