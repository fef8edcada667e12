import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findSecrets, scanRepository } from '../secret-scan.mjs';
import { repository } from './fixture.js';

/** Secrets that look real and are none: put together here so that this file holds none either. */
const random = (length: number) =>
  'q7Zk2Xw9Lr4Tn8Vb3Mc6Hd1Jf5Gs0PyAeUoIiWt'.repeat(9).slice(0, length);
const samples = {
  'a private key': `-----BEGIN ${'PRIVATE'} KEY-----\n${random(64)}\n`,
  'a signed token': `ey${'J'}hbGciOiJSUzI1NiJ9.ey${'J'}zdWIiOiJhYmMifQ.${random(30)}`,
  'a source-hosting token': `gh${'p'}_${random(36)}`,
  'a package-registry token': `np${'m'}_${random(36)}`,
  'a cloud key': `AK${'IA'}ABCDEFGHIJKLMNOP`,
  'a chat token': `xox${'b'}-${random(24)}`,
  'a password in an address': `https://someone:${random(16)}@images.canfar.net/`,
  'a value that looks like a secret': `const token = '${random(32)}';`,
};

describe('the secret scan', () => {
  test.each(Object.entries(samples))('finds %s and keeps it to itself', (name, text) => {
    const findings = findSecrets('src/a.ts', `first line\n${text}\n`);

    expect(findings).toContain(`src/a.ts:2: looks like ${name}`);
    expect(findings.join('\n')).not.toContain(random(16));
  });

  test.each([
    "const token = 'the-token-of-the-first-user';",
    "token: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'",
    'const { token } = await login();',
    "if (!text.includes('-----BEGIN PRIVATE KEY-----')) throw error;",
    'https://user:password@example.org/',
  ])('leaves harmless text alone: %s', (text) => {
    expect(findSecrets('a.ts', text)).toEqual([]);
  });

  test('leaves a line alone that says why', () => {
    const text = `${samples['a value that looks like a secret']} // secret-scan: allow, a sample`;

    expect(findSecrets('a.ts', text)).toEqual([]);
  });

  test('reads what is staged rather than what lies in the folder', () => {
    const directory = repository({ 'a.ts': samples['a chat token'], '.gitignore': 'ignored.ts\n' });
    const git = (...args: string[]) => execFileSync('git', args, { cwd: directory });
    git('init', '--quiet');
    writeFileSync(join(directory, 'ignored.ts'), samples['a chat token']);

    expect(scanRepository(directory)).toEqual(['a.ts:1: looks like a chat token']);
    expect(scanRepository(directory, { staged: true })).toEqual([]);

    git('add', 'a.ts');
    writeFileSync(join(directory, 'a.ts'), 'export {};');

    expect(scanRepository(directory)).toEqual([]);
    expect(scanRepository(directory, { staged: true })).toEqual([
      'a.ts:1: looks like a chat token',
    ]);
  });
});
