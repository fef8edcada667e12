import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { findCredentials } from '@napi-rs/keyring';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startSecretService, whyNot } from '../../../../client/tests/config/keyring.js';
import { sharedPlatform } from '../../harness.js';
import { decide, Home } from '../../identity.js';

if (whyNot !== undefined) process.stderr.write(`Left out, the keyring: ${whyNot}\n`);

/** Everything that the keyring keeps for us, by name. */
const kept = () => new Map(findCredentials('skaha').map((one) => [one.account, one.password]));

// The reason is printed above.
describe.runIf(whyNot === undefined)('with secrets in the keyring', () => {
  const shell = sharedPlatform();
  let service: AsyncDisposable | undefined;
  let home: Home;

  beforeAll(async () => {
    service = await startSecretService();
  });
  afterAll(() => service?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    home = await Home.make();
    await home.knows(shell.platform);
    await home.run(['config', 'set', 'secrets.storage', 'keyring']);
    expect(kept().size).toBe(0);
  });

  /** Names in the file; fails when it holds a secret, or the keyring something it does not name. */
  async function names(): Promise<string[]> {
    const text = (await home.text()) ?? '';
    for (const secret of kept().values()) expect(text).not.toContain(secret);
    const found = [...text.matchAll(/keyring: "?([\da-f]{16}\/[^\s"]+)/g)].map(([, id]) => `${id}`);
    expect(found.sort()).toEqual([...kept().keys()].sort());
    expect(await readdir(dirname(home.config))).toEqual(['config.yaml']);
    return found;
  }

  test('S6: a login with a code, its use, and logging out', async () => {
    const line = ['login', 'code', '--no-browser', '--no-qr'];
    const [done] = await Promise.all([home.run(line), decide(shell.platform, true)]);
    expect(done).toMatchObject({ status: 0 });
    expect((await names()).length).toBeGreaterThanOrEqual(3);
    expect(await home.run(['ps'])).toMatchObject({ status: 0 });
    const shown = (await home.run(['config', 'show'])).stdout;
    expect(shown).toContain('**********');
    for (const secret of kept().values()) expect(shown).not.toContain(secret);
    expect(await home.run(['logout', 'code'])).toMatchObject({ status: 0 });
    expect(await names()).toEqual([]);
  });

  test('S6: a login that is refused leaves nothing in the keyring', async () => {
    const line = ['login', 'code', '--no-browser', '--no-qr'];
    const before = await home.text();
    const [done] = await Promise.all([home.run(line), decide(shell.platform, false)]);
    expect(done).toMatchObject({ status: 3 });
    expect(await home.text()).toBe(before);
    expect(await names()).toEqual([]);
  });

  test('S6: a registry, from login to logout', async () => {
    const line = ['registry', 'login', 'r.example.org', '--username', 'ada', '--secret-stdin'];
    await home.run(line, { stdin: 'SENTINEL-registry\n' });
    expect(await names()).toHaveLength(1);
    expect([...kept().values()]).toEqual(['SENTINEL-registry']);
    expect((await home.run(['registry', 'ls'])).stdout).toContain('r.example.org');
    await home.run(['registry', 'logout', 'r.example.org']);
    expect(await names()).toEqual([]);
  });
});
