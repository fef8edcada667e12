import {
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadConfiguration } from '../../src/config/read.js';
import { updateConfiguration } from '../../src/config/write.js';
import { configurationFile, failure, sample, temporaryDirectory } from './fixtures.js';

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

test('S1: a new file is private, in a private directory, and says whose it is', async () => {
  const path = join(await temporaryDirectory(), 'new', 'skaha', 'config.yaml');
  await updateConfiguration(path, (draft) => {
    draft.console.color = 'never';
  });
  expect(await readFile(path, 'utf8')).toBe(
    'schema: skaha\nversion: 1\nconsole:\n  color: never\n',
  );
  expect(await modeOf(path)).toBe(0o600);
  expect(await modeOf(dirname(path))).toBe(0o700);
  expect(await readdir(dirname(path))).toEqual(['config.yaml']);
});

test('S3: only what changed is changed: comments, order, layout and unknown keys stay', async () => {
  const path = await configurationFile(sample);
  await updateConfiguration(path, (draft) => {
    draft.active = 'sweden';
    delete draft.registries['images.canfar.net'];
    draft.contexts['local'] = { server: 'canfar', credential: 'cadc' };
  });
  expect((await readFile(path, 'utf8')).split('\n')).toEqual(
    sample
      .replace('active: canfar ', 'active: sweden ')
      .replace('   # the usual', ' # the usual')
      .replace('[x509, oidc]', '[ x509, oidc ]')
      .replace('[1, 2]', '[ 1, 2 ]')
      .replace(
        'registries:\n  images.canfar.net: { username: ada, secret: registry-hush }',
        'registries: {}',
      )
      .replace('servers:', '  local:\n    server: canfar\n    credential: cadc\nservers:')
      .split('\n'),
  );
});

test('an edit that changes nothing writes nothing', async () => {
  const path = await configurationFile(sample);
  const before = await stat(path);
  await updateConfiguration(path, (draft) => {
    draft.active = 'canfar';
  });
  const after = await stat(path);
  expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs]);
});

test('S1: a loose file is made private at the next write, even when nothing else changes', async () => {
  const path = await configurationFile(sample);
  await chmod(path, 0o644);
  await updateConfiguration(path, () => undefined);
  expect(await modeOf(path)).toBe(0o600);
  expect((await loadConfiguration({ path })).configuration['future']).toEqual({ wonder: [1, 2] });
});

test('comments of a file without settings stay', async () => {
  const path = await configurationFile('# mine\n# really\n');
  await updateConfiguration(path, (draft) => {
    draft.console.banner = false;
  });
  expect(await readFile(path, 'utf8')).toBe(
    '# mine\n# really\n\nschema: skaha\nversion: 1\nconsole:\n  banner: false\n',
  );
});

test('empty sections and aliases give way to what is set in them', async () => {
  const path = await configurationFile(
    'schema: skaha\nversion: 1\nconsole:\nservers:\n  a: &a { url: "https://x.org/skaha" }\n  b: *a\n',
  );
  const result = await updateConfiguration(path, (draft) => {
    draft.console.width = 100;
    const b = draft.servers['b'];
    if (b !== undefined) b.version = 'v1';
  });
  expect(result.servers).toEqual({
    a: { url: 'https://x.org/skaha' },
    b: { url: 'https://x.org/skaha', version: 'v1' },
  });
  expect((await loadConfiguration({ path })).configuration).toEqual(result);
});

test('S2: symbolic links, also chains of them and to a file that is not there yet, stay', async () => {
  const directory = await temporaryDirectory();
  await mkdir(join(directory, 'real'));
  await symlink('real/config.yaml', join(directory, 'middle'));
  await symlink('middle', join(directory, 'link'));
  for (const banner of [true, false]) {
    await updateConfiguration(join(directory, 'link'), (draft) => {
      draft.console.banner = banner;
    });
    expect((await lstat(join(directory, 'link'))).isSymbolicLink()).toBe(true);
    expect(await readlink(join(directory, 'middle'))).toBe('real/config.yaml');
    const { configuration } = await loadConfiguration({
      path: join(directory, 'real/config.yaml'),
    });
    expect(configuration.console.banner).toBe(banner);
  }
  expect((await readdir(directory)).sort()).toEqual(['link', 'middle', 'real']);
});

test('a result that would not be valid is refused, and the file stays as it was', async () => {
  const path = await configurationFile(sample);
  const wrong = updateConfiguration(path, (draft) => {
    draft.active = 'nowhere';
  });
  const error = await failure(wrong, 'command.validation_failed');
  expect(error.message).toBe(
    'The change was not made: active refers to a context that does not exist.',
  );
  await failure(
    updateConfiguration(path, (draft) => {
      draft.servers['a b'] = { url: 'https://x.org' };
    }),
    'command.validation_failed',
  );
  expect(await readFile(path, 'utf8')).toBe(sample);
});

test('an invalid file is not touched', async () => {
  const path = await configurationFile('version: 1\nactive: {}\n');
  await failure(
    updateConfiguration(path, () => undefined),
    'config.invalid',
  );
  expect(await readFile(path, 'utf8')).toBe('version: 1\nactive: {}\n');
});

test('what cannot be written is config.unwritable', async () => {
  const directory = await temporaryDirectory();
  await writeFile(join(directory, 'file'), '');
  const edit = () => undefined;
  const below = await failure(
    updateConfiguration(join(directory, 'file', 'config.yaml'), edit),
    'config.unwritable',
  );
  expect(below.message).toContain('config.yaml cannot be written');
  await symlink('loop', join(directory, 'loop'));
  await failure(updateConfiguration(join(directory, 'loop'), edit), 'config.unwritable');
  await failure(updateConfiguration('/dev/null', edit), 'config.unwritable');
  await failure(updateConfiguration('/proc/skaha/config.yaml', edit), 'config.unwritable');
});

test('S2: what killed programs left behind goes with the next write, what is in use stays', async () => {
  const path = await configurationFile(sample);
  const beside = (name: string) => join(dirname(path), name);
  const old = Date.now() / 1000 - 2 * 3600;
  const dead = [
    '.config.yaml.1.new',
    'config.yaml.lock.1',
    '.login-1.yaml',
    '..login-1.yaml.2.new',
  ];
  const alive = ['config.yaml.lock.2', '.login-2.yaml', 'notes.yaml', '.config.yaml.bak'];
  for (const name of [...dead, ...alive]) await writeFile(beside(name), 'x', { mode: 0o600 });
  for (const name of [...dead, 'notes.yaml', '.config.yaml.bak'])
    await utimes(beside(name), old, old);
  await updateConfiguration(path, (draft) => {
    draft.console.banner = false;
  });
  expect((await readdir(dirname(path))).sort()).toEqual(['config.yaml', ...alive].sort());
});

test('an edit that fails leaves the file, and no lock behind', async () => {
  const path = await configurationFile(sample);
  await expect(
    updateConfiguration(path, () => {
      throw new Error('changed my mind');
    }),
  ).rejects.toThrow('changed my mind');
  expect(await readFile(path, 'utf8')).toBe(sample);
  expect(await readdir(dirname(path))).toEqual(['config.yaml']);
});

test('any sequence of edits can be read back as it was meant', async () => {
  const text = fc.string({ maxLength: 40 }).filter((value) => !/\p{Cs}/u.test(value));
  const host = fc
    .stringMatching(/^[a-z][a-z0-9.-]{0,15}$/)
    .filter((name) => name !== 'constructor' && name !== 'prototype');
  const secret = text.filter((value) => value.length > 0);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(host, secret), { maxLength: 4 }),
      text,
      async (entries, note) => {
        const path = await configurationFile(sample);
        const before = (await loadConfiguration({ path })).configuration;
        for (const [name, value] of entries) {
          await updateConfiguration(path, (draft) => {
            draft.registries[name] = { username: 'ada', secret: value, note };
          });
        }
        const added = Object.fromEntries(
          entries.map(([name, value]) => [name, { username: 'ada', secret: value, note }]),
        );
        expect((await loadConfiguration({ path })).configuration).toEqual({
          ...before,
          registries: { ...before.registries, ...added },
        });
      },
    ),
    { numRuns: 25 },
  );
});
