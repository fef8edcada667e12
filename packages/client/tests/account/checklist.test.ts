import { execFileSync } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { SkahaClient } from 'skaha';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  discoverServers,
  type LoginMethod,
  listCredentials,
  login,
  removeCredential,
  useServer,
} from '../../src/account/index.js';
import { loadConfiguration } from '../../src/config/read.js';
import { updateConfiguration } from '../../src/config/write.js';
import { serveProvider, type TestProvider } from '../auth/oidc/provider.js';
import { capabilitiesXml, type StandIn, servePlatform, startStandIn } from '../auth/stand-in.js';
import { JumpingClock, rejection } from '../fixtures.js';

// What no other test of this room shows of the security checklist.

let standIn: StandIn;
let other: StandIn;
let provider: TestProvider;
let config: string;

beforeEach(async () => {
  [standIn, other] = await Promise.all([startStandIn(), startStandIn()]);
  servePlatform(standIn);
  provider = serveProvider(standIn);
  const shared = `registry: "${standIn.origin}/reg/resource-caps", ca: ca.pem, development: true`;
  config = await standIn.configure(`# mine
providers:
  web: { mode: oidc, issuer: "${provider.issuer}", ${shared} }
  lab: { mode: x509, ${shared} }
registries:
  h.example.org: { username: ada, secret: "p$ss: 'word' #1" } # stays as it is
`);
});
afterEach(async () => {
  await standIn[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
});

const device: LoginMethod = { type: 'device', onVerification: () => {} };
const clock = new JumpingClock(3_600_000);
const at = () => ({ config, environment: standIn.environment, clock });
const password: LoginMethod = { type: 'password', username: 'ada', password: 'SECRET-password' };

test('S3: what the variables say never reaches the file, and removing all that was added restores it', async () => {
  const before = await readFile(config, 'utf8');
  const environment = {
    ...standIn.environment,
    SKAHA_CA: standIn.ca,
    SKAHA_TOKEN: 'SENTINEL-token',
    SKAHA_CERTIFICATE: '/SENTINEL/certificate.pem',
    SKAHA_URL: 'https://SENTINEL.example.org/skaha',
    SKAHA_REGISTRY_HOST: 'SENTINEL.example.org',
    SKAHA_REGISTRY_USERNAME: 'SENTINEL-user',
    SKAHA_REGISTRY_SECRET: 'SENTINEL-secret',
    SKAHA_PASSWORD: 'SENTINEL-password',
  };
  const options = { ...at(), environment };
  await login({ ...options, provider: 'web', method: device });
  await useServer('lab-example-org', options);
  await listCredentials(options);
  const text = await readFile(config, 'utf8');
  expect(text).toContain(standIn.origin);
  expect(text).not.toMatch(/SENTINEL/);
  await removeCredential('web', { ...options, force: true });
  const left = (await readFile(config, 'utf8')).replace(
    /^(?:contexts|servers|credentials): \{\}\n/gm,
    '',
  );
  expect(left).toBe(before);
});

test('S4: secrets stand in the file as they are, and its mode is what protects them', async () => {
  await login({ ...at(), provider: 'web', method: { type: 'token', token: 'SECRET.token-1' } });
  const text = await readFile(config, 'utf8');
  expect(text).toContain('access: SECRET.token-1\n');
  expect(text).toContain(`secret: "p$ss: 'word' #1"`);
  expect((await stat(config)).mode & 0o777).toBe(0o600);
});

test('S11: a login does not begin while the variables turn the checks of TLS off', async () => {
  const environment = { ...standIn.environment, NODE_TLS_REJECT_UNAUTHORIZED: '0' };
  const before = await readFile(config);
  for (const call of [
    () => login({ ...at(), environment, provider: 'web', method: device }),
    () => login({ ...at(), environment, provider: 'lab', method: password }),
    () => discoverServers({ ...at(), environment, provider: 'web' }),
  ]) {
    expect(await rejection(call())).toMatchObject({
      code: 'request.invalid',
      message: expect.stringContaining('NODE_TLS_REJECT_UNAUTHORIZED=0 turns off the checks'),
    });
  }
  expect(standIn.requests).toEqual([]);
  expect(await readFile(config)).toEqual(before);
});

test('S12: however a plain address is written, no login is sent there', async () => {
  await login({ ...at(), provider: 'web', method: device });
  await updateConfiguration(config, (draft) => {
    draft.servers['plain'] = { url: 'HTTP://127.0.0.1:1/skaha', provider: 'web' };
    draft.contexts['plain'] = { server: 'plain', credential: 'web' };
  });
  expect(await rejection(useServer('plain', at()))).toMatchObject({ code: 'request.invalid' });
  const client = new SkahaClient({ config, context: 'plain' });
  expect(await rejection(client.context.resources())).toMatchObject({ code: 'request.invalid' });
  await client.close();
});

test('S13: a registry may send us to another host, which learns nothing of the user', async () => {
  const redirect = { status: 302, headers: { location: `${other.origin}/reg/resource-caps` } };
  await updateConfiguration(config, (draft) => {
    for (const one of Object.values(draft.providers ?? {})) one.ca = 'both.pem';
  });
  const both = (await readFile(standIn.ca, 'utf8')) + (await readFile(other.ca, 'utf8'));
  await writeFile(config.replace('config.yaml', 'both.pem'), both);
  other.on('GET /reg/resource-caps', {
    body: `ivo://lab.example.org/skaha = ${standIn.origin}/skaha/capabilities\n`,
  });
  standIn.on('GET /reg/resource-caps', redirect);
  await login({ ...at(), provider: 'web', method: device });
  expect(other.asked()).toEqual(['GET /reg/resource-caps']);
  expect(other.requests[0]?.headers).not.toHaveProperty('authorization');
  expect(other.requests[0]?.headers).not.toHaveProperty('cookie');
  expect(other.requests[0]?.certificate).toBe(false);
});

test('S13: neither password nor token follows a redirect to another host', async () => {
  const { origin } = standIn;
  const elsewhere = { status: 307, headers: { location: `${other.origin}/` } };
  standIn.on('GET /reg/resource-caps', {
    body: `ivo://cadc.nrc.ca/cred = ${origin}/cred/capabilities\nivo://lab.example.org/skaha = ${origin}/skaha/capabilities\n`,
  });
  standIn.on('GET /cred/capabilities', {
    body: `<c><capability standardID="ivo://ivoa.net/std/CDP#proxy-1.0"><interface><accessURL>${origin}/cred/generate</accessURL><securityMethod standardID="ivo://ivoa.net/sso#BasicAA"/></interface></capability></c>`,
  });
  standIn.on('GET /cred/generate', elsewhere);
  expect(await rejection(login({ ...at(), provider: 'lab', method: password }))).toMatchObject({
    code: 'response.redirect',
  });
  for (const route of ['POST /register', 'POST /devicecode', 'POST /token']) {
    serveProvider(standIn);
    standIn.on(route, elsewhere);
    const error = await rejection(login({ ...at(), provider: 'web', method: device }));
    expect(error).toMatchObject({ code: 'response.redirect' });
  }
  serveProvider(standIn);
  standIn.on('GET /skaha/v1/context', elsewhere);
  await login({ ...at(), provider: 'web', method: device });
  const client = new SkahaClient({ config });
  expect(await rejection(client.context.resources())).toMatchObject({ code: 'response.redirect' });
  await client.close();
  expect(other.requests).toEqual([]);
});

test('S25: capabilities that name another host get no login, whoever listed them', async () => {
  standIn.on('GET /skaha/capabilities', { body: capabilitiesXml(`${other.origin}/skaha`) });
  const error = await rejection(login({ ...at(), provider: 'web', method: device }));
  expect(error).toMatchObject({ code: 'server.none_available' });
  expect(other.requests).toEqual([]);
  const { configuration } = await loadConfiguration({ path: config });
  expect(configuration.active).toBeUndefined();
});

test.skipIf(process.platform === 'win32')(
  'S15: a certificate file that never ends, or never begins, holds nothing up',
  async () => {
    const pipe = `${config}.pipe`;
    execFileSync('mkfifo', [pipe]);
    await updateConfiguration(config, (draft) => {
      for (const [name, path] of Object.entries({ endless: '/dev/zero', pipe, folder: '/' })) {
        draft.credentials[name] = { mode: 'x509', path };
      }
    });
    const states = (await listCredentials(at())).map(({ name, state }) => [name, state]);
    expect(states).toEqual([
      ['endless', 'invalid'],
      ['pipe', 'invalid'],
      ['folder', 'invalid'],
    ]);
  },
);
