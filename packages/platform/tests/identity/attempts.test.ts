import { randomBytes, scryptSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../base/tests/manual-clock.js';
import type { Platform } from '../../src/types.js';
import { type Answer, form, formType, send, testPlatform } from '../fixtures.js';
import { askForCode, basic, get, register } from './oidc-client.js';

// Wrong passwords and codes make whoever sends them wait, and nobody else.

const right = 'correct horse';

/** A password that is checked in a moment: hundreds of attempts are made here. */
function quickHash(password: string): string {
  const salt = randomBytes(16);
  const key = scryptSync(password, salt, 32, { N: 1024, r: 1, p: 1 });
  return `scrypt$1024$1$1$${salt.toString('base64url')}$${key.toString('base64url')}`;
}

const started = async () => {
  const clock = new ManualClock(Date.now());
  const users = ['adastra', 'guest'].map((name) => ({ name, password: quickHash(right) }));
  return { clock, platform: await testPlatform({ clock, config: { users } }) };
};

/** Every door that takes a password. */
const doors: Record<
  string,
  (platform: Platform, user: string, password: string) => Promise<Answer>
> = {
  'login service': (platform, username, password) =>
    send(platform, 'POST', '/ac/login', {
      token: null,
      headers: formType,
      body: form(Object.entries({ username, password })),
    }),
  'credential service': (platform, user, password) =>
    send(platform, 'GET', '/cred/generate?daysValid=1', {
      token: null,
      headers: { authorization: basic(user, password) },
    }),
  'device page': async (platform, username, password) => {
    const client = await register(platform);
    const { user_code } = await askForCode(platform, client);
    return await send(platform, 'POST', '/device', {
      token: null,
      headers: formType,
      body: form(Object.entries({ user_code, username, password, action: 'approve' })),
    });
  },
};

/** A request from another address of this machine. */
async function from(localAddress: string, platform: Platform, path: string): Promise<number> {
  return await new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: platform.port, path, agent: false, localAddress };
    request({ ...options, ca: readFileSync(platform.ca) }, (incoming) => {
      incoming.resume().on('end', () => resolve(incoming.statusCode ?? 0));
    })
      .on('error', reject)
      .end();
  });
}

describe.each(Object.entries(doors))('the %s', (_name, enter) => {
  test('makes wrong passwords wait, the longer the more, and then lets the right one in', async () => {
    const { clock, platform } = await started();
    for (let turn = 0; turn < 5; turn += 1) {
      expect((await enter(platform, 'guest', `wrong-${turn}`)).status).toBe(401);
    }
    const pauses: number[] = [];
    for (let turn = 0; turn < 6; turn += 1) {
      // Not even the right one is looked at meanwhile: else it could be told from the others.
      const refused = await enter(platform, 'guest', right);
      expect(refused.status).toBe(429);
      const pause = Number(refused.headers['retry-after']);
      pauses.push(pause);
      await clock.advance(pause * 1000);
      expect((await enter(platform, 'guest', 'wrong')).status).toBe(401);
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32]);
    await clock.advance(15 * 60_000);
    expect((await enter(platform, 'guest', right)).status).toBe(200);
    expect((await enter(platform, 'guest', 'wrong')).status).toBe(401);
  });

  test('leaves other users alone', async () => {
    const { platform } = await started();
    for (let turn = 0; turn < 12; turn += 1) await enter(platform, 'guest', 'wrong');
    expect((await enter(platform, 'adastra', right)).status).toBe(200);
  });
});

test('many at once are no way around it', async () => {
  const { platform } = await started();
  const enter = doors['login service'];
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, index) => enter?.(platform, 'guest', `wrong-${index}`)),
  );
  expect(answers.filter((answer) => answer?.status === 401)).toHaveLength(5);
});

test('unknown users in any number are refused too, from one sender', async () => {
  const { platform } = await started();
  const enter = doors['login service'];
  const statuses: (number | undefined)[] = [];
  for (let turn = 0; turn < 32; turn += 1) {
    statuses.push((await enter?.(platform, `nobody-${turn}`, 'wrong'))?.status);
  }
  expect(statuses.filter((status) => status === 401)).toHaveLength(30);
  expect(statuses.at(-1)).toBe(429);
});

test('a password or a name of any length is a wrong one', async () => {
  const { platform } = await started();
  const enter = doors['login service'];
  expect((await enter?.(platform, 'guest', 'x'.repeat(50_000)))?.status).toBe(401);
  expect((await enter?.(platform, 'x'.repeat(50_000), 'y'))?.status).toBe(401);
});

test.skipIf(process.platform !== 'linux')(
  'wrong device codes of one sender lock nobody else out (skipped where 127.0.0.2 is no address)',
  async () => {
    const { platform } = await started();
    const { user_code } = await askForCode(platform, await register(platform));
    const path = `/device?user_code=${user_code}`;
    for (let turn = 0; turn < 15; turn += 1) {
      await from('127.0.0.2', platform, '/device?user_code=BBBB-BBBB');
    }
    expect(await from('127.0.0.2', platform, path)).toBe(429);
    expect((await get(platform, path)).status).toBe(200);
  },
);

test.skipIf(process.platform !== 'linux' || process.getuid?.() !== 0)(
  'two users of the system at one address do not lock each other out (skipped: needs root)',
  async () => {
    const { platform } = await started();
    const { user_code } = await askForCode(platform, await register(platform));
    for (let turn = 0; turn < 15; turn += 1) await get(platform, '/device?user_code=BBBB-BBBB');
    const path = `/device?user_code=${user_code}`;
    expect((await get(platform, path)).status).toBe(429);
    const { execFile } = await import('node:child_process');
    const script = `
      process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
      require('node:https').get('https://127.0.0.1:${platform.port}${path}', { agent: false, rejectUnauthorized: false },
        (reply) => { process.stdout.write(String(reply.statusCode)); reply.destroy(); });`;
    const seen = await new Promise<string>((resolve, reject) => {
      execFile(
        process.execPath,
        ['-e', script],
        { uid: 65_534, gid: 65_534, cwd: '/' },
        (error, stdout) => (error === null ? resolve(stdout) : reject(error)),
      );
    });
    expect(seen).toBe('200');
  },
);

describe('registration that anybody may use', () => {
  test('what describes a client has to be short', async () => {
    const platform = await testPlatform();
    await expect(register(platform, { client_name: 'x'.repeat(20_000) })).rejects.toThrow('413');
  });
});
