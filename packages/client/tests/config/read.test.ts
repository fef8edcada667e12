import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfiguration } from '../../src/config/read.js';
import { configurationFile, failure, sample, temporaryDirectory } from './fixtures.js';

test('a missing file and the null device stand for an empty configuration', async () => {
  const path = join(await temporaryDirectory(), 'none', 'config.yaml');
  const loaded = await loadConfiguration({ path });
  expect(loaded).toMatchObject({ path, exists: false, warnings: [] });
  expect(loaded.configuration.contexts).toEqual({});
  expect((await loadConfiguration({ path: '/dev/null' })).exists).toBe(false);
});

test.each(['', '\n# nothing yet\n', '---\n'])(
  'a file without settings is empty: %j',
  async (text) => {
    const loaded = await loadConfiguration({ path: await configurationFile(text) });
    expect(loaded.exists).toBe(true);
    expect(loaded.configuration).toMatchObject({ schema: 'skaha', contexts: {}, console: {} });
  },
);

test('S26: everything in the file is read, unknown keys are kept and reported', async () => {
  const path = await configurationFile(sample);
  const { configuration, warnings } = await loadConfiguration({ path });
  expect(configuration.active).toBe('canfar');
  expect(configuration.contexts['sweden']).toEqual({ server: 'sweden', credential: 'srcnet' });
  expect(configuration.credentials['cadc']).toEqual({ mode: 'x509', path: '~/.ssl/cadcproxy.pem' });
  expect(configuration['future']).toEqual({ wonder: [1, 2] });
  expect(warnings).toEqual([
    `The configuration file ${path} contains 'future', which skaha does not know.`,
  ]);
});

test('empty sections are empty maps', async () => {
  const path = await configurationFile('schema: skaha\nversion: 1\ncontexts:\nregistries: ~\n');
  const { configuration } = await loadConfiguration({ path });
  expect(configuration.contexts).toEqual({});
  expect(configuration.registries).toEqual({});
});

test('S1: a file that others can read is reported', async () => {
  const path = await configurationFile(sample);
  await chmod(path, 0o640);
  const { warnings } = await loadConfiguration({ path });
  expect(warnings[0]).toContain('can be read by others');
});

test('names that lead nowhere are warnings, so that they can be repaired', async () => {
  const path = await configurationFile(
    'schema: skaha\nversion: 1\nactive: gone\ncontexts: { a: { server: s, credential: c } }\n',
  );
  const { warnings } = await loadConfiguration({ path });
  expect(warnings.map((text) => text.replace(/^.*?, /, ''))).toEqual([
    'active refers to a context that does not exist.',
    'contexts.a.server refers to a server that does not exist.',
    'contexts.a.credential refers to a credential that does not exist.',
  ]);
});

const head = 'schema: skaha\nversion: 1\n';

test.each([
  ['another program', 'version: 1\nactive: {}\n', 'schema must be skaha'],
  ['a newer version', 'schema: skaha\nversion: 2\n', 'version must be 1'],
  ['a list', '- a\n', 'must be a map'],
  ['plain text', 'hello', 'must be a map'],
  ['an open bracket', `${head}contexts: {`, 'line'],
  ['a doubled key', `${head}console: {}\nconsole: {}\n`, 'a key appears twice (line 4)'],
  ['a tab', `${head}console:\n\tcolor: auto\n`, 'tabs'],
  ['two documents', `${head}---\n${head}`, 'more than one YAML document'],
  ['a function', `${head}x: !!js/function 'hush'\n`, 'a tag (!) that is not allowed (line 3)'],
  ['an alias to nothing', `${head}x: *hush\n`, 'alias'],
  [
    'a wrong type',
    `${head}console:\n  color: purple\n`,
    'console.color must be auto, always or never (line 4)',
  ],
  [
    'a wrong mode',
    `${head}credentials:\n  a: { mode: magic }\n`,
    'credentials.a.mode must be x509, token or oidc (line 4)',
  ],
  [
    'a token without value',
    `${head}credentials:\n  a: { mode: token }\n`,
    'credentials.a must have either path or access (line 4)',
  ],
  [
    'a URL with a password',
    `${head}servers:\n  a: { url: "https://u:hush@x.org" }\n`,
    'servers.a.url must be',
  ],
  ['a name with a dot', `${head}servers: { a.b: {} }\n`, 'servers."a.b" must start with a letter'],
  ['a prototype', `${head}servers: { __proto__: { url: "https://x" } }\n`, 'cannot be used'],
  [
    'a constructor',
    `${head}servers: { constructor: {} }\n`,
    'servers.constructor is a name that cannot be used',
  ],
  ['a hidden prototype', `${head}future: [{ prototype: 1 }]\n`, 'future.0.prototype'],
])('S26: %s is config.invalid, with path and reason', async (_what, text, reason) => {
  const path = await configurationFile(text);
  const error = await failure(loadConfiguration({ path }), 'config.invalid');
  expect(error.message).toContain(path);
  expect(error.message).toContain(reason);
  expect(error.hint).toBeTruthy();
  expect(JSON.stringify([error, String(error.cause), error.stack])).not.toContain('hush');
});

test('S26: an alias may repeat a setting, but not by the thousand', async () => {
  const good = `${head}servers:\n  a: &a { url: "https://x.org/skaha" }\n  b: *a\n`;
  const { configuration } = await loadConfiguration({ path: await configurationFile(good) });
  expect(configuration.servers['b']).toEqual({ url: 'https://x.org/skaha' });
  const level = (name: string, below: string) => `${name}: &${name} [${`*${below}, `.repeat(9)}]\n`;
  const bomb = `${head}a: &a [1]\n${level('b', 'a')}${level('c', 'b')}${level('d', 'c')}${level('e', 'd')}`;
  const error = await failure(
    loadConfiguration({ path: await configurationFile(bomb) }),
    'config.invalid',
  );
  expect(error.message).toContain('too many aliases');
});

test('what is no readable text file is config.invalid', async () => {
  const directory = await temporaryDirectory();
  const folder = join(directory, 'folder');
  await mkdir(folder);
  expect((await failure(loadConfiguration({ path: folder }), 'config.invalid')).message).toContain(
    'is a directory',
  );
  const binary = await configurationFile(new Uint8Array([0xff, 0xfe, 0x00]));
  expect((await failure(loadConfiguration({ path: binary }), 'config.invalid')).message).toContain(
    'is not UTF-8',
  );
  const huge = await configurationFile(`${head}#${'x'.repeat(300_000)}`);
  expect((await failure(loadConfiguration({ path: huge }), 'config.invalid')).message).toContain(
    'larger than 256 KiB',
  );
  const file = join(directory, 'file');
  await writeFile(file, '');
  const below = await failure(loadConfiguration({ path: join(file, 'x.yaml') }), 'config.invalid');
  expect(below.message).toContain('a part of its path is a file');
});

test.each([40, 5000, 100_000])('%i nested lists end in an error, not in a crash', async (depth) => {
  const path = await configurationFile(`${head}x: ${'['.repeat(depth)}${']'.repeat(depth)}`);
  const error = await failure(loadConfiguration({ path }), 'config.invalid');
  expect(error.message).toContain('nested too deeply');
});
