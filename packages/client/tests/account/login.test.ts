import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type LoginMethod,
  type LoginOptions,
  listCredentials,
  login,
} from '../../src/account/index.js';
import { loadConfiguration } from '../../src/config/read.js';
import { makePair } from '../auth/fixtures.js';
import { serveProvider, type TestProvider } from '../auth/oidc/provider.js';
import {
  capabilitiesXml,
  get,
  type Handler,
  type StandIn,
  servePlatform,
  startStandIn,
} from '../auth/stand-in.js';
import { JumpingClock, rejection } from '../fixtures.js';

let standIn: StandIn;
let provider: TestProvider;
let config: string;

const hour = 3_600_000;
const pem = (from: number, until: number): string => {
  const { certificate, key } = makePair(new Date(Date.now() + from), new Date(Date.now() + until));
  return `${certificate}${key}`;
};

/** Serves a credential service that knows one user. */
function serveCertificates(answer?: Handler): void {
  const { origin } = standIn;
  standIn.on('GET /cred/capabilities', {
    body: `<c xmlns:xsi="x">
      <capability standardID="ivo://ivoa.net/std/VOSI#availability"><interface><accessURL>${origin}/cred/availability</accessURL></interface></capability>
      <capability standardID="ivo://ivoa.net/std/CDP#proxy-1.0"><interface><accessURL use="base">${origin}/cred/generate</accessURL><securityMethod standardID="ivo://ivoa.net/sso#BasicAA"/></interface></capability>
    </c>`,
  });
  standIn.on('GET /reg/resource-caps', {
    body: `ivo://cadc.nrc.ca/cred = ${origin}/cred/capabilities\nivo://lab.example.org/skaha = ${origin}/skaha/capabilities\n`,
  });
  standIn.on('GET /cred/generate', (request, count) => {
    if (answer !== undefined) return answer(request, count);
    const good = Buffer.from('ada:SECRET-password').toString('base64');
    return request.headers.authorization === `Basic ${good}`
      ? { body: pem(-hour, 30 * 24 * hour) }
      : { status: 401, body: 'Invalid password' };
  });
}

const options = (method: LoginMethod, extra: Partial<LoginOptions> = {}): LoginOptions => ({
  provider: method.type === 'device' || method.type === 'browser' ? 'web' : 'lab',
  method,
  config,
  environment: standIn.environment,
  ...extra,
});
const password = (extra: Partial<LoginOptions> = {}): LoginOptions =>
  options({ type: 'password', username: 'ada', password: 'SECRET-password' }, extra);
const device = (extra: Partial<LoginOptions> = {}): LoginOptions =>
  options({ type: 'device', onVerification: () => {} }, { clock: new JumpingClock(), ...extra });

beforeEach(async () => {
  standIn = await startStandIn();
  servePlatform(standIn);
  provider = serveProvider(standIn);
  config = await standIn.configure(`providers:
  web: { mode: oidc, name: Web, registry: "${standIn.origin}/reg/resource-caps", issuer: "${provider.issuer}", ca: ca.pem, development: true }
  lab: { mode: x509, name: Lab, registry: "${standIn.origin}/reg/resource-caps", ca: ca.pem, development: true }
`);
});
afterEach(() => standIn[Symbol.asyncDispose]());

describe('with a code', () => {
  test('a login ends with tokens saved, a server chosen and a context made', async () => {
    const seen: unknown[] = [];
    provider.polls = [{ error: 'authorization_pending' }, 'approve'];
    const method: LoginMethod = {
      type: 'device',
      onVerification: (shown) => void seen.push(shown),
    };
    const result = await login(device({ method }));
    expect(seen).toEqual([
      {
        userCode: 'WDJB-MJHT',
        verificationUri: `${standIn.origin}/device`,
        verificationUriComplete: `${standIn.origin}/device?user_code=WDJB-MJHT`,
        browserUrl: `${standIn.origin}/device?user_code=WDJB-MJHT`,
        expiresInMs: 600_000,
      },
    ]);
    expect(result).toMatchObject({
      user: 'ada',
      alreadyLoggedIn: false,
      credential: { name: 'web', provider: 'web', mode: 'oidc', state: 'valid', active: true },
      activation: {
        reason: 'single',
        credential: 'web',
        server: { version: 'v1', auths: ['x509', 'oidc'] },
        defaults: { cores: 8, memoryGiB: 32, gpus: 0 },
      },
    });
    const { configuration, warnings } = await loadConfiguration({ path: config });
    expect(warnings).toEqual([]);
    expect(configuration.active).toBe('lab-example-org');
    expect(configuration.contexts['lab-example-org']).toEqual({
      server: 'lab-example-org',
      credential: 'web',
    });
    expect((await stat(config)).mode & 0o777).toBe(0o600);
  });

  test('a second login is told that there is one, and sends nothing to the provider', async () => {
    await login(device());
    const before = standIn.requests.length;
    const result = await login(device());
    expect(result).toMatchObject({ alreadyLoggedIn: true, activation: { reason: 'active' } });
    expect(standIn.requests).toHaveLength(before);
  });

  test('a login by force uses the registered client again, a new one only when asked', async () => {
    await login(device());
    await login(device({ force: true }));
    expect(standIn.asked().filter((line) => line === 'POST /register')).toHaveLength(1);
    await login(device({ force: true, newClient: true }));
    expect(standIn.asked().filter((line) => line === 'POST /register')).toHaveLength(2);
    expect(standIn.asked().filter((line) => line.startsWith('DELETE /register/'))).toHaveLength(1);
  });

  test('a client that the provider has forgotten is registered again', async () => {
    await login(device());
    const forgetful = serveProvider(standIn);
    const result = await login(device({ force: true }));
    expect(result.credential.state).toBe('valid');
    expect(forgetful.current).toBeDefined();
  });

  test('that the provider does not tell the name is a warning, and the login is kept', async () => {
    standIn.on('GET /userinfo', { status: 500 });
    const warnings: string[] = [];
    const result = await login(device({ onWarning: (text) => warnings.push(text) }));
    expect(result.user).toBeUndefined();
    expect(result.credential.state).toBe('valid');
    expect(warnings).toEqual([
      'You are logged in, but the provider did not report your user name.',
    ]);
  });

  test('the login is kept when no server is found afterwards, and nothing is active', async () => {
    standIn.on('GET /reg/resource-caps', { body: '' });
    const error = await rejection(login(device()));
    expect(error).toMatchObject({ code: 'server.none_available' });
    const { configuration } = await loadConfiguration({ path: config });
    expect(configuration.credentials['web']).toMatchObject({ mode: 'oidc' });
    expect(configuration.active).toBeUndefined();
  });

  test('a server that refuses the login is not made active', async () => {
    standIn.on('GET /skaha/v1/context', { status: 401, body: 'Unauthorized' });
    expect(await rejection(login(device()))).toMatchObject({
      code: 'authentication.denied',
      message: `${standIn.host} refused your login.`,
      status: 401,
    });
    expect((await loadConfiguration({ path: config })).configuration.active).toBeUndefined();
  });

  test('a server that only takes certificates is not sent the token', async () => {
    standIn.on('GET /skaha/capabilities', {
      body: capabilitiesXml(`${standIn.origin}/skaha`, ['tls-with-certificate']),
    });
    expect(await rejection(login(device()))).toMatchObject({
      code: 'authentication.denied',
      message: 'Server lab-example-org accepts x509; your web login uses oidc.',
    });
    const toServer = standIn.requests.filter(({ path }) => path.startsWith('/skaha'));
    expect(toServer.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
  });

  test('that a server does not tell what sessions may use is a warning', async () => {
    standIn.on('GET /skaha/v1/context', { status: 503 });
    const warnings: string[] = [];
    const result = await login(device({ onWarning: (text) => warnings.push(text) }));
    expect(result.activation?.defaults).toBeUndefined();
    expect(warnings).toEqual([
      `${standIn.host} did not report its limits for sessions (HTTP 503). The values read earlier are kept.`,
    ]);
  });

  test('a cancelled login saves nothing and gives its client back', async () => {
    const controller = new AbortController();
    provider.polls = [{ error: 'authorization_pending' }];
    const before = await readFile(config);
    const method: LoginMethod = {
      type: 'device',
      onVerification: () => controller.abort(new Error('stop')),
    };
    expect(await rejection(login(device({ method, signal: controller.signal })))).toMatchObject({
      message: 'stop',
    });
    expect(await readFile(config)).toEqual(before);
    expect(standIn.asked().some((line) => line.startsWith('DELETE /register/'))).toBe(true);
  });
});

describe('with another discovery document', () => {
  test('the provider of that document is asked, by its own name', async () => {
    await standIn.configure(`providers:
  web: { mode: oidc, registry: "${standIn.origin}/reg/resource-caps", issuer: "https://old.example.org/", ca: ca.pem, development: true }
`);
    const result = await login(device({ discovery: provider.discovery }));
    expect(result.user).toBe('ada');
    const { configuration } = await loadConfiguration({ path: config });
    expect(configuration.credentials['web']).toMatchObject({ issuer: provider.issuer });
    provider.metadata['issuer'] = 'https://evil.example.org/';
    const again = device({ discovery: provider.discovery, force: true });
    expect(await rejection(login(again))).toMatchObject({
      code: 'authentication.provider_invalid',
    });
  });
});

describe('in the browser', () => {
  const visit = async (url: string) => {
    const page = await get(url, standIn.ca);
    await fetch(page.location);
  };

  test('a login goes through the page and back', async () => {
    const onOpen = (url: string) => void visit(url);
    const result = await login(options({ type: 'browser', onOpen }));
    expect(result).toMatchObject({ user: 'ada', credential: { mode: 'oidc', state: 'valid' } });
    const asked = standIn.requests.find(({ path }) => path === '/authorize');
    expect(Object.fromEntries(asked?.query ?? [])).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      redirect_uri: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/callback$/),
    });
  });

  test('an answer that belongs to another login ends it', async () => {
    const onOpen = (url: string) => {
      const back = new URL(new URL(url).searchParams.get('redirect_uri') ?? '');
      back.searchParams.set('code', 'stolen');
      back.searchParams.set('state', 'of somebody else');
      void fetch(back);
    };
    expect(await rejection(login(options({ type: 'browser', onOpen })))).toMatchObject({
      code: 'authentication.provider_invalid',
    });
    expect(standIn.asked()).not.toContain('POST /token');
  });

  test('a denial on the page is one', async () => {
    const onOpen = (url: string) => {
      const { searchParams } = new URL(url);
      const back = new URL(searchParams.get('redirect_uri') ?? '');
      back.searchParams.set('error', 'access_denied');
      back.searchParams.set('state', searchParams.get('state') ?? '');
      void fetch(back);
    };
    expect(await rejection(login(options({ type: 'browser', onOpen })))).toMatchObject({
      code: 'authentication.denied',
    });
  });

  test('a user who does not come back in time ends it', async () => {
    const method: LoginMethod = { type: 'browser', onOpen: () => {}, patienceMs: 1 };
    expect(await rejection(login(options(method)))).toMatchObject({ code: 'transport.timeout' });
  });
});

describe('with a certificate', () => {
  test('user name and password get one, which is saved and used', async () => {
    serveCertificates();
    const result = await login(password());
    const path = join(standIn.home, '.ssl', 'lab.pem');
    expect(result).toMatchObject({
      credential: { name: 'lab', mode: 'x509', state: 'valid', path, active: true },
      activation: { server: { name: 'lab-example-org' } },
    });
    const request = standIn.requests.find(({ path: asked }) => asked === '/cred/generate');
    expect(request?.query.get('daysValid')).toBe('30');
    const context = standIn.requests.find(({ path: asked }) => asked === '/skaha/v1/context');
    expect(context?.certificate).toBe(true);
  });

  test('S1: certificate and directory are made private', async () => {
    serveCertificates();
    await login(password({ activate: false }));
    expect((await stat(join(standIn.home, '.ssl'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(standIn.home, '.ssl', 'lab.pem'))).mode & 0o777).toBe(0o600);
  });

  test('S5: the password is in no file', async () => {
    serveCertificates();
    await login(password());
    expect(await readFile(config, 'utf8')).not.toContain('SECRET-password');
    expect(await readFile(join(standIn.home, '.ssl', 'lab.pem'), 'utf8')).not.toContain('SECRET');
  });

  test('a password that is refused is one clear sentence', async () => {
    serveCertificates();
    const wrong = options({ type: 'password', username: 'ada', password: 'SECRET-wrong' });
    const error = await rejection(login(wrong));
    expect(error).toMatchObject({
      code: 'authentication.denied',
      message: `The user name or password was refused by ${standIn.host}.`,
      serverMessage: 'Invalid password',
    });
  });

  test('a token is traded for one, and not kept', async () => {
    serveCertificates(({ headers }) =>
      headers.authorization === 'Bearer SECRET.token'
        ? { body: pem(-hour, 24 * hour) }
        : { status: 401 },
    );
    const capabilities = `<c><capability standardID="ivo://ivoa.net/std/CDP#proxy-1.0"><interface><accessURL>${standIn.origin}/cred/generate</accessURL><securityMethod standardID="ivo://ivoa.net/sso#token"/></interface></capability></c>`;
    expect(
      await rejection(login(options({ type: 'password', username: 'a', password: 'b' }))),
    ).toMatchObject({ code: 'authentication.denied' });
    standIn.on('GET /cred/capabilities', { body: capabilities });
    const result = await login(options({ type: 'exchange', token: 'SECRET.token' }));
    expect(result.credential).toMatchObject({ mode: 'x509', state: 'valid' });
    expect(await readFile(config, 'utf8')).not.toContain('SECRET');
    expect(await rejection(login(password({ force: true })))).toMatchObject({
      code: 'server.discovery_failed',
      message: "The credential service of 'lab' cannot be used: it does not accept a password.",
    });
  });

  test('a netrc entry serves as well', async () => {
    serveCertificates();
    const netrc = 'machine localhost login ada password SECRET-password\n';
    await writeFile(join(standIn.home, '.netrc'), netrc, { mode: 0o600 });
    const result = await login(options({ type: 'netrc' }));
    expect(result.credential.state).toBe('valid');
  });

  test('a certificate that one has is taken where it is', async () => {
    const path = join(standIn.home, 'mine.pem');
    await writeFile(path, pem(-hour, hour), { mode: 0o600 });
    const warnings: string[] = [];
    const result = await login(
      options({ type: 'certificate', path }, { onWarning: (text) => warnings.push(text) }),
    );
    expect(result.credential).toMatchObject({ path, state: 'valid' });
    expect(warnings).toEqual([expect.stringContaining('less than an hour')]);
  });

  test('a certificate that has expired is refused before anything is saved', async () => {
    const path = join(standIn.home, 'old.pem');
    await writeFile(path, pem(-2 * hour, -hour), { mode: 0o600 });
    const before = await readFile(config);
    expect(await rejection(login(options({ type: 'certificate', path })))).toMatchObject({
      code: 'authentication.expired',
    });
    expect(await readFile(config)).toEqual(before);
  });

  test('a provider without that kind of login says so', async () => {
    const wrong = { ...password(), provider: 'web' };
    expect(await rejection(login(wrong))).toMatchObject({
      code: 'request.invalid',
      message: "'web' has no login of the kind 'password'.",
    });
  });
});

describe('with a token', () => {
  test('a token is saved and sent to the server that was chosen', async () => {
    const result = await login(options({ type: 'token', token: ' SECRET.token ' }));
    expect(result.credential).toMatchObject({ mode: 'token', state: 'valid', expiry: null });
    const context = standIn.requests.find(({ path }) => path === '/skaha/v1/context');
    expect(context?.headers.authorization).toBe('Bearer SECRET.token');
  });

  test('S14: nothing of discovery carries it', async () => {
    await login(options({ type: 'token', token: 'SECRET.token' }));
    const others = standIn.requests.filter(({ path }) => path !== '/skaha/v1/context');
    expect(others.length).toBeGreaterThan(3);
    for (const { headers, certificate } of others) {
      expect(headers.authorization).toBeUndefined();
      expect(certificate).toBe(false);
    }
  });

  test('an unknown provider is named with those that exist', async () => {
    const wrong = { ...password(), provider: 'nobody' };
    expect(await rejection(login(wrong))).toMatchObject({
      code: 'authentication.required',
      message: "There is no identity provider 'nobody'.",
      hint: expect.stringContaining('cadc, srcnet, web, lab'),
    });
    expect(await listCredentials(options({ type: 'certificate' }))).toEqual([]);
  });
});
