import { spawn } from 'node:child_process';
import { chmod, chown, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { login } from '../../src/account/index.js';
import { loadConfiguration } from '../../src/config/read.js';
import { updateConfiguration } from '../../src/config/write.js';
import { serveProvider, type TestProvider } from '../auth/oidc/provider.js';
import { type StandIn, startStandIn } from '../auth/stand-in.js';
import { testPlatform } from '../fixtures.js';

let folder: string;
let program: string;
let standIn: StandIn;
let provider: TestProvider;
let config: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skaha-child-'));
  await chmod(folder, 0o755);
  program = join(folder, 'child.cjs');
  await build({
    entryPoints: [fileURLToPath(new URL('refresh.child.ts', import.meta.url))],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'silent',
  });
  await chmod(program, 0o644);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

beforeEach(async () => {
  standIn = await startStandIn();
  provider = serveProvider(standIn);
  provider.current = 'SECRET-refresh-0';
  const reply = await standIn.transport.send({
    method: 'POST',
    url: `${standIn.origin}/register`,
    headers: {},
    body: '{}',
    signal: AbortSignal.timeout(10_000),
  });
  let text = '';
  for await (const chunk of reply.body) text += Buffer.from(chunk).toString();
  const { client_id, client_secret } = JSON.parse(text);
  config = await standIn.configure(`credentials:
  web:
    mode: oidc
    issuer: "${provider.issuer}"
    endpoints: { token: "${standIn.origin}/token" }
    client: { identity: "${client_id}", secret: "${client_secret}" }
    token: { access: SECRET-access-0, refresh: SECRET-refresh-0 }
    expiry: { access: 1 }
`);
});
afterEach(() => standIn[Symbol.asyncDispose]());

/** A process that waits for a word before it asks for a token. */
async function startChild(user: { uid?: number; gid?: number } = {}, authority = standIn.ca) {
  const ca = Buffer.from(await readFile(authority)).toString('base64');
  const child = spawn(process.execPath, [program, config, ca], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { HOME: standIn.home },
    cwd: folder,
    ...user,
  });
  let output = '';
  let ready: () => void = () => {};
  const isReady = new Promise<void>((resolve) => {
    ready = resolve;
  });
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (output.startsWith('ready\n')) ready();
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await Promise.race([isReady, ended]);
  return {
    result: async (): Promise<{ token?: string; error?: { code: string; message: string } }> => {
      child.stdin.write('go\n');
      await ended;
      return JSON.parse(output.slice('ready\n'.length));
    },
  };
}

test('S19: eight processes with one login cause one refresh, and all go on', async () => {
  const children = await Promise.all(Array.from({ length: 8 }, () => startChild()));
  const results = await Promise.all(children.map((child) => child.result()));
  expect(results.filter(({ error }) => error !== undefined)).toEqual([]);
  expect(new Set(results.map(({ token }) => token)).size).toBe(1);
  expect(provider.refreshed).toBe(1);
  const text = await readFile(config, 'utf8');
  expect(text).toContain(results[0]?.token);
  expect(text).toContain(provider.current);
});

test('S19: eight processes at a provider that ends a login whose old token is used again', async () => {
  await using running = await testPlatform();
  const { platform } = running;
  const { ca, identity } = platform;
  config = await standIn.configure(
    `providers:\n  web: { mode: oidc, registry: "${identity.srcnetRegistry}", issuer: "${identity.issuer}", ca: "${ca}", development: true }\n`,
  );
  const onVerification = async ({ userCode }: { userCode: string }) => {
    await identity.approveDevice(userCode.replace('-', ''), 'ada');
  };
  await login({ provider: 'web', method: { type: 'device', onVerification }, config });
  const saved = async () => {
    const { configuration } = await loadConfiguration({ path: config });
    const web = configuration.credentials['web'];
    return web?.mode === 'oidc' ? web.token : undefined;
  };
  const expire = (refresh?: string) =>
    updateConfiguration(config, (draft) => {
      const web = draft.credentials['web'];
      if (web?.mode !== 'oidc') return;
      web.expiry = { access: 1 };
      if (refresh !== undefined) web.token = { ...web.token, refresh };
    });
  const asked = () => platform.requests.filter(({ path }) => path === '/token').length;

  const former = await saved();
  for (let round = 0; round < 3; round += 1) {
    await expire();
    const before = asked();
    const children = await Promise.all(Array.from({ length: 8 }, () => startChild({}, ca)));
    const results = await Promise.all(children.map((child) => child.result()));
    expect(results.filter(({ error }) => error !== undefined)).toEqual([]);
    expect(new Set(results.map(({ token }) => token))).toEqual(new Set([(await saved())?.access]));
    expect(asked() - before).toBe(1);
  }
  // Each round continued the login of the round before, and the last token is good.
  await using client = running.connect({ token: (await saved())?.access ?? '' });
  expect(await client.context.resources()).toBeDefined();
  // The provider is as strict as it is said to be: one reuse ends the login, for the good token too.
  const good = (await saved())?.refresh ?? '';
  for (const refresh of [former?.refresh ?? '', good]) {
    await expire(refresh);
    const child = await startChild({}, ca);
    expect((await child.result()).error).toMatchObject({ code: 'authentication.expired' });
  }
});

test('a home that is read-only loses no login', async () => {
  const before = await readFile(config);
  // The superuser may write everywhere, so that the process must belong to somebody else.
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  if (nobody.uid !== undefined) await chown(config, nobody.uid, nobody.gid);
  await chmod(standIn.home, 0o555);
  const child = await startChild(nobody);
  const { error } = await child.result();
  await chmod(standIn.home, 0o755);
  expect(error).toMatchObject({
    code: 'config.unwritable',
    message: `The configuration file ${config} cannot be written: permission denied.`,
  });
  expect(standIn.asked()).not.toContain('POST /token');
  expect(await readFile(config)).toEqual(before);
});
