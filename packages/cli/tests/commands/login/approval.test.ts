import { expect, test } from 'vitest';
import { clockFace } from '../../../src/commands/login/approval.js';
import { childEnvironment } from '../../../src/services.js';

test('a countdown reads like a clock', () => {
  expect([600_000, 65_000, 59_001, 1, 0, -5].map(clockFace)).toEqual([
    '10:00',
    '1:05',
    '1:00',
    '0:01',
    '0:00',
    '0:00',
  ]);
});

test('S8: other programs get no secret from the environment', () => {
  const secrets = { SKAHA_PASSWORD: 's', SKAHA_TOKEN: 's', CANFAR_TOKEN: 's' };
  expect(childEnvironment({ ...secrets, SKAHA_REGISTRY_SECRET: 's', PATH: '/bin' })).toEqual({
    PATH: '/bin',
  });
});
