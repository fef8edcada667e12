import { randomUUID } from 'node:crypto';
import { mkdir, readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { PlatformIdentity } from 'skaha-platform';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { sharedPlatform } from '../../harness.js';
import { decide, Home, passwordOf } from '../../identity.js';

const shell = sharedPlatform();
let home: Home;

type Controls = PlatformIdentity['controls'];

beforeEach(async () => {
  home = await Home.make();
  await home.knows(shell.platform);
  onTestFinished(() => shell.platform.identity.controls.reset());
});

/** Runs a login that fails, for people and for programs: one clear line, and nothing has changed. */
async function fails(line: readonly string[], stdin: string, code: string, status: number) {
  const before = await home.text();
  const people = await home.run(line, { stdin });
  expect(people).toMatchObject({ status, stdout: '' });
  expect(people.stderr).toMatch(/^(Open https:.+\n)?Error: .+\n( {2}.+\n)?(Hint: .+\n)?$/);
  const programs = await home.run([...line, '--json'], { stdin });
  expect(programs).toMatchObject({ status, stdout: '' });
  const last = programs.stderr.trimEnd().split('\n').at(-1) ?? '';
  expect(JSON.parse(last)).toMatchObject({ code });
  expect(await home.text()).toBe(before);
  expect(await readdir(dirname(home.config))).toEqual(['config.yaml']);
  await expect(stat(join(home.path, '.ssl/pass.pem'))).rejects.toMatchObject({ code: 'ENOENT' });
  const left = await readdir(join(home.path, '.ssl')).catch(() => []);
  expect(left).toEqual([]);
  return people.stderr;
}

test.each<[string, (controls: Controls) => void, string, number]>([
  [
    'a registry without a document',
    ({ registry }) => {
      registry.missing = true;
    },
    'server.discovery_failed',
    6,
  ],
  [
    'an empty registry',
    ({ registry }) => {
      registry.empty = true;
    },
    'server.none_available',
    4,
  ],
  [
    'a huge registry',
    ({ registry }) => {
      registry.paddedBytes = 2 ** 21;
    },
    'server.discovery_failed',
    6,
  ],
  [
    'capabilities with a document type',
    ({ capabilities }) => {
      capabilities.document = '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>';
    },
    'server.none_available',
    4,
  ],
  [
    'capabilities that name another host',
    ({ capabilities }) => {
      capabilities.origin = 'https://elsewhere.example.org';
    },
    'server.none_available',
    4,
  ],
  [
    'a server that takes no certificates',
    ({ capabilities }) => {
      capabilities.methods = ['token'];
    },
    'authentication.denied',
    3,
  ],
  [
    'a certificate that the server does not trust',
    ({ certificates }) => {
      certificates.otherAuthority = true;
    },
    'authentication.denied',
    3,
  ],
  [
    'a certificate that is not valid yet',
    ({ certificates }) => {
      certificates.notYetValid = true;
    },
    'authentication.credential_invalid',
    3,
  ],
])('%s', async (_what, misbehave, code, status) => {
  misbehave(shell.platform.identity.controls);
  const stdin = await passwordOf(shell.platform);
  const line = ['login', 'pass', '--username', 'ada', '--password-stdin'];
  await fails(line, stdin, code, status);
});

test.each<[string, (controls: Controls) => void, string, number]>([
  [
    'a provider that is down',
    ({ oidc }) => {
      oidc.down = true;
    },
    'transport.failure',
    6,
  ],
  [
    'a provider that calls itself by another name',
    ({ oidc }) => {
      oidc.metadata = { issuer: 'https://evil.example.org/' };
    },
    'authentication.provider_invalid',
    3,
  ],
  [
    'a provider without device logins',
    ({ oidc }) => {
      oidc.metadata = { device_authorization_endpoint: undefined };
    },
    'authentication.provider_invalid',
    3,
  ],
  [
    'a refusal',
    ({ oidc }) => {
      oidc.polling = ['access_denied', 'access_denied'];
    },
    'authentication.denied',
    3,
  ],
  [
    'a code that expires',
    ({ oidc }) => {
      oidc.polling = ['expired_token', 'expired_token'];
    },
    'authentication.expired',
    3,
  ],
])('with a code: %s', async (_what, misbehave, code, status) => {
  misbehave(shell.platform.identity.controls);
  await fails(['login', 'code'], '', code, status);
  for (const code of shell.platform.identity.pendingDevices) {
    await shell.platform.identity.refuseDevice(code);
  }
});

/** A login with a code that is approved, but that the server does not take. */
async function refusedByServer(): Promise<void> {
  shell.platform.identity.controls.capabilities.methods = ['tls-with-certificate'];
  const before = await home.text();
  const running = home.run(['login', 'code', '--force']);
  await decide(shell.platform, true);
  const { status, stderr } = await running;
  expect(status).toBe(3);
  expect(stderr).toContain('Server code accepts x509; your code login uses oidc.');
  expect(await home.text()).toBe(before);
  shell.platform.identity.controls.reset();
}

test('a login that the server does not take is made worthless at once', async () => {
  const count = () => shell.platform.requests.filter(({ path }) => path === '/revoke').length;
  const before = count();
  await refusedByServer();
  expect(count()).toBeGreaterThan(before);
});

test('the former login goes on to work', async () => {
  const running = home.run(['login', 'code']);
  await decide(shell.platform, true);
  expect((await running).status).toBe(0);
  await refusedByServer();
  expect((await home.run(['whoami', '-q'])).stdout).toBe('ada\n');
});

test('a certificate that a killed login left behind is gone with the next one', async () => {
  const folder = join(home.path, '.ssl');
  await mkdir(folder);
  const old = join(folder, `.pass.pem.${randomUUID()}`);
  const young = join(folder, `.pass.pem.${randomUUID()}`);
  for (const path of [old, young]) await writeFile(path, 'x', { mode: 0o600 });
  const before = new Date(Date.now() - 2 * 3_600_000);
  await utimes(old, before, before);
  const stdin = await passwordOf(shell.platform);
  const line = ['login', 'pass', '--username', 'ada', '--password-stdin'];
  expect((await home.run(line, { stdin })).status).toBe(0);
  expect((await readdir(folder)).sort()).toEqual([basename(young), 'pass.pem']);
});
