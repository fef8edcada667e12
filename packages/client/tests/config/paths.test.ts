import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { configurationPath, expandPath } from '../../src/config/paths.js';
import { isSkahaError } from '../../src/errors/index.js';

test('the file is in ~/.config/skaha unless a variable says otherwise', () => {
  expect(configurationPath({ HOME: '/home/ada' })).toBe('/home/ada/.config/skaha/config.yaml');
  expect(configurationPath({})).toBe(join(homedir(), '.config/skaha/config.yaml'));
  expect(configurationPath({ HOME: '/home/ada', XDG_CONFIG_HOME: '/cfg' })).toBe(
    '/cfg/skaha/config.yaml',
  );
  expect(configurationPath({ XDG_CONFIG_HOME: '/cfg', SKAHA_CONFIG: '/my/skaha.yaml' })).toBe(
    '/my/skaha.yaml',
  );
});

test('empty variables and a relative XDG_CONFIG_HOME count as unset', () => {
  const plain = '/home/ada/.config/skaha/config.yaml';
  expect(configurationPath({ HOME: '/home/ada', SKAHA_CONFIG: ' ', XDG_CONFIG_HOME: '' })).toBe(
    plain,
  );
  expect(configurationPath({ HOME: '/home/ada', XDG_CONFIG_HOME: 'here' })).toBe(plain);
});

test('a tilde and a relative path become absolute', () => {
  expect(configurationPath({ HOME: '/home/ada', SKAHA_CONFIG: '~/s.yaml' })).toBe(
    '/home/ada/s.yaml',
  );
  expect(configurationPath({ SKAHA_CONFIG: 's.yaml' })).toBe(resolve('s.yaml'));
  expect(expandPath('~', { HOME: '/home/ada' })).toBe('/home/ada');
  expect(expandPath('x.pem', {}, '/etc/skaha')).toBe('/etc/skaha/x.pem');
});

test.each([
  '{"registry": {"secret": "hush-hush"}}',
  ' {"active": "x"}',
  '["hush-hush"]',
  '"hush-hush"',
  'active: x\nsecret: hush-hush',
])('JSON or text in SKAHA_CONFIG is refused and not shown: %s', (value) => {
  try {
    configurationPath({ SKAHA_CONFIG: value });
    expect.unreachable();
  } catch (error) {
    if (!isSkahaError(error, 'config.invalid')) throw error;
    expect(error.message).toContain('SKAHA_CONFIG');
    expect(JSON.stringify(error)).not.toContain('hush');
    expect(error.hint).toContain('path');
  }
});
