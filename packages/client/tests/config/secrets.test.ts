import { readFile, writeFile } from 'node:fs/promises';
import { mask } from '@skaha/base/redact.js';
import { expect, test, vi } from 'vitest';
import { loadConfiguration } from '../../src/config/read.js';
import { changeSettings, readSetting } from '../../src/config/settings.js';
import {
  discardConfiguration,
  replaceConfiguration,
  updateConfiguration,
} from '../../src/config/write.js';
import { configurationFile, failure, sample } from './fixtures.js';
import { MemoryKeyring } from './keyring.js';

const secrets = ['client-hush', 'access-hush', 'refresh-hush', 'registry-hush'];
const keyringMode = [{ path: 'secrets.storage', value: 'keyring' }];

const text = (path: string) => readFile(path, 'utf8');

/** A file whose secrets are in a keyring. */
async function sealed() {
  const keyring = new MemoryKeyring();
  const path = await configurationFile(sample);
  await changeSettings(keyringMode, { path }, { keyring });
  return { keyring, path, source: { path, keyring } };
}

test('S6: with a keyring no secret is in the file, and all are in the settings', async () => {
  const { keyring, path, source } = await sealed();
  const file = await text(path);
  for (const secret of secrets) expect(file).not.toContain(secret);
  expect([...keyring.secrets.values()].sort()).toEqual([...secrets].sort());
  expect(file).toContain('# one line each');
  const { configuration, warnings } = await loadConfiguration(source);
  expect(configuration.credentials['srcnet']).toMatchObject({
    client: { identity: 'me', secret: 'client-hush' },
    token: { access: 'access-hush', refresh: 'refresh-hush', scope: 'openid' },
  });
  expect(configuration.registries['images.canfar.net']?.secret).toBe('registry-hush');
  expect(warnings).toEqual([expect.stringContaining("'future'")]);
  expect(await readSetting('credentials.srcnet.token.access', source)).toBe(mask);
});

test('an edit that changes no secret asks the keyring for nothing new and leaves references', async () => {
  const { keyring, path } = await sealed();
  const before = new Map(keyring.secrets);
  const file = await text(path);
  const result = await updateConfiguration(
    path,
    (draft) => {
      draft.console.color = 'never';
    },
    { keyring },
  );
  expect(await text(path)).toBe(file.replace('color: auto', 'color: never'));
  expect(keyring.secrets).toEqual(before);
  expect(result.registries['images.canfar.net']?.secret).toBe('registry-hush');
});

test('a new secret gets a new name, and the old one goes when the file is written', async () => {
  const { keyring, path, source } = await sealed();
  const former = [...keyring.secrets.keys()];
  await updateConfiguration(
    path,
    (draft) => {
      const login = draft.credentials['srcnet'];
      if (login?.mode === 'oidc') login.token = { ...login.token, refresh: 'refresh-new' };
    },
    { keyring },
  );
  expect([...keyring.secrets.values()].sort()).toEqual(
    ['access-hush', 'client-hush', 'refresh-new', 'registry-hush'].sort(),
  );
  expect([...keyring.secrets.keys()].filter((id) => !former.includes(id))).toEqual([
    expect.stringMatching(/^[\da-f]{16}\/credentials\.srcnet\.token\.refresh\/[\da-f-]{36}$/),
  ]);
  expect((await loadConfiguration(source)).configuration.credentials['srcnet']).toMatchObject({
    token: { refresh: 'refresh-new' },
  });
});

test('what is removed from the settings is removed from the keyring', async () => {
  const { keyring, path } = await sealed();
  await updateConfiguration(
    path,
    (draft) => {
      delete draft.registries['images.canfar.net'];
    },
    { keyring },
  );
  expect([...keyring.secrets.values()]).not.toContain('registry-hush');
  await updateConfiguration(
    path,
    (draft) => {
      Object.assign(draft, { contexts: {}, servers: {}, credentials: {} });
      delete draft.active;
    },
    { keyring },
  );
  expect(keyring.secrets.size).toBe(0);
});

test('back to the file: every secret is there again and nowhere else', async () => {
  const { keyring, path } = await sealed();
  await changeSettings([{ path: 'secrets', value: undefined }], { path }, { keyring });
  const file = await text(path);
  for (const secret of secrets) expect(file).toContain(secret);
  expect(file).not.toContain('keyring');
  expect(keyring.secrets.size).toBe(0);
});

test.each([0, 2])('a keyring that fails after %i secrets: they stay in the file', async (left) => {
  vi.resetModules();
  const fresh = await import('../../src/config/index.js');
  const keyring = new MemoryKeyring();
  keyring.left = left;
  const path = await configurationFile(sample);
  const warnings: string[] = [];
  const options = { keyring, onWarning: (warning: string) => warnings.push(warning) };
  await fresh.changeSettings(keyringMode, { path }, options);
  await fresh.changeSettings([{ path: 'console.color', value: 'never' }], { path }, options);
  for (const secret of secrets) expect(await text(path)).toContain(secret);
  expect(warnings).toEqual([
    'The keyring of this computer cannot be used, so secrets are kept in the configuration file.',
  ]);
  expect(
    (await fresh.loadConfiguration({ path })).configuration.credentials['srcnet'],
  ).toMatchObject({ token: { access: 'access-hush' } });

  // As soon as it can be used, the next write takes them there.
  keyring.left = Infinity;
  await fresh.updateConfiguration(path, () => undefined, options);
  for (const secret of secrets) expect(await text(path)).not.toContain(secret);
});

test('while the keyring is locked nothing is lost, and new secrets go to the file', async () => {
  const { keyring, path, source } = await sealed();
  const kept = new Map(keyring.secrets);
  keyring.left = 0;
  const { configuration, secretWarnings } = await loadConfiguration(source);
  expect(configuration.registries['images.canfar.net']).toEqual({ username: 'ada', secret: '' });
  expect(secretWarnings).toEqual([expect.stringContaining('4 secrets are not available')]);
  const draftOf = await updateConfiguration(
    path,
    (draft) => {
      draft.console.color = 'never';
      draft.registries['other.example.org'] = { username: 'ada', secret: 'other-hush' };
    },
    { keyring },
  );
  expect(draftOf.registries['other.example.org']?.secret).toBe('other-hush');
  expect(await text(path)).toContain('other-hush');
  keyring.left = Infinity;
  expect(keyring.secrets).toEqual(kept);
  const again = await loadConfiguration(source);
  expect(again.configuration.registries['images.canfar.net']?.secret).toBe('registry-hush');
  expect(again.configuration.credentials['srcnet']).toMatchObject({
    token: { refresh: 'refresh-hush' },
  });
});

test('a secret that somebody took out of the keyring is named', async () => {
  const { keyring, source } = await sealed();
  for (const [id, secret] of keyring.secrets) {
    if (secret === 'refresh-hush') keyring.secrets.delete(id);
  }
  const { secretWarnings } = await loadConfiguration(source);
  expect(secretWarnings).toEqual([
    'The keyring no longer contains credentials.srcnet.token.refresh; log in again.',
  ]);
});

test('a reader that is overtaken by a writer reads again', async () => {
  const { keyring, path } = await sealed();
  let overtaken = false;
  const slow = {
    get: async (id: string) => {
      if (!overtaken) {
        overtaken = true;
        await updateConfiguration(
          path,
          (draft) => {
            const registry = draft.registries['images.canfar.net'];
            if (registry !== undefined) registry.secret = 'registry-new';
          },
          { keyring },
        );
      }
      return keyring.get(id);
    },
    set: (id: string, secret: string) => keyring.set(id, secret),
    delete: (id: string) => keyring.delete(id),
  };
  const { configuration, warnings } = await loadConfiguration({ path, keyring: slow });
  expect(configuration.registries['images.canfar.net']?.secret).toBe('registry-new');
  expect(warnings).toEqual([expect.stringContaining("'future'")]);
});

test('a change that is refused leaves file and keyring as they were', async () => {
  const { keyring, path } = await sealed();
  const before = await text(path);
  const kept = new Map(keyring.secrets);
  await failure(
    updateConfiguration(
      path,
      (draft) => {
        draft.active = 'nowhere';
        draft.registries['other.example.org'] = { username: 'ada', secret: 'other-hush' };
      },
      { keyring },
    ),
    'command.validation_failed',
  );
  expect(await text(path)).toBe(before);
  expect(keyring.secrets).toEqual(kept);
});

test('a copy does not own the secrets of the original', async () => {
  const { keyring, path } = await sealed();
  const kept = new Map(keyring.secrets);
  const copy = `${path}.copy.yaml`;
  await writeFile(copy, await text(path), { mode: 0o600 });
  await updateConfiguration(
    copy,
    (draft) => {
      draft.registries = { 'new.example.org': { username: 'ada', secret: 'new-hush' } };
    },
    { keyring },
  );
  expect([...keyring.secrets.values()]).toContain('new-hush');
  await discardConfiguration(copy, { keyring });
  expect(keyring.secrets).toEqual(kept);
  await failure(loadConfiguration({ path: `${path}/x` }), 'config.invalid');
});

test('a text from an editor: its secrets go to the keyring, what it dropped goes from there', async () => {
  const { keyring, path } = await sealed();
  const before = await text(path);
  const edited = before.replace(
    /^registries:[\s\S]*?(?=^console)/m,
    'registries:\n  r.example.org: { username: ada, secret: typed-hush }\n',
  );
  await replaceConfiguration(path, { before, text: edited }, { keyring });
  expect(await text(path)).not.toContain('typed-hush');
  const values = [...keyring.secrets.values()];
  expect(values).toContain('typed-hush');
  expect(values).not.toContain('registry-hush');
});

test('a cancelled write to the keyring leaves no trace', async () => {
  const keyring = new MemoryKeyring();
  const path = await configurationFile(sample);
  const controller = new AbortController();
  const stuck = {
    get: (id: string) => keyring.get(id),
    set: async (id: string, secret: string) => {
      await keyring.set(id, secret);
      if (keyring.secrets.size < 2) return;
      controller.abort(new Error('stopped'));
      await new Promise(() => undefined);
    },
    delete: (id: string) => keyring.delete(id),
  };
  const options = { keyring: stuck, signal: controller.signal };
  await expect(changeSettings(keyringMode, { path }, options)).rejects.toThrow('stopped');
  expect(await text(path)).toBe(sample);
  expect(keyring.secrets.size).toBe(0);
});

test('what is no reference is refused where a secret belongs', async () => {
  for (const value of ['{ keyring: 7 }', '{ keyring: "" }', '{ keyring: a, more: b }', '[a]']) {
    const path = await configurationFile(
      `schema: skaha\nversion: 1\nregistries:\n  r.example.org: { username: ada, secret: ${value} }\n`,
    );
    await failure(loadConfiguration({ path }), 'config.invalid');
  }
  const path = await configurationFile('schema: skaha\nversion: 1\nsecrets: { storage: tin }\n');
  expect((await failure(loadConfiguration({ path }), 'config.invalid')).message).toContain(
    'secrets.storage must be file or keyring (line 3)',
  );
});

// The keyring's own package keeps the bus it found first, so this stands apart from its other tests.
test.runIf(process.platform === 'linux')(
  'S6: without a session bus secrets are in the file, with one warning',
  async () => {
    const former = process.env['DBUS_SESSION_BUS_ADDRESS'];
    process.env['DBUS_SESSION_BUS_ADDRESS'] = 'unix:path=/nonexistent/bus';
    try {
      const path = await configurationFile(sample);
      const warnings: string[] = [];
      await changeSettings(
        keyringMode,
        { path },
        { onWarning: (warning) => warnings.push(warning) },
      );
      expect(warnings).toHaveLength(1);
      const { configuration } = await loadConfiguration({ path });
      expect(configuration.secrets).toEqual({ storage: 'keyring' });
      expect(configuration.registries['images.canfar.net']?.secret).toBe('registry-hush');
      expect(await readFile(path, 'utf8')).toContain('refresh-hush');
    } finally {
      if (former === undefined) delete process.env['DBUS_SESSION_BUS_ADDRESS'];
      else process.env['DBUS_SESSION_BUS_ADDRESS'] = former;
    }
  },
);
