import { describe, expect, test } from 'vitest';
import { checkExamples } from '../check-examples.mjs';
import { checkLicences } from '../check-licences.mjs';
import { checkLock } from '../check-lock.mjs';
import { repository } from './fixture.js';

describe('the lock file', () => {
  const lock = (entry: object) =>
    repository({
      'package-lock.json': JSON.stringify(
        { packages: { '': {}, 'node_modules/a': entry } },
        null,
        2,
      ),
    });

  test('may pin a version and its contents', () => {
    expect(checkLock(lock({ version: '1.0.0', integrity: 'sha512-x' }))).toEqual([]);
    expect(checkLock(lock({ resolved: 'packages/a', link: true }))).toEqual([]);
  });

  test('may not say where to download', () => {
    const resolved = 'https://packages.example/a.tgz';

    expect(checkLock(lock({ version: '1.0.0', integrity: 'sha512-x', resolved }))).toEqual([
      'package-lock.json:7: a download address',
    ]);
  });

  test('knows what the workspaces ask for now', () => {
    const locked = (dependencies: object) =>
      repository({
        'packages/a/package.json': JSON.stringify({ name: 'a', dependencies: { b: '1.0.0' } }),
        'package-lock.json': JSON.stringify({ packages: { 'packages/a': { dependencies } } }),
      });

    expect(checkLock(locked({ b: '1.0.0' }))).toEqual([]);
    expect(checkLock(locked({ b: '1.0.0', gone: '1.0.0' }))).toEqual([
      'package-lock.json:1: packages/a/package.json was changed since; run npm install',
    ]);
  });

  test('may not leave contents open', () => {
    expect(checkLock(lock({ version: '1.0.0' }))).toEqual([
      'package-lock.json:1: node_modules/a has no integrity',
    ]);
  });

  test('names what other systems install instead', () => {
    const optionalDependencies = { 'a-linux': '1.0.0', 'a-darwin': '1.0.0' };
    const a = { version: '1.0.0', integrity: 'sha512-x' };
    const packages = {
      'node_modules/a': { ...a, optionalDependencies },
      'node_modules/a/node_modules/a-linux': a,
    };
    const path = 'runtimes/package-lock.json';
    const directory = repository({
      'package-lock.json': '{}',
      [path]: JSON.stringify({ packages }),
    });

    expect(checkLock(directory)).toEqual([`${path}:1: a-darwin is missing; run npm install`]);
  });
});

describe('licences', () => {
  const lock = (packages: object) =>
    repository({ 'package-lock.json': JSON.stringify({ packages }) });

  test('of what is only used to build do not matter', () => {
    const packages = {
      '': {},
      'node_modules/a': { license: 'MIT' },
      'node_modules/b': { license: 'GPL-3.0', dev: true },
      'node_modules/c': { link: true },
    };

    expect(checkLicences(lock(packages), {})).toEqual([]);
  });

  test('of what is brought along are known and allowed, or were looked at', () => {
    const packages = {
      'node_modules/a': { license: 'GPL-3.0' },
      'node_modules/a/node_modules/@x/b': {},
      'node_modules/c': { license: 'MPL-2.0' },
    };

    expect(checkLicences(lock(packages), { c: 'looked at', d: 'gone since' })).toEqual([
      'package-lock.json:1: a is under GPL-3.0',
      'package-lock.json:1: @x/b is under no known licence',
      'package-lock.json:1: an exception for d, which is gone',
    ]);
  });
});

describe('examples in the documentation', () => {
  test('are found in comments and pages, and compile', async () => {
    const directory = repository({
      'packages/a/src/a.ts':
        '/**\n * Adds.\n *\n * @example\n * ```ts\n * const sum: number = 1 + 1;\n * ```\n */\nexport const a = 1;\n',
      'docs/a.md': 'Text.\n\n```ts\nexport const b: string = "b";\n```\n\n```sh\nls\n```\n',
    });

    expect(await checkExamples(directory)).toEqual({ checked: 2, findings: [] });
  });

  test('name the line that does not compile', async () => {
    const directory = repository({
      'packages/a/src/a.ts':
        '/**\n * Adds.\n *\n * @example\n * ```ts\n *\n * const sum: number = "two";\n * ```\n * @returns a sum\n */\nexport const a = 1;\n',
      'README.md': '# Title\n\n```ts\nimport { absent } from "skaha";\n```\n',
    });

    const { findings } = await checkExamples(directory);

    expect(findings).toHaveLength(2);
    expect(findings[0]).toMatch(/^packages\/a\/src\/a\.ts:7: error TS2322/);
    expect(findings[1]).toMatch(/^README\.md:4: error TS/);
  });

  test('need code', async () => {
    const directory = repository({
      'packages/a/src/a.ts': '/**\n * Adds.\n * @example see elsewhere\n */\nexport const a = 1;\n',
    });

    expect((await checkExamples(directory)).findings).toEqual([
      'packages/a/src/a.ts:3: @example without a ts block',
    ]);
  });
});
