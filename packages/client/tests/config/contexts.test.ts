import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  addContext,
  listContexts,
  removeContext,
  removeServer,
  useContext,
} from '../../src/config/contexts.js';
import { loadConfiguration } from '../../src/config/read.js';
import { ValidationError } from '../../src/errors/index.js';
import { configurationFile, failure, sample, temporaryDirectory } from './fixtures.js';

const local = {
  name: 'local',
  server: { url: 'https://127.0.0.1:8443/skaha', version: 'v1', ca: '/data/ca.pem' },
  credential: { mode: 'token', path: '/data/token' },
} as const;

test('contexts are listed in the order of the file, without secrets', async () => {
  const path = await configurationFile(sample);
  const contexts = await listContexts({ path });
  expect(contexts).toEqual([
    {
      name: 'canfar',
      active: true,
      server: 'canfar',
      url: 'https://ws-uv.canfar.net/skaha',
      version: 'v1',
      credential: 'cadc',
      mode: 'x509',
      path: '~/.ssl/cadcproxy.pem',
    },
    {
      name: 'sweden',
      active: false,
      server: 'sweden',
      url: 'https://services.swesrc.chalmers.se/skaha/v1',
      version: undefined,
      credential: 'srcnet',
      mode: 'oidc',
      path: undefined,
    },
  ]);
  expect(await listContexts({ path: join(await temporaryDirectory(), 'none') })).toEqual([]);
});

test('the first context becomes active, later ones only when asked', async () => {
  const path = join(await temporaryDirectory(), 'config.yaml');
  expect((await addContext(local, { path })).active).toBe(true);
  expect((await addContext({ ...local, name: 'second' }, { path })).active).toBe(false);
  expect((await addContext({ ...local, name: 'third', activate: 'always' }, { path })).active).toBe(
    true,
  );
  const other = join(await temporaryDirectory(), 'config.yaml');
  expect((await addContext({ ...local, activate: 'never' }, { path: other })).active).toBe(false);
});

test('a context that exists is replaced, and may share server and credential', async () => {
  const path = await configurationFile(sample);
  await addContext({ name: 'both', server: 'sweden', credential: 'cadc' }, { path });
  await addContext({ ...local, name: 'canfar' }, { path });
  const { configuration } = await loadConfiguration({ path });
  expect(configuration.contexts['both']).toEqual({ server: 'sweden', credential: 'cadc' });
  expect(configuration.contexts['canfar']).toEqual({ server: 'canfar', credential: 'canfar' });
  expect(configuration.servers['canfar']).toEqual(local.server);
});

test.each(['', '9lives', 'a b', 'a.b', '../x', 'constructor', '__proto__', 'x'.repeat(65)])(
  'the name %j is refused',
  async (name) => {
    const path = join(await temporaryDirectory(), 'config.yaml');
    await expect(addContext({ ...local, name }, { path })).rejects.toThrow(ValidationError);
  },
);

test('a context of nothing, or of something invalid, is refused', async () => {
  const path = await configurationFile(sample);
  await failure(
    addContext({ name: 'x', server: 'nowhere', credential: 'cadc' }, { path }),
    'command.validation_failed',
  );
  await failure(
    addContext({ ...local, server: { url: 'gopher://x' } }, { path }),
    'command.validation_failed',
  );
  expect(await readFile(path, 'utf8')).toBe(sample);
});

test('use changes the active context only', async () => {
  const path = await configurationFile(sample);
  expect(await useContext('sweden', { path })).toMatchObject({ name: 'sweden', active: true });
  expect(await readFile(path, 'utf8')).toContain('\nactive: sweden # the usual one\n');
  for (const name of ['nobody', 'toString', 'constructor']) {
    const error = await failure(useContext(name, { path }), 'context.not_found');
    expect(error.hint).toBe('These exist: canfar, sweden.');
  }
});

test('a file with an active context that is gone can be repaired by use', async () => {
  const path = await configurationFile(sample.replace('active: canfar', 'active: gone'));
  await useContext('canfar', { path });
  expect((await loadConfiguration({ path })).configuration.active).toBe('canfar');
});

test('removing takes along what no other context uses, and never the credential files', async () => {
  const path = await configurationFile(sample);
  await addContext({ name: 'both', server: 'sweden', credential: 'cadc' }, { path });
  const pem = join(await temporaryDirectory(), 'proxy.pem');
  await writeFile(pem, 'x');
  expect(await removeContext('canfar', { path })).toMatchObject({ name: 'canfar', active: true });
  const { configuration } = await loadConfiguration({ path });
  expect(configuration.active).toBeUndefined();
  expect(Object.keys(configuration.servers)).toEqual(['sweden']);
  expect(Object.keys(configuration.credentials)).toEqual(['cadc', 'srcnet']);
  await failure(removeContext('canfar', { path }), 'context.not_found');
});

test('removing a server takes along the contexts that use it, and leaves the credentials', async () => {
  const path = await configurationFile(sample);
  await addContext({ name: 'both', server: 'canfar', credential: 'srcnet' }, { path });
  await removeServer('canfar', { path });
  const { configuration } = await loadConfiguration({ path });
  expect(configuration.active).toBeUndefined();
  expect(Object.keys(configuration.contexts)).toEqual(['sweden']);
  expect(Object.keys(configuration.servers)).toEqual(['sweden']);
  expect(Object.keys(configuration.credentials)).toEqual(['cadc', 'srcnet']);
  await failure(removeServer('canfar', { path }), 'server.not_found');
});
