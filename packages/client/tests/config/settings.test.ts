import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { effectiveSettings, loadConfiguration } from '../../src/config/index.js';
import { changeSettings, parseSettingValue, readSetting } from '../../src/config/settings.js';
import { configurationFile, failure, sample } from './fixtures.js';

test('S9: settings are read by path, secrets masked', async () => {
  const path = await configurationFile(sample);
  expect(await readSetting('active', { path })).toBe('canfar');
  expect(await readSetting('servers.canfar.auths.1', { path })).toBe('oidc');
  expect(await readSetting('registries."images.canfar.net".secret', { path })).toBe('**********');
  expect(await readSetting('credentials.srcnet', { path })).toEqual({
    mode: 'oidc',
    issuer: 'https://ska-iam.stfc.ac.uk/',
    client: { identity: 'me', secret: '**********' },
    token: { access: '**********', refresh: '**********', scope: 'openid' },
    expiry: { access: 1785000000 },
  });
  await failure(readSetting('servers.canfar.toString', { path }), 'command.validation_failed');
});

test('the settings in effect are those of variables, then of the file, then defaults', async () => {
  const path = await configurationFile(sample);
  const loaded = await loadConfiguration({ path });
  const environment = { SKAHA_CONTEXT: 'sweden', SKAHA_TOKEN: 'hush' };
  const found = (key: string, showSecrets = false) =>
    effectiveSettings(loaded, { environment, showSecrets }).filter((one) => one.key === key);

  expect(found('active')).toEqual([
    { key: 'active', value: 'sweden', origin: 'environment', source: 'SKAHA_CONTEXT' },
  ]);
  expect(found('token')[0]?.value).toBe('**********');
  expect(found('token', true)[0]?.value).toBe('hush');
  expect(found('servers.canfar.version')).toMatchObject([{ origin: 'file', source: path }]);
  expect(found('timeout')).toMatchObject([{ value: 30, origin: 'default', source: null }]);
});

test('values are YAML', () => {
  const value = (text: string) => parseSettingValue(text, 'x');
  expect(value('130')).toBe(130);
  expect(value('false')).toBe(false);
  expect(value('null')).toBeNull();
  expect(value('[a, b]')).toEqual(['a', 'b']);
  expect(value('{a: 1}')).toEqual({ a: 1 });
  expect(value('plain words')).toBe('plain words');
  expect(value('"130"')).toBe('130');
  expect(value('')).toBeNull();
  for (const bad of ['[hush', '"hush', 'a: b: hush', '*hush']) {
    expect(() => value(bad)).toThrow(/^(?!.*hush).*not valid YAML/);
  }
});

test('several settings are changed at once, or none', async () => {
  const path = await configurationFile(sample);
  const account = 'registries."r.example.org"';
  await failure(
    changeSettings([{ path: `${account}.username`, value: 'ada' }], { path }),
    'command.validation_failed',
  );
  expect(await readFile(path, 'utf8')).toBe(sample);
  const result = await changeSettings(
    [
      { path: `${account}.username`, value: 'ada' },
      { path: `${account}.secret`, value: 'hush' },
      { path: 'console.banner', value: undefined },
      { path: 'servers.canfar.auths.0', value: 'token' },
    ],
    { path },
  );
  expect(result.registries['r.example.org']).toEqual({ username: 'ada', secret: 'hush' });
  expect(result.console).toEqual({ color: 'auto' });
  expect(result.servers['canfar']?.auths).toEqual(['token', 'oidc']);
});

test.each([
  ['console.width', 0],
  ['console.color', 'purple'],
  ['active', 'nowhere'],
  ['servers.canfar.url', 'ftp://x'],
  ['version', 2],
  ['schema', 'other'],
  ['contexts', []],
  ['active.deeper', 1],
  ['servers.__proto__.url', 'https://x'],
])('%s cannot be set to %j, and the file stays', async (key, value) => {
  const path = await configurationFile(sample);
  await failure(changeSettings([{ path: key, value }], { path }), 'command.validation_failed');
  expect(await readFile(path, 'utf8')).toBe(sample);
});

test('the asterisks of a masked secret are never written', async () => {
  const path = await configurationFile(sample);
  const shown = await readSetting('registries', { path });
  await failure(
    changeSettings([{ path: 'registries', value: shown }], { path }),
    'command.validation_failed',
  );
});
