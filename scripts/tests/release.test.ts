import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { datedChangelog, release, setVersion, stepFor, stepped } from '../release.mjs';
import { repository } from './fixture.js';

const changelog = '# Changelog\n\n## [0.1.0] - unreleased\n\n### Added\n\n- A thing.\n';
const manifest = (name: string, more: object = {}) =>
  JSON.stringify({ name, version: '0.1.0', ...more });
const files = {
  'package.json': manifest('skaha-workspace'),
  'packages/client/package.json': manifest('skaha', {
    dependencies: { yaml: '2.9.1' },
    peerDependencies: { 'skaha-platform': '0.1.0' },
  }),
  'packages/client/src/version.ts': "/** The version. */\nexport const version = '0.1.0';\n",
  'CHANGELOG.md': changelog,
  'package-lock.json': JSON.stringify({
    version: '0.1.0',
    packages: {
      'packages/client': { version: '0.1.0', peerDependencies: { 'skaha-platform': '0.1.0' } },
      'node_modules/yaml': { version: '0.1.0' },
    },
  }),
};
const today = new Date('2027-02-03T12:00:00Z');

const git = (directory: string, ...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@example.org', ...args], {
    cwd: directory,
    encoding: 'utf8',
  });

function committed(): string {
  const directory = repository(files);
  git(directory, 'init', '--quiet');
  git(directory, 'config', 'user.name', 'A');
  git(directory, 'config', 'user.email', 'a@example.org');
  git(directory, 'add', '.');
  git(directory, 'commit', '--quiet', '-m', 'feat: a thing');
  return directory;
}

const read = (directory: string, path: string) => readFileSync(join(directory, path), 'utf8');

describe('the step of a release', () => {
  test.each([
    [['feat(cli): more', 'fix: less'], '1.2.3', 'minor'],
    [['fix(cli): less', 'docs: words'], '1.2.3', 'patch'],
    [['docs: words', 'test: more'], '1.2.3', undefined],
    [['feat(session)!: other names'], '1.2.3', 'major'],
    [['fix: less\n\nBREAKING CHANGE: other names'], '1.2.3', 'major'],
    [['feat!: other names'], '0.4.1', 'minor'],
  ] as const)('%j after %s is %s', (messages, current, step) => {
    expect(stepFor(messages, current)).toBe(step);
  });

  test('counts from the version before', () => {
    expect(stepped('1.2.3', 'major')).toBe('2.0.0');
    expect(stepped('1.2.3', 'minor')).toBe('1.3.0');
    expect(stepped('1.2.3', 'patch')).toBe('1.2.4');
  });
});

describe('the changelog', () => {
  test('gets the date in its open section', () => {
    expect(datedChangelog(changelog, '0.1.0', '2027-02-03')).toContain('## [0.1.0] - 2027-02-03');
  });

  test('must say something', () => {
    expect(() => datedChangelog('# Changelog\n\n## [0.1.0] - 2026-01-01\n', '1.0.0', 'x')).toThrow(
      /unreleased/,
    );
    expect(() =>
      datedChangelog('## [0.2.0] - unreleased\n\n## [0.1.0] - 2026-01-01\n', '1.0.0', 'x'),
    ).toThrow(/unreleased/);
  });
});

describe('a release', () => {
  test('changes nothing unless it is asked to', () => {
    const directory = committed();

    expect(release(directory, [], today)).toContain('The next release is 0.1.0, with 1 commits');
    expect(git(directory, 'status', '--porcelain')).toBe('');
    expect(git(directory, 'tag')).toBe('');
  });

  test('is one commit with a tag, and the version stands everywhere', () => {
    const directory = committed();

    release(directory, ['--apply'], today);
    git(directory, 'commit', '--quiet', '--allow-empty', '-m', 'fix: a fault');
    expect(() => release(directory, ['--apply'], today)).toThrow(/unreleased/);

    expect(read(directory, 'CHANGELOG.md')).toContain('## [0.1.0] - 2027-02-03');
    expect(git(directory, 'log', '-1', '--format=%s', 'v0.1.0')).toBe('chore(release): 0.1.0\n');
    expect(git(directory, 'cat-file', '-t', 'v0.1.0')).toBe('tag\n');
  });

  test('does not begin while something is not committed', () => {
    const directory = committed();
    setVersion(directory, '9.9.9');

    expect(() => release(directory, ['--apply', '--version', '1.0.0'], today)).toThrow(
      /not committed/,
    );
  });

  test('keeps the packages in step, and leaves others alone', () => {
    const directory = committed();

    expect(setVersion(directory, '2.0.0')).toContain('packages/client/package.json');

    const packed = JSON.parse(read(directory, 'packages/client/package.json'));
    expect(packed).toMatchObject({
      version: '2.0.0',
      dependencies: { yaml: '2.9.1' },
      peerDependencies: { 'skaha-platform': '2.0.0' },
    });
    expect(JSON.parse(read(directory, 'package-lock.json'))).toEqual({
      version: '2.0.0',
      packages: {
        'packages/client': { version: '2.0.0', peerDependencies: { 'skaha-platform': '2.0.0' } },
        'node_modules/yaml': { version: '0.1.0' },
      },
    });
    expect(read(directory, 'packages/client/src/version.ts')).toContain("'2.0.0'");
  });

  test('refuses what is no version', () => {
    expect(() => release(committed(), ['--version', 'next'], today)).toThrow('next is no version.');
  });
});
