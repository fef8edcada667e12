import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type AccountOptions,
  activate,
  discoverServers,
  listCredentials,
  listProviders,
  listServers,
  login,
  purgeCredentials,
  removeCredential,
  saveServers,
  stagedLogin,
  useCredential,
  useServer,
} from '../../src/account/index.js';
import { loadConfiguration } from '../../src/config/read.js';
import { updateConfiguration } from '../../src/config/write.js';
import { makePair } from '../auth/fixtures.js';
import { serveProvider, type TestProvider } from '../auth/oidc/provider.js';
import { capabilitiesXml, type StandIn, servePlatform, startStandIn } from '../auth/stand-in.js';
import { JumpingClock, rejection } from '../fixtures.js';

let standIn: StandIn;
let provider: TestProvider;
let config: string;
const hour = 3_600_000;

const at = (): AccountOptions => ({ config, environment: standIn.environment });
const loaded = async () => (await loadConfiguration({ path: config })).configuration;

const logIn = (force = false) =>
  login({
    ...at(),
    provider: 'web',
    method: { type: 'device', onVerification: () => {} },
    clock: new JumpingClock(),
    force,
  });

/** A second server in the registry, and one that the user has added. */
async function addServers(): Promise<void> {
  const { origin } = standIn;
  standIn.on('GET /reg/resource-caps', {
    body: `ivo://lab.example.org/skaha = ${origin}/skaha/capabilities
ivo://two.org/skaha = ${origin}/two/skaha/capabilities`,
  });
  standIn.on('HEAD /two/skaha', {});
  standIn.on('GET /two/skaha/capabilities', { body: capabilitiesXml(`${origin}/two/skaha`) });
  standIn.on('GET /two/skaha/v1/context', { json: {} });
}

beforeEach(async () => {
  standIn = await startStandIn();
  servePlatform(standIn);
  provider = serveProvider(standIn);
  config = await standIn.configure(`# kept
providers:
  web: { mode: oidc, registry: "${standIn.origin}/reg/resource-caps", issuer: "${provider.issuer}", ca: ca.pem, development: true }
registries:
  images.example.org: { username: ada, secret: SECRET-registry }
`);
});
afterEach(() => standIn[Symbol.asyncDispose]());

test('the providers are listed with what is saved for them', async () => {
  await logIn();
  expect(await listProviders(at())).toMatchObject([
    {
      key: 'cadc',
      mode: 'x509',
      builtIn: true,
      saved: false,
      registries: ['CADC', 'CADC@keel-dev'],
    },
    { key: 'srcnet', mode: 'oidc', builtIn: true, saved: false },
    { key: 'web', mode: 'oidc', builtIn: false, saved: true },
  ]);
});

describe('servers', () => {
  test('are discovered, saved and listed', async () => {
    await addServers();
    const found = await discoverServers({ ...at(), provider: 'web' });
    expect(found.servers.map(({ name }) => name)).toEqual(['lab-example-org', 'two-org']);
    expect(await listServers(at())).toMatchObject([
      { name: 'lab-example-org', version: 'v1', provider: 'web', active: false },
      { name: 'two-org' },
    ]);
    expect(await listServers({ ...at(), provider: 'cadc' })).toEqual([]);
    expect(await readFile(config, 'utf8')).toContain('# kept');
  });

  test('are discovered without a trace when nothing is to be saved', async () => {
    const before = await readFile(config);
    const { servers } = await discoverServers({ ...at(), provider: 'web', save: false });
    expect(servers).toHaveLength(1);
    expect(await readFile(config)).toEqual(before);
  });

  test('found without a trace, some of them can be saved later', async () => {
    await addServers();
    const { servers } = await discoverServers({ ...at(), provider: 'web', save: false });
    await saveServers(servers.slice(1), { ...at(), provider: 'web' });
    expect(await listServers(at())).toMatchObject([{ name: 'two-org', provider: 'web' }]);
  });

  test('several of them are not chosen from by guessing', async () => {
    await addServers();
    expect(await rejection(logIn())).toMatchObject({
      code: 'server.required',
      message: "Select a server for 'web'.",
      hint: "Use 'skaha server use NAME'; these exist: lab-example-org, two-org.",
    });
    expect((await loaded()).credentials['web']).toBeDefined();
    const chosen = await activate({
      ...at(),
      credential: 'web',
      choose: ([first]) => first?.name ?? '',
    });
    expect(chosen).toMatchObject({ reason: 'chosen', context: 'lab-example-org' });
  });

  test('one is used by name, by URI or by URL, and remembered', async () => {
    await addServers();
    await rejection(logIn());
    await activate({ ...at(), credential: 'web', server: 'ivo://lab.example.org/skaha' });
    const warnings: string[] = [];
    const two = await useServer(`${standIn.origin}/two/skaha/`, {
      ...at(),
      onWarning: (text) => warnings.push(text),
    });
    expect(two).toMatchObject({ reason: 'selected', context: 'two-org', credential: 'web' });
    expect(warnings).toHaveLength(1);
    await updateConfiguration(config, (draft) => {
      delete draft.active;
    });
    expect(await useCredential('web', at())).toMatchObject({
      reason: 'remembered',
      context: 'two-org',
    });
    expect((await loaded()).servers['lab-example-org']?.defaults).toEqual({
      cores: 8,
      memory: 32,
      gpus: 0,
    });
  });

  test('one that is not known is looked for once more', async () => {
    await logIn();
    await addServers();
    expect(await useServer('two-org', at())).toMatchObject({ context: 'two-org' });
    const error = await rejection(useServer('three', at()));
    expect(error).toMatchObject({
      code: 'server.not_found',
      message: "There is no server 'three' for 'web'.",
    });
    expect((await loaded()).active).toBe('two-org');
  });

  test('the former choice stays when the new server fails', async () => {
    await logIn();
    await addServers();
    standIn.on('GET /two/skaha/capabilities', {
      body: capabilitiesXml('https://evil.example.org/skaha'),
    });
    await discoverServers({ ...at(), provider: 'web' });
    await updateConfiguration(config, (draft) => {
      draft.servers['two-org'] = {
        url: `${standIn.origin}/two/skaha`,
        provider: 'web',
        ca: 'ca.pem',
      };
    });
    const before = await readFile(config);
    expect(await rejection(useServer('two-org', at()))).toMatchObject({
      message: `The capabilities of ${standIn.host} refer to another host, which is not trusted.`,
    });
    expect(await readFile(config)).toEqual(before);
  });

  test('capabilities that are for users only are asked for with the login', async () => {
    const url = `${standIn.origin}/skaha`;
    await logIn();
    standIn.on('GET /skaha/capabilities', ({ headers }) =>
      headers.authorization === undefined ? { status: 403 } : { body: capabilitiesXml(url) },
    );
    expect(await useServer('lab-example-org', at())).toMatchObject({ context: 'lab-example-org' });
  });

  test('S12: a login is not sent over plain http', async () => {
    await logIn();
    await updateConfiguration(config, (draft) => {
      draft.servers['plain'] = { url: 'http://127.0.0.1:1/skaha', provider: 'web' };
    });
    expect(await rejection(useServer('plain', at()))).toMatchObject({
      code: 'request.invalid',
      message: "The login was not sent to the server 'plain': its address is not https.",
    });
  });
});

describe('logins', () => {
  test('are judged by what they hold', async () => {
    const pem = async (name: string, from: number, until: number) => {
      const { certificate, key } = makePair(
        new Date(Date.now() + from),
        new Date(Date.now() + until),
      );
      await writeFile(join(standIn.home, name), `${certificate}${key}`, { mode: 0o600 });
    };
    await pem('good.pem', -hour, hour);
    await pem('old.pem', -2 * hour, -hour);
    await pem('early.pem', hour, 2 * hour);
    await writeFile(join(standIn.home, 'broken.pem'), 'x', { mode: 0o600 });
    const jwt = (exp: unknown) =>
      `e30.${Buffer.from(JSON.stringify({ exp })).toString('base64url')}.c2ln`;
    config = await standIn.configure(`credentials:
  good: { mode: x509, path: good.pem }
  old: { mode: x509, path: old.pem }
  early: { mode: x509, path: early.pem }
  broken: { mode: x509, path: broken.pem }
  none: { mode: x509, path: none.pem }
  opaque: { mode: token, access: abc }
  ended: { mode: token, access: "${jwt(1)}" }
  odd: { mode: token, access: "${jwt('soon')}" }
  lost: { mode: token, path: token.txt }
  empty: { mode: oidc }
  damaged: { mode: oidc, client: 7 }
  bare: { mode: oidc, token: { access: abc }, expiry: { access: 1 } }
  renewable: { mode: oidc, endpoints: { token: "https://i.org/t" }, client: { identity: a, secret: b }, token: { refresh: r }, expiry: { access: 1 } }
  unregistered: { mode: oidc, endpoints: { token: "https://i.org/t" }, client: { identity: a, secret: b, secret_expires_at: 1 }, token: { access: a, refresh: r }, expiry: { access: 1 } }
`);
    const found = await listCredentials(at());
    expect(Object.fromEntries(found.map(({ name, state }) => [name, state]))).toEqual({
      good: 'valid',
      old: 'expired',
      early: 'invalid',
      broken: 'invalid',
      none: 'missing',
      opaque: 'valid',
      ended: 'expired',
      odd: 'valid',
      lost: 'missing',
      empty: 'missing',
      damaged: 'invalid',
      bare: 'expired',
      renewable: 'valid',
      unregistered: 'expired',
    });
    expect(found.filter(({ renewable }) => renewable).map(({ name }) => name)).toEqual([
      'renewable',
    ]);
    expect(found.find(({ name }) => name === 'old')?.expiry).toBeCloseTo(
      (Date.now() - hour) / 1000,
      -2,
    );
  });

  test('S23: a logout revokes both tokens, deletes the client, then the record', async () => {
    await logIn();
    const web = (await loaded()).credentials['web'];
    const { access, refresh } = web?.mode === 'oidc' ? (web.token ?? {}) : {};
    standIn.requests.splice(0);
    standIn.on('POST /revoke', async () => {
      expect((await loaded()).credentials['web']).toBeDefined();
      return {};
    });
    expect(await removeCredential('web', { ...at(), force: true })).toEqual({
      name: 'web',
      revoked: true,
      deletedFile: undefined,
    });
    const revoked = standIn.requests.filter(({ path }) => path === '/revoke');
    expect(revoked.map(({ form }) => [form.get('token'), form.get('token_type_hint')])).toEqual([
      [refresh, 'refresh_token'],
      [access, 'access_token'],
    ]);
    expect(standIn.asked().at(-1)).toMatch(/^DELETE \/register\//);
    const after = await loaded();
    expect(after).toMatchObject({ contexts: {}, servers: {}, credentials: {} });
    expect(after.active).toBeUndefined();
  });

  test('a provider that does not answer keeps nobody from logging out', async () => {
    await logIn();
    standIn.on('POST /revoke', 'drop');
    expect(await removeCredential('web', { ...at(), force: true })).toMatchObject({
      revoked: false,
    });
    expect((await loaded()).credentials).toEqual({});
  });

  test('the login in use is removed only by force, an unknown one never', async () => {
    await logIn();
    expect(await rejection(removeCredential('web', at()))).toMatchObject({
      code: 'authentication.required',
      message: "The login 'web' is in use.",
    });
    expect(await rejection(removeCredential('eve', at()))).toMatchObject({
      code: 'authentication.required',
      message: "You are not logged in to 'eve'.",
    });
  });

  test('a certificate file is deleted only when a login of ours wrote it', async () => {
    const theirs = join(standIn.home, 'theirs.pem');
    const ours = join(standIn.home, 'ours.pem');
    await writeFile(theirs, 'x');
    await writeFile(ours, 'x');
    await updateConfiguration(config, (draft) => {
      draft.credentials['theirs'] = { mode: 'x509', path: theirs };
      draft.credentials['ours'] = { mode: 'x509', path: ours, managed: true };
    });
    const removed = await purgeCredentials({ ...at(), force: true });
    expect(removed.map(({ deletedFile }) => deletedFile)).toEqual([undefined, ours]);
    await stat(theirs);
    expect(await rejection(stat(ours))).toMatchObject({ code: 'ENOENT' });
  });

  test('a purge needs force, and keeps what is not about logins', async () => {
    await logIn();
    expect(await rejection(purgeCredentials(at()))).toMatchObject({
      code: 'authentication.required',
    });
    await purgeCredentials({ ...at(), force: true });
    expect(await loaded()).toMatchObject({
      contexts: {},
      servers: {},
      credentials: {},
      registries: { 'images.example.org': { username: 'ada' } },
      providers: { web: { mode: 'oidc' } },
    });
    expect(await readFile(config, 'utf8')).toContain('# kept');
  });

  test('without any, what to do is said', async () => {
    expect(await rejection(activate(at()))).toMatchObject({
      code: 'authentication.required',
      message: 'You are not logged in.',
    });
    expect(await rejection(useCredential('cadc', at()))).toMatchObject({
      message: "You are not logged in to 'cadc'.",
    });
  });
});

describe('a staged login', () => {
  const logInStaged = (server: string) =>
    stagedLogin('web', at(), async (staged) => {
      await login({
        ...staged,
        provider: 'web',
        method: { type: 'device', onVerification: () => {} },
        clock: new JumpingClock(),
        activate: false,
      });
      expect((await loaded()).credentials['web']).toBeUndefined();
      return activate({ ...staged, credential: 'web', server });
    });

  test('is put in place when all of its steps have worked', async () => {
    expect(await logInStaged('lab-example-org')).toMatchObject({ context: 'lab-example-org' });
    expect(await loaded()).toMatchObject({ active: 'lab-example-org', credentials: { web: {} } });
    expect(await readFile(config, 'utf8')).toContain('# kept');
  });

  test('leaves nothing behind when one of them fails', async () => {
    const before = await readFile(config);
    expect(await rejection(logInStaged('nowhere'))).toMatchObject({ code: 'server.not_found' });
    expect(await readFile(config)).toEqual(before);
    const left = (await readdir(dirname(config))).filter((name) => name.includes('login-'));
    expect(left).toEqual([]);
  });
});
