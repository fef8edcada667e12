import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { datedChangelog, setVersion } from '../release.mjs';
import { repository } from './fixture.js';

const changelog = '# Changelog\n\n## [0.1.0] - unreleased\n\n### Added\n\n- A thing.\n';
const manifest = (name: string, more: object = {}) =>
  JSON.stringify({ name, version: '0.1.0', ...more });

describe('the changelog of a release', () => {
  test('gets the date in its open section', () => {
    expect(datedChangelog(changelog, '0.1.0', '2027-02-03')).toContain('## [0.1.0] - 2027-02-03');
  });

  test.each([
    '# Changelog\n\n## [0.1.0] - 2026-01-01\n',
    '## [0.2.0] - unreleased\n\n## [0.1.0] - 2026-01-01\n',
  ])('must say something: %j', (text) => {
    expect(() => datedChangelog(text, '1.0.0', '2027-02-03')).toThrow(/unreleased/);
  });
});

test('a release keeps all packages in step, and leaves others alone', () => {
  const directory = repository({
    'package.json': manifest('skaha-workspace'),
    'docs/package.json': manifest('skaha-docs'),
    'packages/base/package.json': manifest('@skaha/base'),
    'packages/client/package.json': manifest('skaha', {
      dependencies: { yaml: '2.9.1' },
      devDependencies: { '@skaha/base': '0.1.0' },
      peerDependencies: { 'skaha-platform': '0.1.0' },
    }),
    'packages/platform/package.json': manifest('skaha-platform'),
    'packages/client/src/version.ts': "/** The version. */\nexport const version = '0.1.0';\n",
    'runtimes/package.json': manifest('runtimes'),
  });
  const read = (path: string) => readFileSync(join(directory, path), 'utf8');

  setVersion(directory, '2.0.0');

  expect(JSON.parse(read('packages/client/package.json'))).toMatchObject({
    version: '2.0.0',
    dependencies: { yaml: '2.9.1' },
    devDependencies: { '@skaha/base': '2.0.0' },
    peerDependencies: { 'skaha-platform': '2.0.0' },
  });
  for (const path of ['package.json', 'docs/package.json', 'packages/base/package.json'])
    expect(JSON.parse(read(path)).version).toBe('2.0.0');
  expect(JSON.parse(read('runtimes/package.json')).version).toBe('0.1.0');
  expect(read('packages/client/src/version.ts')).toContain("'2.0.0'");
});
