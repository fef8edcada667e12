import { join } from 'node:path';
import { hashPassword } from '@skaha/identity/passwords.js';
import { expect, test } from 'vitest';
import { temporaryDirectory, testPlatform } from '../fixtures.js';

test('the platform tells where they are, and refuses a password that is not hashed', async () => {
  const data = temporaryDirectory();
  const password = await hashPassword('swordfish');
  const config = { users: [{ name: 'guest', password }, { name: 'other' }] };
  const platform = await testPlatform({ data, config });
  expect(platform.users.map(({ passwordFile }) => passwordFile)).toEqual([
    join(data, 'private/users/adastra.password'),
    undefined,
    join(data, 'private/users/other.password'),
  ]);
  const plain = { users: [{ name: 'guest', password: 'swordfish' }] };
  await expect(testPlatform({ config: plain })).rejects.toMatchObject({
    code: 'config.invalid',
    message: expect.not.stringContaining('swordfish'),
  });
});
