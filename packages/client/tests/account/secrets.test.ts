import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { mask } from '@skaha/base/redact.js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type LoginMethod,
  type LoginOptions,
  listCredentials,
  login,
  removeCredential,
} from '../../src/account/index.js';
import { readSetting } from '../../src/config/settings.js';
import { makePair } from '../auth/fixtures.js';
import { serveProvider, type TestProvider } from '../auth/oidc/provider.js';
import { type Answer, type StandIn, servePlatform, startStandIn } from '../auth/stand-in.js';
import { JumpingClock } from '../fixtures.js';

let standIn: StandIn;
let provider: TestProvider;
let config: string;
/** All that a user, a log or a crash report could get to see. */
let seen: string[];

beforeEach(async () => {
  standIn = await startStandIn();
  servePlatform(standIn);
  provider = serveProvider(standIn);
  seen = [];
  const { origin } = standIn;
  standIn.on('GET /reg/resource-caps', {
    body: `ivo://cadc.nrc.ca/cred = ${origin}/cred/capabilities\nivo://lab.example.org/skaha = ${origin}/skaha/capabilities\n`,
  });
  standIn.on('GET /cred/capabilities', {
    body: `<c><capability standardID="ivo://ivoa.net/std/CDP#proxy-1.0"><interface><accessURL>${origin}/cred/generate</accessURL><securityMethod standardID="ivo://ivoa.net/sso#BasicAA"/></interface></capability></c>`,
  });
  const own = `registry: "${origin}/reg/resource-caps", ca: ca.pem, development: true`;
  config = await standIn.configure(`providers:
  web: { mode: oidc, issuer: "${provider.issuer}", ${own} }
  lab: { mode: x509, ${own} }
`);
});
afterEach(() => standIn[Symbol.asyncDispose]());

function note(value: unknown): void {
  for (let error = value; error instanceof Error; error = error.cause) {
    seen.push(`${error.message} ${error.stack}`);
  }
  seen.push(inspect(value, { depth: 12, showHidden: true }), JSON.stringify(value) ?? '');
}

async function attempt(method: LoginMethod, extra: Partial<LoginOptions> = {}): Promise<void> {
  const web = method.type === 'device' || method.type === 'browser';
  const options: LoginOptions = {
    provider: web ? 'web' : 'lab',
    method,
    config,
    environment: standIn.environment,
    force: true,
    timeoutMs: 2_000,
    clock: new JumpingClock(3_600_000),
    onWarning: note,
    ...extra,
  };
  try {
    note(await login(options));
  } catch (error) {
    note(error);
  }
}

const device: LoginMethod = { type: 'device', onVerification: () => {} };

/** Answers that repeat what they were sent, as careless services do. */
const echoes: (status: number) => (request: { body: string; headers: object }) => Answer =
  (status) =>
  ({ body, headers }) => ({
    status,
    json: {
      error: status === 200 ? 'strange' : 'invalid_request',
      error_description: `${body} ${JSON.stringify(headers)}`,
      message: body,
    },
  });

function expectNothingSecret(more: readonly string[] = []): void {
  const secrets = [...provider.secrets, ...more];
  expect(seen.length).toBeGreaterThan(0);
  expect(secrets.length).toBeGreaterThan(0);
  const all = seen.join('\n');
  for (const secret of secrets) {
    expect(all).not.toContain(secret);
    expect(all).not.toContain(Buffer.from(secret).toString('base64').slice(0, -4));
  }
}

test.each([
  'GET /.well-known/openid-configuration',
  'POST /register',
  'POST /devicecode',
  'POST /token',
  'GET /userinfo',
  'GET /skaha/v1/context',
])('S6: no secret comes out of a login where %s misbehaves', async (route) => {
  await attempt(device);
  for (const answer of [
    echoes(400),
    echoes(401),
    echoes(500),
    echoes(200),
    { body: 'SECRET-body not JSON' },
    { status: 302, headers: { location: '/?SECRET-location' } },
    'drop' as const,
  ]) {
    standIn.on(route, answer);
    if (route === 'POST /token') provider.device = { expires_in: 30 };
    await attempt(device, { newClient: true });
  }
  expectNothingSecret(['SECRET-body', 'SECRET-location']);
});

test.each([401, 403])('S6: a server that answers %i with the token in it', async (status) => {
  standIn.on('GET /skaha/v1/context', ({ headers }) => ({
    status,
    body: `no: ${headers.authorization}`,
  }));
  await attempt(device);
  expect(seen.join()).toContain('refused your login');
  expectNothingSecret();
});

test.each(['authorization_pending', 'slow_down', 'access_denied', 'expired_token', 'server_error'])(
  'S7: the description of %s, which may hold the device code, is not shown',
  async (error) => {
    provider.device = { expires_in: 12 };
    provider.polls = Array.from({ length: 9 }, () => ({ error }));
    await attempt(device);
    expectNothingSecret();
  },
);

test('S6: no secret comes out of logins with passwords, certificates and tokens', async () => {
  const secrets = ['SECRET-password', 'SECRET-token'];
  const { certificate, key } = makePair(new Date(0), new Date(1));
  const path = join(standIn.home, 'old.pem');
  await writeFile(path, `${certificate}${key}`, { mode: 0o600 });
  const lines = key.split('\n').filter((line) => line.length > 40);
  const password: LoginMethod = { type: 'password', username: 'ada', password: 'SECRET-password' };
  for (const answer of [
    ({ headers }) => ({ status: 401, body: `SECRET-password ${headers.authorization}` }),
    ({ headers }) => ({ status: 500, body: `${headers.authorization}` }),
    { body: key },
    { body: `${certificate}${key}` },
    'drop',
  ] satisfies Parameters<StandIn['on']>[1][]) {
    standIn.on('GET /cred/generate', answer);
    await attempt(password);
  }
  await attempt({ type: 'certificate', path });
  await attempt({ type: 'token', token: 'SECRET-token with blanks' });
  await attempt({ type: 'token', token: 'SECRET-token' });
  expectNothingSecret([...secrets, ...lines]);
});

test('S6: lists of logins and a logout hold no secret', async () => {
  await attempt(device);
  const where = { config, environment: standIn.environment };
  note(await listCredentials(where));
  const shown = await readSetting('credentials', { path: config });
  expect(shown).toMatchObject({ web: { client: { registration_uri: mask } } });
  note(shown);
  standIn.on('POST /revoke', echoes(400));
  note(await removeCredential('web', { ...where, force: true }));
  expectNothingSecret();
  expect(await readFile(config, 'utf8')).not.toContain('SECRET');
});
