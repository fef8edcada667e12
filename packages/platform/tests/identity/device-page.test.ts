import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../base/tests/manual-clock.js';
import type { Platform } from '../../src/types.js';
import { form, formType, send, testPlatform } from '../fixtures.js';
import { askForCode, errorOf, get, passwordOf, poll, register, tokensOf } from './oidc-client.js';

const answerPage = async (platform: Platform, fields: Readonly<Record<string, string>>) =>
  await send(platform, 'POST', '/device', {
    token: null,
    headers: formType,
    body: form(Object.entries(fields)),
  });

async function started(extra: object = {}, clock?: ManualClock) {
  const platform = await testPlatform(clock === undefined ? {} : { clock });
  const client = await register(platform, extra);
  return { platform, client, challenge: await askForCode(platform, client) };
}

describe('the page', () => {
  test('asks for the code, then names the program, the code and what it may do', async () => {
    const { platform, challenge } = await started();
    const first = await get(platform, '/device');
    expect([first.status, first.headers['content-type']]).toEqual([
      200,
      'text/html; charset=utf-8',
    ]);
    expect(first.body).toContain('name="user_code"');
    const code = challenge.user_code.replace('-', '').toLowerCase();
    const second = await get(platform, `/device?user_code=${code}`);
    expect(second.body).toContain('Science Platform CLI @ laptop 2026-01-01 00:00');
    expect(second.body).toContain(`<strong class="code">${challenge.user_code}</strong>`);
    expect(second.body).toContain('stay logged in until you log out');
    expect(second.body).toContain('autocomplete="current-password"');
  });

  test('runs no script, loads nothing, and cannot be framed or kept', async () => {
    const { platform, challenge } = await started();
    const { headers, body } = await get(platform, `/device?user_code=${challenge.user_code}`);
    const policy = String(headers['content-security-policy']);
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/=]+'; form-action 'self';/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    });
    expect(headers).not.toHaveProperty('set-cookie');
    expect(body).not.toMatch(/<script|<link|https?:\/\/|url\(/);
  });

  test('a name with markup in it is shown as text', async () => {
    const { platform, challenge } = await started({ client_name: '<img src=x onerror=alert(1)>' });
    const { body } = await get(platform, `/device?user_code=${challenge.user_code}`);
    expect(body).not.toContain('<img');
    expect(body).toContain('&#60;img src=x onerror=alert(1)&#62;');
  });
});

describe('answering', () => {
  test('approved with the password: the program gets its tokens', async () => {
    const { platform, client, challenge } = await started();
    const page = await answerPage(platform, {
      user_code: challenge.user_code,
      username: 'guest',
      password: passwordOf(platform, 'guest'),
      action: 'approve',
    });
    expect([page.status, page.body.includes('You are logged in')]).toEqual([200, true]);
    const { access_token: token } = tokensOf(await poll(platform, client, challenge.device_code));
    const answer = await send(platform, 'GET', '/skaha/v1/context', { token });
    expect(answer.headers['x-vo-authenticated']).toBe('guest');
  });

  test('refused, without a password: the program learns it', async () => {
    const { platform, client, challenge } = await started();
    const page = await answerPage(platform, { user_code: challenge.user_code, action: 'refuse' });
    expect([page.status, page.body.includes('Login refused')]).toEqual([200, true]);
    expect(errorOf(await poll(platform, client, challenge.device_code))).toBe('access_denied');
  });

  test('S29: a wrong password and an unknown user look the same, and can be tried again', async () => {
    const { platform, client, challenge } = await started();
    const attempt = async (username: string) =>
      await answerPage(platform, {
        user_code: challenge.user_code,
        username,
        password: 'swordfish',
        action: 'approve',
      });
    const wrong = await attempt('guest');
    const unknown = await attempt('ghost');
    expect([wrong.status, unknown.status]).toEqual([401, 401]);
    expect(wrong.body.replace('value="guest"', '')).toBe(unknown.body.replace('value="ghost"', ''));
    expect(wrong.body).toContain('The user name or password is wrong.');
    expect(wrong.body).not.toContain('swordfish');
    expect(errorOf(await poll(platform, client, challenge.device_code))).toBe(
      'authorization_pending',
    );
  });

  test('a form without an answer asks again', async () => {
    const { platform, challenge } = await started();
    const page = await answerPage(platform, { user_code: challenge.user_code });
    expect([page.status, page.body.includes('Approve this login?')]).toEqual([200, true]);
  });

  test('an answered code is known no more', async () => {
    const { platform, challenge } = await started();
    await platform.identity.approveDevice(challenge.user_code, 'guest');
    const page = await answerPage(platform, { user_code: challenge.user_code, action: 'refuse' });
    expect([page.status, page.body.includes('has already been used')]).toEqual([404, true]);
  });

  test('S29: ten wrong codes a minute, then not even a right one', async () => {
    const clock = new ManualClock(Date.now());
    const { platform, challenge } = await started({}, clock);
    for (let turn = 0; turn < 10; turn += 1) {
      expect((await get(platform, '/device?user_code=BBBB-BBBB')).status).toBe(404);
    }
    const path = `/device?user_code=${challenge.user_code}`;
    expect((await get(platform, path)).status).toBe(429);
    await clock.advance(61_000);
    expect((await get(platform, path)).status).toBe(200);
  });

  test('other methods are refused, and so is a body that is too large', async () => {
    const { platform } = await started();
    expect((await send(platform, 'DELETE', '/device', { token: null })).status).toBe(405);
    const page = await answerPage(platform, { user_code: 'x'.repeat(70_000) });
    expect(page.status).toBe(413);
  });
});
