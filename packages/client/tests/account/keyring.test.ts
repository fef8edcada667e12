import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { listCredentials, login, removeCredential } from '../../src/account/index.js';
import { oidcTokenSource } from '../../src/auth/oidc/index.js';
import { loadConfiguration } from '../../src/config/read.js';
import { systemKeyring } from '../../src/config/secret-store.js';
import { serveProvider, type TestProvider } from '../auth/oidc/provider.js';
import { type StandIn, servePlatform, startStandIn } from '../auth/stand-in.js';
import { startSecretService, whyNot } from '../config/keyring.js';
import { JumpingClock } from '../fixtures.js';

if (whyNot !== undefined) process.stderr.write(`Left out, logins in the keyring: ${whyNot}\n`);

// The reason is printed above.
describe.runIf(whyNot === undefined)('a login in the keyring of the system', () => {
  let service: AsyncDisposable | undefined;
  let standIn: StandIn;
  let provider: TestProvider;
  let config: string;
  const warnings: string[] = [];

  beforeAll(async () => {
    service = await startSecretService();
  });
  afterAll(() => service?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    standIn = await startStandIn();
    servePlatform(standIn);
    provider = serveProvider(standIn);
    standIn.on('GET /reg/resource-caps', {
      body: `ivo://lab.example.org/skaha = ${standIn.origin}/skaha/capabilities\n`,
    });
    config = await standIn.configure(`secrets: { storage: keyring }
providers:
  web: { mode: oidc, issuer: "${provider.issuer}", registry: "${standIn.origin}/reg/resource-caps", ca: ca.pem, development: true }
`);
    warnings.splice(0);
  });
  afterEach(() => standIn[Symbol.asyncDispose]());

  const where = () => ({
    config,
    environment: standIn.environment,
    onWarning: (warning: string) => warnings.push(warning),
  });

  const logIn = () =>
    login({
      ...where(),
      provider: 'web',
      method: { type: 'device', onVerification: () => undefined },
      timeoutMs: 2_000,
      clock: new JumpingClock(3_600_000),
    });

  /** Names in the keyring; fails when the file holds any secret that was ever made. */
  async function idsInFile(): Promise<string[]> {
    const file = await readFile(config, 'utf8');
    expect(provider.secrets.size).toBeGreaterThan(0);
    for (const secret of provider.secrets) expect(file).not.toContain(secret);
    return [...file.matchAll(/keyring: "?([\da-f]{16}\/[^\s"]+)/g)].map(([, id]) => String(id));
  }

  const stored = async () => {
    const { configuration } = await loadConfiguration({ path: config });
    const entry = configuration.credentials['web'];
    if (entry?.mode !== 'oidc') throw new Error('There is no login.');
    return entry;
  };

  test('S6: logging in, refreshing with rotation, and logging out', async () => {
    await logIn();
    const first = await idsInFile();
    expect(first.length).toBeGreaterThanOrEqual(3);
    const before = await stored();
    expect(provider.secrets).toContain(before.token?.refresh);
    expect(await listCredentials(where())).toMatchObject([{ name: 'web', state: 'valid' }]);

    const { transport } = standIn;
    const sources = Array.from({ length: 2 }, () =>
      oidcTokenSource({ configuration: config, credential: 'web', transport, development: true }),
    );
    const rejected = before.token?.access ?? '';
    const [one, two] = await Promise.all(sources.map((source) => source.renew(rejected)));
    expect(one).toBe(two);
    expect(one).not.toBe(rejected);
    expect(provider.refreshed).toBe(1);
    const second = await idsInFile();
    const after = await stored();
    expect(after.token?.access).toBe(one);
    expect(after.token?.refresh).not.toBe(before.token?.refresh);
    for (const id of first.filter((former) => !second.includes(former))) {
      expect(await systemKeyring.get(id)).toBeUndefined();
    }

    const removed = await removeCredential('web', { ...where(), force: true });
    expect(removed).toMatchObject({ name: 'web' });
    expect(await idsInFile()).toEqual([]);
    for (const id of second) expect(await systemKeyring.get(id)).toBeUndefined();
    expect(warnings).toEqual([]);
  });

  test('what somebody took out of the keyring counts as missing, and is named', async () => {
    await logIn();
    for (const id of await idsInFile()) await systemKeyring.delete(id);
    expect(await listCredentials(where())).toMatchObject([{ name: 'web', state: 'missing' }]);
    expect(warnings.join('\n')).toContain('no longer contains credentials.web.token.refresh');
    warnings.splice(0);
    await login({
      ...where(),
      provider: 'web',
      force: true,
      method: { type: 'device', onVerification: () => undefined },
      timeoutMs: 2_000,
      clock: new JumpingClock(3_600_000),
    });
    expect(await listCredentials(where())).toMatchObject([{ name: 'web', state: 'valid' }]);
  });
});
