import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Platform } from '../../src/types.js';
import { type Answer, form, formType, send, testPlatform } from '../fixtures.js';
import {
  allScopes,
  type Client,
  errorOf,
  passwordOf,
  postAs,
  refresh,
  register,
  tokensOf,
} from './oidc-client.js';

const redirect = 'http://127.0.0.1:54321/callback';

/** A browser that keeps cookies and follows redirects on the platform, but no further. */
class Browser {
  readonly #platform: Platform;
  readonly #cookies = new Map<string, string>();

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  async open(
    url: string,
    fields?: Readonly<Record<string, string>>,
  ): Promise<Answer & { url: URL }> {
    let at = new URL(url, this.#platform.identity.issuer);
    let body = fields === undefined ? undefined : form(Object.entries(fields));
    for (;;) {
      const answer = await send(
        this.#platform,
        body === undefined ? 'GET' : 'POST',
        at.pathname + at.search,
        {
          token: null,
          headers: {
            ...(body === undefined ? {} : formType),
            accept: 'text/html',
            cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; '),
          },
          body,
        },
      );
      for (const cookie of answer.headers['set-cookie'] ?? []) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
        this.#cookies.set(name, value);
      }
      if (answer.headers.location === undefined) return { ...answer, url: at };
      at = new URL(answer.headers.location, at);
      if (at.origin !== new URL(this.#platform.identity.issuer).origin)
        return { ...answer, url: at };
      body = undefined;
    }
  }
}

async function started() {
  const platform = await testPlatform();
  const client = await register(platform, {
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    redirect_uris: ['http://127.0.0.1/callback'],
  });
  const verifier = randomBytes(32).toString('base64url');
  const query = {
    client_id: client.id,
    response_type: 'code',
    redirect_uri: redirect,
    scope: allScopes,
    state: 'of-the-program',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  };
  return { platform, client, verifier, query, browser: new Browser(platform) };
}

const authorize = (query: Readonly<Record<string, string>>) =>
  `/authorize?${new URLSearchParams(query)}`;

const exchange = (platform: Platform, client: Client, code: string, verifier: string) =>
  postAs(platform, client, '/token', {
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirect,
    code_verifier: verifier,
  });

describe('the authorization code grant', () => {
  test('approved: the code gives tokens, to any port of the loopback address', async () => {
    const { platform, client, verifier, query, browser } = await started();
    const page = await browser.open(authorize(query));
    expect([page.status, page.url.pathname.startsWith('/interaction/')]).toEqual([200, true]);
    expect(page.body).toContain('Approve this login?');
    expect(page.headers['content-security-policy']).toContain(
      "form-action 'self' http://127.0.0.1:54321;",
    );
    const back = await browser.open(page.url.href, {
      username: 'guest',
      password: passwordOf(platform, 'guest'),
      action: 'approve',
    });
    expect(back.url.origin + back.url.pathname).toBe(redirect);
    expect(back.url.searchParams.get('state')).toBe('of-the-program');
    expect(back.url.searchParams.get('iss')).toBe(platform.identity.issuer);
    const code = back.url.searchParams.get('code') ?? '';
    const tokens = tokensOf(await exchange(platform, client, code, verifier));
    const answer = await send(platform, 'GET', '/skaha/v1/context', { token: tokens.access_token });
    expect(answer.headers['x-vo-authenticated']).toBe('guest');
    tokensOf(await refresh(platform, client, tokens.refresh_token ?? ''));
    expect(errorOf(await exchange(platform, client, code, verifier))).toBe('invalid_grant');
  });

  test('a client without a secret can use it', async () => {
    const { platform, verifier, query, browser } = await started();
    const client = await register(platform, {
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      redirect_uris: ['http://localhost/callback'],
      token_endpoint_auth_method: 'none',
    });
    expect(client.secret).toBe('');
    const redirectUri = 'http://localhost:4567/callback';
    const page = await browser.open(
      authorize({ ...query, client_id: client.id, redirect_uri: redirectUri }),
    );
    const back = await browser.open(page.url.href, {
      username: 'guest',
      password: passwordOf(platform, 'guest'),
      action: 'approve',
    });
    const answer = await send(platform, 'POST', '/token', {
      token: null,
      headers: formType,
      body: form([
        ['grant_type', 'authorization_code'],
        ['client_id', client.id],
        ['code', back.url.searchParams.get('code') ?? ''],
        ['redirect_uri', redirectUri],
        ['code_verifier', verifier],
      ]),
    });
    expect(tokensOf(answer).token_type).toBe('Bearer');
  });

  test('a wrong verifier gets nothing', async () => {
    const { platform, client, query, browser } = await started();
    const page = await browser.open(authorize(query));
    const back = await browser.open(page.url.href, {
      username: 'guest',
      password: passwordOf(platform, 'guest'),
      action: 'approve',
    });
    const code = back.url.searchParams.get('code') ?? '';
    const wrong = randomBytes(32).toString('base64url');
    expect(errorOf(await exchange(platform, client, code, wrong))).toBe('invalid_grant');
  });

  test('a wrong password asks again; a refusal goes back to the program', async () => {
    const { query, browser } = await started();
    const page = await browser.open(authorize(query));
    const again = await browser.open(page.url.href, {
      username: 'guest',
      password: 'swordfish',
      action: 'approve',
    });
    expect([again.status, again.body.includes('is wrong')]).toEqual([401, true]);
    const back = await browser.open(page.url.href, { action: 'refuse' });
    expect(back.url.searchParams.get('error')).toBe('access_denied');
  });

  test('every login asks for the password, whoever logged in before', async () => {
    const { platform, query, browser } = await started();
    for (const user of ['guest', 'adastra']) {
      const page = await browser.open(authorize(query));
      expect(page.body).toContain('type="password"');
      const password = passwordOf(platform, user);
      const back = await browser.open(page.url.href, {
        username: user,
        password,
        action: 'approve',
      });
      expect(back.url.searchParams.get('code')).toMatch(/^[\w-]{43}$/);
    }
  });

  test('without PKCE it goes back with an error; to a strange address it does not go at all', async () => {
    const { query, browser } = await started();
    const { code_challenge: _, code_challenge_method: __, ...plain } = query;
    const back = await browser.open(authorize(plain));
    expect(back.url.searchParams.get('error')).toBe('invalid_request');
    const strange = await browser.open(
      authorize({ ...query, redirect_uri: 'https://evil.example/callback' }),
    );
    expect([strange.status, strange.body.includes('Login failed')]).toEqual([400, true]);
    expect(strange.headers['content-security-policy']).toMatch(/^default-src 'none'/);
  });

  test('an answer without its request is refused', async () => {
    const { platform } = await started();
    const answer = await new Browser(platform).open('/interaction/unknown');
    expect([answer.status, answer.body.includes('Start it again')]).toEqual([404, true]);
    expect((await send(platform, 'PUT', '/interaction/unknown', { token: null })).status).toBe(405);
  });
});
