import { readFile, rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { oidcTokenSource, type TokenSourceOptions } from '../../../src/auth/oidc/index.js';
import { loadConfiguration } from '../../../src/config/read.js';
import { updateConfiguration } from '../../../src/config/write.js';
import { JumpingClock, rejection } from '../../fixtures.js';
import { type StandIn, startStandIn } from '../stand-in.js';
import { serveProvider, type TestProvider } from './provider.js';

let standIn: StandIn;
let provider: TestProvider;
let config: string;
let clock: JumpingClock;
let client: { identity: string; secret: string };
let warnings: string[];

/** Writes a login whose access token ends so many seconds from now. */
async function saveLogin(leftSeconds: number | undefined, refresh = true): Promise<void> {
  provider.current = refresh ? 'SECRET-refresh-0' : undefined;
  config = await standIn.configure(`# a comment that stays
credentials:
  web:
    mode: oidc
    issuer: "${provider.issuer}"
    endpoints: { token: "${standIn.origin}/token" }
    client: { identity: "${client.identity}", secret: "${client.secret}" }
    token: { access: SECRET-access-0, token_type: Bearer, scope: openid${refresh ? ', refresh: SECRET-refresh-0' : ''} }
    expiry: { ${leftSeconds === undefined ? '' : `access: ${clock.now() / 1000 + leftSeconds}`} }
`);
}

beforeEach(async () => {
  standIn = await startStandIn();
  provider = serveProvider(standIn);
  clock = new JumpingClock();
  warnings = [];
  const { transport, origin } = standIn;
  const reply = await transport.send({
    method: 'POST',
    url: `${origin}/register`,
    headers: {},
    body: '{}',
    signal: AbortSignal.timeout(5_000),
  });
  let text = '';
  for await (const chunk of reply.body) text += Buffer.from(chunk).toString();
  const { client_id: identity, client_secret: secret } = JSON.parse(text);
  client = { identity, secret };
  standIn.requests.splice(0);
});
afterEach(() => standIn[Symbol.asyncDispose]());

const source = (extra: Partial<TokenSourceOptions> = {}) =>
  oidcTokenSource({
    configuration: config,
    credential: 'web',
    transport: standIn.transport,
    clock,
    onWarning: (warning) => warnings.push(warning),
    ...extra,
  });

const stored = async () =>
  (await loadConfiguration({ path: config })).configuration.credentials['web'];

describe('reading', () => {
  test('a token that is good is used without asking anybody', async () => {
    await saveLogin(61);
    expect(await source().read()).toBe('SECRET-access-0');
    expect(standIn.requests).toEqual([]);
  });

  test('a token without a date is used until a server refuses it', async () => {
    await saveLogin(undefined);
    const tokens = source();
    expect(await tokens.read()).toBe('SECRET-access-0');
    expect(await tokens.renew('SECRET-access-0')).toMatch(/^SECRET-access-.{36}$/);
  });

  test('a token without a refresh token is used until it ends', async () => {
    await saveLogin(30, false);
    const tokens = source();
    expect(await tokens.read()).toBe('SECRET-access-0');
    await clock.sleep(9_999);
    await clock.sleep(9_999);
    await clock.sleep(9_999);
    expect(await tokens.read()).toBe('SECRET-access-0');
    await clock.sleep(3);
    expect(await rejection(tokens.read())).toMatchObject({
      code: 'authentication.expired',
      message: "Your login 'web' has expired.",
      hint: "Log in again: 'skaha login web --force'",
    });
  });

  test('a login by another program is noticed', async () => {
    await saveLogin(600);
    const tokens = source();
    await tokens.read();
    await updateConfiguration(config, (draft) => {
      draft.credentials['web'] = { mode: 'oidc', token: { access: 'another' } };
    });
    expect(await tokens.read()).toBe('another');
  });

  test('without a login there is one sentence', async () => {
    config = await standIn.configure('');
    expect(await rejection(source().read())).toMatchObject({
      code: 'authentication.required',
      message: "You are not logged in to 'web'.",
    });
  });

  test('a record of wrong types is called damaged', async () => {
    config = await standIn.configure('credentials: { web: { mode: oidc, client: 7 } }');
    expect(await rejection(source().read())).toMatchObject({
      code: 'authentication.credential_invalid',
    });
  });
});

describe('refreshing', () => {
  test('S20: new tokens are on disk before they are used, and nothing else has changed', async () => {
    await saveLogin(60);
    const before = await readFile(config, 'utf8');
    const access = await source().read();
    const after = await readFile(config, 'utf8');
    expect(after).toContain(access);
    expect(after).toContain(String(provider.current));
    const without = (text: string) => text.replace(/SECRET-\S+?(?=[,\s}])|access: \d+/g, '');
    expect(without(after)).toBe(without(before));
    expect(standIn.requests[0]?.form.toString()).toBe(
      'refresh_token=SECRET-refresh-0&grant_type=refresh_token',
    );
  });

  test('S19: a hundred requests at once, and two clients, cause one refresh', async () => {
    await saveLogin(-1);
    const [one, two] = [source(), source()];
    const tokens = await Promise.all(
      Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? one : two).read()),
    );
    expect(new Set(tokens).size).toBe(1);
    expect(provider.refreshed).toBe(1);
  });

  test('a provider that keeps the refresh token leaves it as it is', async () => {
    await saveLogin(-1);
    standIn.on('POST /token', { json: { access_token: 'new', token_type: 'bearer' } });
    expect(await source().read()).toBe('new');
    expect(await stored()).toMatchObject({ token: { access: 'new', refresh: 'SECRET-refresh-0' } });
  });

  test('tokens that another process has got meanwhile are used, and nothing is sent', async () => {
    await saveLogin(-1);
    const tokens = source();
    await rejection(source({ credential: 'nobody' }).read());
    const end = clock.now() / 1000 + 3600;
    await updateConfiguration(config, (draft) => {
      const web = draft.credentials['web'];
      if (web?.mode === 'oidc')
        Object.assign(web, { token: { access: 'theirs' }, expiry: { access: end } });
    });
    expect(await tokens.renew('SECRET-access-0')).toBe('theirs');
    expect(standIn.requests).toEqual([]);
  });

  test('S20: a login that has ended is said to have, and the record stays as it is', async () => {
    await saveLogin(-1);
    provider.current = 'another';
    const before = await readFile(config);
    expect(await rejection(source().read())).toMatchObject({
      code: 'authentication.expired',
      message: "Your login 'web' has ended.",
    });
    expect(await readFile(config)).toEqual(before);
    expect(standIn.asked()).toEqual(['POST /token']);
  });

  test('a refresh token that a program without the lock has replaced is tried once more', async () => {
    await saveLogin(-1);
    provider.current = 'SECRET-refresh-1';
    let asked = 0;
    const answer = { access_token: 'second', token_type: 'bearer', expires_in: 60 };
    standIn.on('POST /token', async ({ form }) => {
      asked += 1;
      if (form.get('refresh_token') === 'SECRET-refresh-1') return { json: answer };
      const text = await readFile(config, 'utf8');
      await writeFile(config, text.replace('SECRET-refresh-0', 'SECRET-refresh-1'));
      return { status: 400, json: { error: 'invalid_grant' } };
    });
    expect(await source().read()).toBe('second');
    expect(asked).toBe(2);
  });

  test.each([
    ['does not answer', 'drop' as const],
    ['is broken', { status: 503 }],
  ])(
    'a provider that %s is asked three times, and the login is untouched',
    async (_what, answer) => {
      await saveLogin(-1);
      standIn.on('POST /token', answer);
      const before = await readFile(config);
      expect(await rejection(source().read())).toMatchObject({
        code: 'transport.failure',
        message: 'The identity provider could not be reached.',
        retryable: true,
      });
      expect(standIn.requests).toHaveLength(3);
      expect(await readFile(config)).toEqual(before);
    },
  );

  test.each(['http://127.0.0.1:1/token', 'https://a:b@localhost/token', 'nonsense'])(
    'S12: a refresh token is not sent to %s',
    async (address) => {
      await saveLogin(-10);
      await updateConfiguration(config, (draft) => {
        Object.assign(draft.credentials['web'] ?? {}, { endpoints: { token: address } });
      });
      const before = await readFile(config);
      expect(await rejection(source().read())).toMatchObject({
        code: 'authentication.provider_invalid',
        message: expect.stringContaining('has a token address that is not safe'),
      });
      expect(await readFile(config)).toEqual(before);
    },
  );

  test('a provider that is down for a moment is no failure', async () => {
    await saveLogin(-1);
    standIn.on('POST /token', (_request, count) =>
      count === 1 ? 'drop' : { json: { access_token: 'new', token_type: 'bearer' } },
    );
    expect(await source().read()).toBe('new');
  });

  test('while a token is still good for a moment, a provider that is down is no failure', async () => {
    await saveLogin(30);
    standIn.on('POST /token', 'drop');
    expect(await source().read()).toBe('SECRET-access-0');
  });
});

describe('S20: tokens that cannot be saved', () => {
  /** Makes the file one that cannot be written, after the provider has answered. */
  function breakWrite(): void {
    standIn.on('POST /token', async () => {
      await writeFile(`${config}.lock`, '{}');
      return {
        json: {
          access_token: 'new',
          refresh_token: 'newer',
          token_type: 'bearer',
          expires_in: 600,
        },
      };
    });
  }

  test('are kept in memory with a warning, and saved later', async () => {
    await saveLogin(-1);
    breakWrite();
    const tokens = source();
    expect(await tokens.read()).toBe('new');
    expect(warnings).toEqual([
      expect.stringMatching(/The renewed login 'web' is kept in memory and will be lost/),
    ]);
    expect(await stored()).toMatchObject({ token: { access: 'SECRET-access-0' } });
    expect(await source().read()).toBe('new');
    expect(standIn.requests).toHaveLength(1);
    await rm(`${config}.lock`);
    await tokens.flush();
    expect(await stored()).toMatchObject({ token: { access: 'new', refresh: 'newer' } });
    await tokens.flush();
    expect(await source().read()).toBe('new');
  });
});
