import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { resolveConnection } from '../../src/runtime/connection.js';
import type { ConnectionOptions } from '../../src/runtime/types.js';
import { makePair, replace } from '../auth/fixtures.js';
import { configurationFile, failure } from '../config/fixtures.js';

const text = `schema: skaha
version: 1
active: one
contexts:
  one: { server: first, credential: token }
  two: { server: second, credential: file }
  three: { server: first, credential: certificate }
  four: { server: second, credential: login }
  plain: { server: plain, credential: token }
  remote: { server: remote, credential: token }
  bare: { server: bare, credential: token }
servers:
  first: { url: "https://first.example.org/skaha", version: v1 }
  second: { url: "https://second.example.org/skaha/v2/", ca: ca.pem }
  plain: { url: "http://127.0.0.1:8080/skaha", insecure: true }
  remote: { url: "http://remote.example.org/skaha", insecure: true }
  bare: { uri: "ivo://x/skaha" }
credentials:
  token: { mode: token, access: saved-token }
  file: { mode: token, path: token.txt }
  certificate: { mode: x509, path: proxy.pem }
  login: { mode: oidc, token: { access: login-token }, expiry: { access: 1000 } }
registries:
  images.canfar.net: { username: ada, secret: saved-secret }
`;

async function setup() {
  const path = await configurationFile(text);
  const directory = dirname(path);
  const pair = makePair(new Date('2026-01-01'), new Date('2026-02-01'));
  await writeFile(join(directory, 'proxy.pem'), pair.certificate + pair.key, { mode: 0o600 });
  await writeFile(join(directory, 'ca.pem'), pair.certificate);
  await writeFile(join(directory, 'token.txt'), 'file-token\n', { mode: 0o600 });
  const clock = { now: () => Date.parse('2026-01-15'), sleep: async () => undefined };
  const resolve = (options: ConnectionOptions = {}, environment: Record<string, string> = {}) =>
    resolveConnection(options, { SKAHA_CONFIG: path, ...environment }, clock);
  return { path, directory, pair, resolve };
}

async function tokenOf(connection: Awaited<ReturnType<typeof resolveConnection>>) {
  if (connection.credential.mode !== 'token') throw new Error('It is no token.');
  return connection.credential.read();
}

test('without options the active context is used', async () => {
  const { resolve } = await setup();
  const connection = await resolve();
  expect(connection).toMatchObject({
    root: 'https://first.example.org/skaha',
    version: 'v1',
    context: 'one',
    credential: { mode: 'token', runtime: false },
    registries: { 'images.canfar.net': { username: 'ada', secret: 'saved-secret' } },
  });
  expect(connection.ca).toBeUndefined();
  expect(await tokenOf(connection)).toBe('saved-token');
});

test('paths in the file start from its directory; the version may end the URL', async () => {
  const { resolve, directory, pair } = await setup();
  const connection = await resolve({ context: 'two' });
  expect(connection).toMatchObject({ root: 'https://second.example.org/skaha', version: 'v2' });
  expect(connection.ca?.trim()).toBe(pair.certificate.trim());
  expect(await tokenOf(connection)).toBe('file-token');
  await replace(join(directory, 'token.txt'), 'new-token');
  expect(await tokenOf(connection)).toBe('new-token');
});

test('a certificate is read and checked at once', async () => {
  const { resolve, directory, pair } = await setup();
  const { credential } = await resolve({}, { SKAHA_CONTEXT: 'three' });
  if (credential.mode !== 'x509') throw new Error('It is no certificate.');
  expect(credential.path).toBe(join(directory, 'proxy.pem'));
  expect((await credential.read()).pem).toBe(pair.certificate + pair.key);
  await replace(join(directory, 'proxy.pem'), pair.certificate);
  await failure(resolve({ context: 'three' }), 'authentication.credential_invalid');
});

test('options come before variables, variables before the context', async () => {
  const { resolve, directory } = await setup();
  const server = { SKAHA_URL: 'https://env.example.org/skaha', SKAHA_TOKEN: 'env-token' };
  const fromEnvironment = await resolve({}, server);
  expect(fromEnvironment).toMatchObject({
    root: 'https://env.example.org/skaha',
    version: 'v1',
    credential: { mode: 'token', runtime: true },
  });
  expect(fromEnvironment.context).toBeUndefined();
  expect(await tokenOf(fromEnvironment)).toBe('env-token');
  const fromOptions = await resolve(
    { url: 'https://opt.example.org/v3', certificate: join(directory, 'proxy.pem') },
    server,
  );
  expect(fromOptions).toMatchObject({
    root: 'https://opt.example.org',
    version: 'v3',
    credential: { mode: 'x509', runtime: true },
  });
  const named = await resolve({ context: 'one' }, server);
  expect(named).toMatchObject({ root: 'https://first.example.org/skaha', context: 'one' });
  expect(await tokenOf(named)).toBe('saved-token');
  expect(named.warnings).toEqual([expect.stringContaining('is not used')]);
});

test('an option token uses the URL of the environment when it brings none', async () => {
  const { resolve } = await setup();
  const connection = await resolve({ token: 't' }, { SKAHA_URL: 'https://env.example.org' });
  expect(connection.root).toBe('https://env.example.org');
});

test('of token and certificate the token wins, with a warning', async () => {
  const { resolve } = await setup();
  const options = { url: 'https://x.example.org', token: 't', certificate: '/none.pem' };
  const connection = await resolve(options);
  expect(connection.credential.mode).toBe('token');
  expect(connection.warnings).toEqual([expect.stringContaining('the token is used')]);
});

test('a runtime credential without URL is refused; the active server is no fallback', async () => {
  const { resolve } = await setup();
  await failure(resolve({ token: 'hush-token' }), 'server.required');
  await failure(resolve({ certificate: '/x.pem' }), 'server.required');
  const error = await failure(resolve({}, { SKAHA_TOKEN: 'hush-token' }), 'server.required');
  expect(JSON.stringify(error) + error.stack).not.toContain('hush');
  await failure(resolve({ token: 't', context: 'one' }), 'request.invalid');
});

test('S14: saved credentials go to their own server only', async () => {
  const { resolve } = await setup();
  const same = await resolve({ url: 'https://first.example.org/skaha/v5' });
  expect(same).toMatchObject({ version: 'v5', context: 'one' });
  for (const options of [
    { url: 'https://evil.example.org/skaha' },
    { url: 'https://evil.example.org/skaha', context: 'one' },
    { url: 'https://first.example.org:444/skaha' },
  ]) {
    const error = await failure(resolve(options), 'authentication.required');
    expect(error.message).toContain('belongs to https://first.example.org');
  }
  await failure(resolve({}, { SKAHA_URL: 'https://evil.example.org' }), 'authentication.required');
  const environment = { SKAHA_URL: 'https://env.example.org', SKAHA_TOKEN: 't' };
  await failure(
    resolve({ url: 'https://evil.example.org' }, environment),
    'authentication.required',
  );
});

test('the ca of a server entry also serves a runtime credential for that server', async () => {
  const { resolve, directory, pair } = await setup();
  const server = 'https://second.example.org/skaha/v1';
  expect((await resolve({ url: server, token: 't' })).ca?.trim()).toBe(pair.certificate.trim());
  expect((await resolve({ url: 'https://x.org/', token: 't' })).ca).toBeUndefined();
  const given = await resolve(
    { url: 'https://x.org/', token: 't' },
    { SKAHA_CA: join(directory, 'ca.pem') },
  );
  expect(given.ca?.trim()).toBe(pair.certificate.trim());
  await failure(resolve({ ca: join(directory, 'none.pem') }), 'config.invalid');
});

test('S12: plain http is for this machine, for servers that are marked, and for no credential', async () => {
  const { resolve } = await setup();
  expect((await resolve({ context: 'plain' })).root).toBe('http://127.0.0.1:8080/skaha');
  await failure(resolve({ context: 'remote' }), 'request.invalid');
  await failure(resolve({ url: 'http://localhost:9/skaha', token: 't' }), 'request.invalid');
  await failure(resolve({ url: 'http://127.0.0.1.example.org', token: 't' }), 'request.invalid');
  const anonymous = await resolve({ url: 'http://[::1]:9/skaha', anonymous: true });
  expect(anonymous.credential).toEqual({ mode: 'anonymous' });
  await failure(resolve({ url: 'http://x.org/skaha', anonymous: true }), 'request.invalid');
});

test('anonymous is anonymous, whatever else is set', async () => {
  const { resolve } = await setup();
  const environment = { SKAHA_TOKEN: 't', SKAHA_URL: 'https://env.example.org' };
  expect(await resolve({ anonymous: true }, environment)).toMatchObject({
    root: 'https://env.example.org',
    credential: { mode: 'anonymous' },
  });
  expect(await resolve({ anonymous: true })).toMatchObject({
    root: 'https://first.example.org/skaha',
    credential: { mode: 'anonymous' },
  });
});

test.each([
  'ftp://x.org',
  'x.org/skaha',
  'https://user:hush@x.org', // secret-scan: allow, it is made up
  'https://x.org/?token=hush',
  '',
])('the URL %j is refused without being shown', async (url) => {
  const { resolve } = await setup();
  const error = await failure(resolve({ url, token: 't' }), 'request.invalid');
  expect(error.message).not.toContain('hush');
});

test('S11: unchecked TLS is refused', async () => {
  const { resolve } = await setup();
  const error = await failure(
    resolve({}, { NODE_TLS_REJECT_UNAUTHORIZED: '0' }),
    'request.invalid',
  );
  expect(error.hint).toContain('SKAHA_CA');
});

test('an unknown context names those that exist', async () => {
  const { resolve } = await setup();
  const error = await failure(resolve({ context: 'eins' }), 'context.not_found');
  expect(error.message).toBe("There is no context named 'eins'.");
  expect(error.hint).toContain('one, two, three');
  await failure(resolve({ context: 'constructor' }), 'context.not_found');
  await failure(resolve({ context: 'bare' }), 'config.invalid');
});

test('when nothing is set up, the hint says how to begin', async () => {
  const empty = { SKAHA_CONFIG: '/dev/null' };
  const error = await failure(resolveConnection({}, empty), 'authentication.required');
  expect(error.hint).toContain('skaha platform start');
  expect(error.hint).toContain('skaha login');
  await failure(
    resolveConnection({ url: 'https://x.org/skaha' }, empty),
    'authentication.required',
  );
  const idle = await configurationFile(text.replace('active: one\n', ''));
  const choose = await failure(resolveConnection({ config: idle }, {}), 'server.required');
  expect(choose.hint).toContain('skaha context use');
});

test('an access token from a login is used until it expires', async () => {
  const { resolve, path } = await setup();
  const connection = await resolve({ context: 'four' });
  await failure(tokenOf(connection), 'authentication.expired');
  await writeFile(path, text.replace('access: 1000', 'access: 1800000000'), { mode: 0o600 });
  expect(await tokenOf(await resolve({ context: 'four' }))).toBe('login-token');
  await writeFile(path, text.replace('token: { access: login-token }', 'issuer: x'));
  await failure(resolve({ context: 'four' }).then(tokenOf), 'authentication.expired');
});

test('a registry from the environment joins those of the file', async () => {
  const { resolve } = await setup();
  const { registries } = await resolve(
    {},
    { SKAHA_REGISTRY_HOST: 'r.org', SKAHA_REGISTRY_USERNAME: 'u', SKAHA_REGISTRY_SECRET: 's' },
  );
  expect(Object.keys(registries)).toEqual(['images.canfar.net', 'r.org']);
});

test.each([
  [{ CANFAR_REGISTRY__USERNAME: 'eve' }, { username: 'eve', secret: 'saved-secret' }],
  [{ CANFAR_REGISTRY__SECRET: 'other' }, { username: 'ada', secret: 'other' }],
  [{ SKAHA_REGISTRY_USERNAME: 'eve' }, { username: 'eve', secret: 'saved-secret' }],
])(
  'one variable replaces one value of the registry in the file: %j',
  async (variables, account) => {
    const { resolve } = await setup();
    const { registries } = await resolve({}, variables);
    expect(registries).toEqual({ 'images.canfar.net': account });
  },
);

test('warnings of variables, file and credential arrive together', async () => {
  const { path, directory } = await setup();
  const late = { now: () => Date.parse('2026-01-31'), sleep: async () => undefined };
  const { warnings } = await resolveConnection(
    { context: 'three' },
    { SKAHA_CONFIG: path, SKAHA_ODD: '1' },
    late,
  );
  expect(warnings).toEqual([
    'The variable SKAHA_ODD is not read by skaha.',
    expect.stringContaining(`Certificate ${directory}/proxy.pem expires on`),
  ]);
});
