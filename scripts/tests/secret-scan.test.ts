import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findSecrets, scanRepository } from '../secret-scan.mjs';
import { repository } from './fixture.js';

/** Secrets that look real and are none: put together here so that this file holds none either. */
const random = (length: number) =>
  'q7Zk2Xw9Lr4Tn8Vb3Mc6Hd1Jf5Gs0PyAeUoIiWt'.repeat(9).slice(0, length);
const samples = {
  PrivateKey: generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey,
  SIGNED_TOKEN: `ey${'J'}hbGciOiJSUzI1NiJ9.ey${'J'}zdWIiOiJhYmMifQ.${random(30)}`,
  GITHUB_TOKEN: `gh${'p'}_${random(36)}`,
  NPM_ACCESS_TOKEN: `np${'m'}_${random(36)}`,
  SLACK_TOKEN: `xox${'b'}-123456789012-${random(24)}`,
  BasicAuth: `https://someone:${random(16)}@images.canfar.net/`,
};

describe('the secret scan', () => {
  test.each(Object.entries(samples))('finds %s and keeps it to itself', async (name, text) => {
    const findings = await findSecrets('src/a.ts', `first line\n${text}\n`);

    expect(findings).toContain(`src/a.ts:2: looks like a secret (${name})`);
    expect(findings.join('\n')).not.toContain(random(16));
  });

  test('leaves a line alone that says why', async () => {
    const text = `${samples.GITHUB_TOKEN} // secret-scan: allow, a sample`;

    expect(await findSecrets('a.ts', text)).toEqual([]);
  });

  test('reads what is staged rather than what lies in the folder', async () => {
    const directory = repository({ 'a.ts': samples.GITHUB_TOKEN, '.gitignore': 'ignored.ts\n' });
    const git = (...args: string[]) => execFileSync('git', args, { cwd: directory });
    const found = ['a.ts:1: looks like a secret (GITHUB_TOKEN)'];
    git('init', '--quiet');
    writeFileSync(join(directory, 'ignored.ts'), samples.GITHUB_TOKEN);

    expect(await scanRepository(directory)).toEqual(found);
    expect(await scanRepository(directory, { staged: true })).toEqual([]);

    git('add', 'a.ts');
    writeFileSync(join(directory, 'a.ts'), 'export {};');

    expect(await scanRepository(directory)).toEqual([]);
    expect(await scanRepository(directory, { staged: true })).toEqual(found);
  });
});
