import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfiguration } from '../../src/config/read.js';
import { systemKeyring } from '../../src/config/secret-store.js';
import { changeSettings } from '../../src/config/settings.js';
import { updateConfiguration } from '../../src/config/write.js';
import { configurationFile, sample } from './fixtures.js';
import { startSecretService, whyNot } from './keyring.js';

const secrets = ['client-hush', 'access-hush', 'refresh-hush', 'registry-hush'];
const keyringMode = [{ path: 'secrets.storage', value: 'keyring' }];

if (whyNot !== undefined) process.stderr.write(`Left out, the system's keyring: ${whyNot}\n`);

// The reason is printed above.
describe.runIf(whyNot === undefined)("the system's keyring", () => {
  let service: AsyncDisposable | undefined;
  beforeAll(async () => {
    service = await startSecretService();
  });
  afterAll(() => service?.[Symbol.asyncDispose]());

  test('a secret goes into the keyring, and out again', async () => {
    expect(await systemKeyring.get('one')).toBeUndefined();
    await systemKeyring.set('one', 'hush – ✓');
    await systemKeyring.set('one', 'hush, again');
    expect(await systemKeyring.get('one')).toBe('hush, again');
    await systemKeyring.delete('one');
    await systemKeyring.delete('one');
    expect(await systemKeyring.get('one')).toBeUndefined();
  });

  test('S6: the secrets of a whole configuration', async () => {
    const path = await configurationFile(sample);
    await changeSettings(keyringMode, { path });
    const file = await readFile(path, 'utf8');
    for (const secret of secrets) expect(file).not.toContain(secret);
    const ids = [...file.matchAll(/keyring: (\S+\/\S+)/g)].map(([, id]) => String(id));
    expect(ids).toHaveLength(secrets.length);
    const { configuration } = await loadConfiguration({ path });
    expect(configuration.registries['images.canfar.net']?.secret).toBe('registry-hush');
    await updateConfiguration(path, (draft) => {
      draft.registries = {};
      draft.credentials = {};
      draft.contexts = {};
      delete draft.active;
    });
    for (const id of ids) expect(await systemKeyring.get(id)).toBeUndefined();
  });
});
