import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../base/tests/manual-clock.js';
import type { Platform } from '../../src/types.js';
import { form, formType, send, temporaryDirectory, testPlatform } from '../fixtures.js';
import { get, passwordOf } from './oidc-client.js';

const context = '/skaha/v1/context';

const logIn = async (platform: Platform, fields: Readonly<Record<string, string>>) =>
  await send(platform, 'POST', '/ac/login', {
    token: null,
    headers: formType,
    body: form(Object.entries(fields)),
  });

const guest = (platform: Platform) => ({
  username: 'guest',
  password: passwordOf(platform, 'guest'),
});

describe('a login', () => {
  test('gives a token, good as bearer and as cookie, on the platform and for certificates', async () => {
    const platform = await testPlatform();
    const { status, headers, body: token } = await logIn(platform, guest(platform));
    expect([status, headers['content-type'], headers['x-vo-authenticated']]).toEqual([
      200,
      'text/plain',
      'guest',
    ]);
    expect(headers['x-vo-bearer']).toBe(token);
    const claims = Buffer.from(token, 'base64').toString();
    expect(claims).toMatch(
      /^expirytime=\d+&userid=guest&scope=sso%3Acadc%2Bcanfar&domain=localhost&signature=/,
    );
    const [cookie = ''] = headers['set-cookie'] ?? [];
    expect(cookie).toBe(
      `CADC_SSO="${token}"; Secure; SameSite=Strict; HttpOnly; Max-Age=172800; Path=/`,
    );
    for (const path of [context, '/cred/generate?daysValid=1']) {
      const byToken = await send(platform, 'GET', path, { token });
      expect([byToken.status, byToken.headers['x-vo-authenticated']]).toEqual([200, 'guest']);
      const byCookie = await send(platform, 'GET', path, {
        token: null,
        headers: { cookie: `other=1; ${cookie.split(';')[0]}` },
      });
      expect([byCookie.status, byCookie.headers['x-vo-authenticated']]).toEqual([200, 'guest']);
    }
  });

  test('whoami leads to the caller; nobody else is shown', async () => {
    const platform = await testPlatform();
    const { body: token } = await logIn(platform, guest(platform));
    const answer = await send(platform, 'GET', '/ac/whoami', { token });
    const origin = `https://127.0.0.1:${platform.port}`;
    expect([answer.status, answer.headers['location']]).toEqual([
      303,
      `${origin}/ac/users/guest?idType=HTTP`,
    ]);
    const own = await send(platform, 'GET', '/ac/users/guest', { token });
    expect(own.body).toContain('<identity type="HTTP">guest</identity>');
    expect((await send(platform, 'GET', '/ac/users/adastra', { token })).status).toBe(403);
    for (const path of ['/ac/whoami', '/ac/users/guest']) {
      const anonymous = await get(platform, path);
      expect([anonymous.status, anonymous.body]).toEqual([401, 'Unauthorized']);
      expect(anonymous.headers['www-authenticate']).toContain(`access_url="${origin}/ac/login"`);
    }
  });

  test.each([
    ['no name', { password: 'x' }, 400, 'Missing username'],
    ['no password', { username: 'guest', password: ' ' }, 400, 'Missing password'],
    ['a wrong password', { username: 'guest', password: 'x' }, 401, 'Invalid username or password'],
    ['an unknown user', { username: 'ghost', password: 'x' }, 401, 'Invalid username or password'],
    ['a bad scope', { username: 'guest', password: 'x', scope: '??' }, 400, 'Invalid scope'],
  ])('%s is refused', async (_, fields, status, body) => {
    const platform = await testPlatform();
    expect(await logIn(platform, fields)).toMatchObject({ status, body });
  });

  test('search tells to which groups the caller belongs, of all or of those asked for', async () => {
    const users = [{ name: 'guest', groups: [5001, 'survey', 'deep-field'] }];
    const platform = await testPlatform({ config: { users } });
    const { body: token } = await logIn(platform, guest(platform));
    const search = async (query: string) =>
      (await send(platform, 'GET', `/ac/search${query}`, { token })).body;
    expect(await search('')).toBe('survey\ndeep-field\n');
    expect(await search('?group=nothing&group=survey')).toBe('survey\n');
    expect(await search('?group=nothing')).toBe('');
    expect(await search('?GROUP=nothing')).toBe('');
    expect(await search('?Group=nothing&GROUP=survey')).toBe('survey\n');
    expect((await get(platform, '/ac/search')).status).toBe(401);
  });

  test('the registry has documents of its own', async () => {
    const platform = await testPlatform();
    expect((await get(platform, '/reg/availability')).body).toContain('>true<');
    expect((await get(platform, '/reg/capabilities')).body).toContain(
      `>https://127.0.0.1:${platform.port}/reg/resource-caps<`,
    );
    expect((await send(platform, 'POST', '/reg/capabilities')).status).toBe(405);
  });

  test('other methods and paths are refused', async () => {
    const platform = await testPlatform();
    expect((await get(platform, '/ac/login')).status).toBe(405);
    expect((await send(platform, 'POST', '/ac/whoami')).status).toBe(405);
    expect((await get(platform, '/ac/nothing')).status).toBe(404);
    expect((await get(platform, '/ac/availability')).body).toContain('>true<');
    expect((await get(platform, '/ac/capabilities')).body).toContain(
      `>https://127.0.0.1:${platform.port}/ac/login<`,
    );
  });
});

describe('a token that is not good', () => {
  const altered = (token: string, change: (text: string) => string) =>
    Buffer.from(change(Buffer.from(token, 'base64').toString())).toString('base64');

  test.each<[string, (text: string) => string]>([
    ['cannot verify signature', (text) => text.replace('userid=guest', 'userid=adastra')],
    ['cannot verify signature', (text) => text.replace(/signature=.*/, 'signature=%')],
    ['missing signature', (text) => text.replace(/&signature=.*/, '')],
    ['missing expirytime', (text) => text.replace(/^expirytime=\d+&/, '')],
    ['invalid numeric field', (text) => text.replace(/expirytime=\d+/, 'expirytime=never')],
  ])('%s', async (reason, change) => {
    const platform = await testPlatform();
    const { body } = await logIn(platform, guest(platform));
    const answer = await send(platform, 'GET', context, { token: altered(body, change) });
    expect(answer).toMatchObject({ status: 401, body: reason });
  });

  test('expired after 48 hours; a bad cookie is refused and not repeated', async () => {
    const clock = new ManualClock(Date.now());
    const platform = await testPlatform({ clock });
    const { body: token } = await logIn(platform, guest(platform));
    await clock.advance(172_800_000);
    expect(await send(platform, 'GET', context, { token })).toMatchObject({
      status: 401,
      body: 'expired',
    });
    for (const value of [`"${token}"`, 'swordfish']) {
      const headers = { cookie: `CADC_SSO=${value}` };
      expect(await send(platform, 'GET', context, { token: null, headers })).toMatchObject({
        status: 401,
        body: 'invalid cookie: Bad token.',
      });
    }
  });

  test('it is good after a restart, and on no other platform', async () => {
    const data = temporaryDirectory();
    const first = await testPlatform({ data });
    const { body: token } = await logIn(first, guest(first));
    await first.stop();
    const second = await testPlatform({ data });
    expect((await send(second, 'GET', context, { token })).status).toBe(200);
    const other = await testPlatform();
    expect((await send(other, 'GET', context, { token })).body).toBe('cannot verify signature');
  });
});
