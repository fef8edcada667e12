import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@skaha/base/clock.js';
import { SkahaClient } from 'skaha';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type LoginMethod,
  type LoginOptions,
  login,
  removeCredential,
} from '../../src/account/index.js';
import { loadConfiguration } from '../../src/config/read.js';
import { updateConfiguration } from '../../src/config/write.js';
import { rejection, type TestPlatform, testPlatform } from '../fixtures.js';

let running: TestPlatform;
let config: string;

beforeEach(async () => {
  running = await testPlatform();
  const { ca, data, identity } = running.platform;
  config = join(data, 'config.yaml');
  await writeFile(
    config,
    `schema: skaha
version: 1
providers:
  codes: { mode: oidc, registry: "${identity.srcnetRegistry}", issuer: "${identity.issuer}", ca: "${ca}", development: true }
  certificates: { mode: x509, registry: "${identity.registry}", ca: "${ca}", development: true }
`,
    { mode: 0o600 },
  );
});
afterEach(() => running[Symbol.asyncDispose]());

const options = (
  provider: string,
  method: LoginMethod,
  extra: Partial<LoginOptions> = {},
): LoginOptions => ({
  provider,
  method,
  config,
  environment: { HOME: running.platform.data },
  ...extra,
});

const approve: LoginMethod = {
  type: 'device',
  onVerification: async ({ userCode }) => {
    await running.platform.identity.approveDevice(userCode.replace('-', ''), 'ada');
  },
};

const password = async (): Promise<LoginMethod> => {
  const file = running.platform.users[0]?.passwordFile ?? '';
  return { type: 'password', username: 'ada', password: await readFile(file, 'utf8') };
};

async function useContext() {
  await using client = new SkahaClient({ config });
  return await client.context.resources();
}

describe('against the identity services of the local platform', () => {
  test('a login with a code is good for sessions, is renewed, and ends at logout', async () => {
    const result = await login(options('codes', approve));
    expect(result).toMatchObject({ user: 'ada', credential: { renewable: true } });
    expect(await useContext()).toBeDefined();
    const accessOf = async () => {
      const { configuration } = await loadConfiguration({ path: config });
      const saved = configuration.credentials['codes'];
      return saved?.mode === 'oidc' ? saved.token?.access : undefined;
    };
    const former = await accessOf();
    await updateConfiguration(config, (draft) => {
      Object.assign(draft.credentials['codes'] ?? {}, { expiry: { access: 1 } });
    });
    expect(await useContext()).toBeDefined();
    expect(await accessOf()).not.toBe(former);
    expect(await removeCredential('codes', { config, force: true })).toMatchObject({
      revoked: true,
    });
    expect(await rejection(useContext())).toMatchObject({ code: 'authentication.required' });
  });

  test('a login that is refused on the page is', async () => {
    const refuse: LoginMethod = {
      type: 'device',
      onVerification: async ({ userCode }) => {
        await running.platform.identity.refuseDevice(userCode.replace('-', ''));
      },
    };
    expect(await rejection(login(options('codes', refuse)))).toMatchObject({
      code: 'authentication.denied',
    });
  });

  test('a login whose refresh token was used by somebody else has ended', async () => {
    await login(options('codes', approve));
    await updateConfiguration(config, (draft) => {
      const saved = draft.credentials['codes'];
      if (saved?.mode !== 'oidc') return;
      saved.token = { ...saved.token, refresh: 'used-long-ago' };
      saved.expiry = { access: 1 };
    });
    expect(await rejection(useContext())).toMatchObject({
      code: 'authentication.expired',
      message: "Your login 'codes' has ended.",
    });
  });

  test('a login with a password brings a certificate that is good for sessions', async () => {
    const result = await login(options('certificates', await password(), {}));
    expect(result).toMatchObject({
      credential: { mode: 'x509', state: 'valid' },
      activation: { reason: 'single' },
    });
    expect(await useContext()).toBeDefined();
  });

  test('a certificate that is replaced while a program runs counts from then on', async () => {
    const { user, url, ca, data } = running.platform;
    const path = join(data, 'mine.pem');
    const put = async (lifetimeMs: number) => {
      const made = await running.platform.issueCertificate(user, lifetimeMs);
      // Put in place as other programs do it: a new file under the old name.
      await writeFile(`${path}.new`, await readFile(made), { mode: 0o600 });
      await rename(`${path}.new`, path);
    };
    await put(3_600_000);
    await using client = new SkahaClient({ url, ca, certificate: path });
    expect(await client.context.resources()).toBeDefined();
    await put(-60_000);
    expect(await rejection(client.context.resources())).toMatchObject({
      code: 'authentication.expired',
    });
    await writeFile(path, 'half a certif');
    expect(await rejection(client.context.resources())).toMatchObject({
      code: 'authentication.credential_invalid',
    });
    await rm(path);
    expect(await rejection(client.context.resources())).toMatchObject({
      code: 'authentication.credential_missing',
    });
    await put(3_600_000);
    expect(await client.context.resources()).toBeDefined();
  });

  test('a wrong password is refused in one sentence', async () => {
    const wrong: LoginMethod = { type: 'password', username: 'ada', password: 'wrong' };
    expect(await rejection(login(options('certificates', wrong)))).toMatchObject({
      code: 'authentication.denied',
      message: `The user name or password was refused by 127.0.0.1:${running.platform.port}.`,
    });
  });
});

test.each([2, -2])('a clock of the platform that is %i hours off loses no login', async (hours) => {
  let ahead = 0;
  const clock = { ...systemClock, now: () => Date.now() + ahead };
  const other = await testPlatform({ clock });
  const { ca, data, identity } = other.platform;
  const file = join(data, 'config.yaml');
  const shared = `ca: "${ca}", development: true`;
  await writeFile(
    file,
    `schema: skaha\nversion: 1\nproviders:\n  codes: { mode: oidc, registry: "${identity.srcnetRegistry}", issuer: "${identity.issuer}", ${shared} }\n`,
    { mode: 0o600 },
  );
  const onVerification = async ({ userCode }: { userCode: string }) => {
    await identity.approveDevice(userCode.replace('-', ''), 'ada');
  };
  if (hours < 0) ahead = hours * 3_600_000;
  await login({ provider: 'codes', method: { type: 'device', onVerification }, config: file });
  if (hours > 0) ahead = hours * 3_600_000;
  const { configuration } = await loadConfiguration({ path: file });
  const saved = configuration.credentials['codes'];
  const expiry = saved?.mode === 'oidc' ? Number(saved.expiry?.['access']) * 1000 : 0;
  // By the clock of this machine, whatever the other one says.
  expect(Math.abs(expiry - Date.now() - 3_600_000)).toBeLessThan(300_000);
  await using client = new SkahaClient({ config: file });
  expect(await client.context.resources()).toBeDefined();
  await other[Symbol.asyncDispose]();
});
