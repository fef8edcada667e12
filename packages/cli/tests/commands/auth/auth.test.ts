import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { makePair } from '../../../../client/tests/auth/fixtures.js';
import { sharedPlatform } from '../../harness.js';
import { decide, Home, passwordOf, person } from '../../identity.js';

const shell = sharedPlatform();
let home: Home;

beforeEach(async () => {
  home = await Home.make();
  await home.knows(shell.platform);
});

const json = async (line: readonly string[]) =>
  JSON.parse((await home.run([...line, '--json'])).stdout);

/** What a login with a password leaves: the key of each takes a fifth of a second to make. */
let left: { home: string; text: string; certificate: string } | undefined;

async function loginWithPassword(): Promise<void> {
  const path = join(home.path, '.ssl/pass.pem');
  if (left === undefined) {
    const stdin = await passwordOf(shell.platform);
    await home.run(['login', 'pass', '--username', 'ada', '--password-stdin'], { stdin });
    const text = (await home.text()) ?? '';
    left = { home: home.path, text, certificate: await readFile(path, 'utf8') };
    return;
  }
  await mkdir(join(home.path, '.ssl'), { mode: 0o700 });
  await writeFile(path, left.certificate, { mode: 0o600 });
  await home.write(left.text.replaceAll(left.home, home.path));
}

/** Logs in at two providers; the second is the one in use. */
async function loginTwice(): Promise<void> {
  await loginWithPassword();
  const running = home.run(['login', 'code']);
  await decide(shell.platform, true);
  expect((await running).status).toBe(0);
}

test('without a login every command says so: 3, with the next step', async () => {
  for (const line of [['auth'], ['auth', 'show'], ['auth', 'status', '--check'], ['whoami']]) {
    const people = await home.run(line);
    expect(people).toMatchObject({ status: 3, stdout: '' });
    expect(people.stderr).toMatch(/^Error: .+\nHint: .*skaha login.*\n$/);
    const programs = await home.run([...line, '--json']);
    expect(JSON.parse(programs.stderr)).toMatchObject({ code: 'authentication.required' });
  }
  expect(await home.run(['auth', 'ls'])).toMatchObject({ status: 0, stdout: '' });
  expect(await json(['auth', 'ls'])).toEqual([]);
  expect((await home.run(['logout'])).stderr).toBe('You are not logged in.\n');
  expect((await home.run(['logout', 'cadc'])).status).toBe(3);
});

describe('with two logins', () => {
  beforeEach(loginTwice);

  test('ls and show agree; every alias of both generations works', async () => {
    const all = await json(['auth', 'ls']);
    expect(all.map((one: { idp: string }) => one.idp)).toEqual(['pass', 'code']);
    expect(Object.keys(all[0])).toEqual([
      'idp',
      'name',
      'mode',
      'expiry',
      'active',
      'server',
      'state',
      'renewable',
      'path',
    ]);
    expect(all[1]).toMatchObject({ mode: 'oidc', active: true, state: 'valid', server: 'code' });
    const aliases = [['auth'], ['auth', 'status'], ['authentication'], ['authentication', 'show']];
    for (const line of aliases) expect(await json(line)).toEqual(all[1]);
    expect(await json(['auth', 'list'])).toEqual(all);
    expect(await json(['auth', 'show', 'pass'])).toEqual(all[0]);
    expect(await json(['auth', 'show', '--idp', 'pass'])).toEqual(all[0]);
    expect((await home.run(['auth', 'ls', '-q'])).stdout).toBe('pass\ncode\n');
    const table = (await home.run(['auth', 'ls'])).stdout;
    expect(table).toMatch(/^\* {2}code +oidc +valid +renewed as needed +code$/m);
    expect((await home.run(['auth'])).stdout).toMatch(/^IDP +code \(in use\)$/m);
  });

  test('a login that does not exist is told with those that do', async () => {
    const missing = await home.run(['auth', 'show', 'nobody']);
    expect(missing).toMatchObject({ status: 3, stdout: '' });
    expect(missing.stderr).toBe(
      "Error: You are not logged in to 'nobody'.\nHint: Log in with 'skaha login nobody'. These logins exist: pass, code.\n",
    );
  });

  test('status --check tells by its exit status whether the login is good', async () => {
    expect((await home.run(['auth', 'status', '--check'])).status).toBe(0);
    const { certificate, key } = makePair(new Date('2020-01-01'), new Date('2020-02-01'));
    await writeFile(join(home.path, '.ssl/pass.pem'), certificate + key);
    const ended = await home.run(['auth', 'status', 'pass', '--check']);
    expect(ended.status).toBe(3);
    expect(ended.stdout).toMatch(/State +expired/);
    expect(ended.stdout).toMatch(/Expires +2020-02-01T00:00:00Z \(\d+ years ago\)/);
    expect((await home.run(['auth', 'status', 'pass'])).status).toBe(0);
  });

  test('use changes the pair in use, and nothing when the server refuses', async () => {
    expect((await home.run(['auth', 'switch', 'pass'])).stderr).toBe(
      "Context 'pass' is active: pass at pass, as last time.\n",
    );
    expect((await home.run(['whoami', '-q'])).stdout).toBe('ada\n');
    const text = await home.text();
    const { certificate, key } = makePair(new Date('2020-01-01'), new Date('2120-02-01'));
    await home.run(['auth', 'use', 'code']);
    await writeFile(join(home.path, '.ssl/pass.pem'), certificate + key);
    const refused = await home.run(['auth', 'use', 'pass']);
    expect(refused.status).toBe(3);
    expect((await home.settings()).active).toBe('code');
    expect(text).toContain('active: pass');
    expect((await home.run(['auth', 'use', 'nobody'])).status).toBe(3);
  });

  test('a variable that comes first is told; no token is shown', async () => {
    const env = { SKAHA_CONTEXT: 'other', SKAHA_TOKEN: 'SENTINEL' };
    const { status, stderr } = await home.run(['auth', 'use', 'pass'], { terminal: { env } });
    expect(status).toBe(0);
    expect(stderr).toContain("Warning: SKAHA_CONTEXT is set to 'other', which takes precedence.");
    expect(stderr).toContain('Warning: SKAHA_TOKEN is set, which takes precedence.');
    expect(stderr).not.toContain('SENTINEL');
  });

  test('removing a context is not logging out', async () => {
    expect((await home.run(['context', 'rm', 'code'])).status).toBe(0);
    expect((await home.run(['auth', 'show', 'code', '--check'])).status).toBe(0);
    expect((await home.run(['auth', 'use', 'code'])).status).toBe(0);
  });

  test('--idp and --server choose for one call and change no file', async () => {
    const text = await home.text();
    const who = await json(['whoami', '--idp', 'pass']);
    expect(who).toMatchObject({ user: 'ada', idp: 'pass', mode: 'x509' });
    expect(await json(['whoami', '--server', 'pass'])).toMatchObject({ idp: 'pass' });
    expect((await home.run(['ps', '--idp', 'code', '--server', 'pass'])).status).toBe(3);
    expect((await home.run(['ps', '--idp', 'pass', '--context', 'code'])).status).toBe(2);
    expect((await home.run(['ps', '--server', 'nowhere'])).status).toBe(4);
    expect(await home.text()).toBe(text);
  });

  test('token prints a token that works, and refuses where there is none', async () => {
    const { stdout, stderr, status } = await home.run(['auth', 'token']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^\S+\n$/);
    const file = join(home.path, 'token');
    await writeFile(file, stdout, { mode: 0o600 });
    const { url, ca } = shell.platform;
    const line = ['whoami', '-q', '--url', url, '--ca', ca, '--token-file', file];
    expect((await home.run(line)).stdout).toBe('ada\n');
    const none = await home.run(['auth', 'token', '--idp', 'pass']);
    expect(none).toMatchObject({ status: 2, stdout: '' });
  });

  test('rm asks for the one in use only; logout forgets it for good', async () => {
    const blind = await home.run(['auth', 'rm', 'code']);
    expect(blind.status).toBe(2);
    expect(blind.stderr).toContain('--yes');
    const declined = await home.run(['auth', 'remove', 'code'], {
      stdin: 'n\n',
      terminal: { inIsTty: true },
    });
    expect(declined.stderr).toContain('Nothing was removed.');
    const certificate = join(home.path, '.ssl/pass.pem');
    await readFile(certificate);
    expect((await home.run(['auth', 'rm', 'pass'])).stderr).toBe(
      `Logged out of pass.\nThe certificate ${certificate} was deleted.\n`,
    );
    await expect(stat(certificate)).rejects.toMatchObject({ code: 'ENOENT' });
    const token = (await home.run(['auth', 'token'])).stdout.trim();
    expect((await home.run(['logout'])).stderr).toBe('Logged out of code.\n');
    const { url, ca } = shell.platform;
    const file = join(home.path, 'token');
    await writeFile(file, token, { mode: 0o600 });
    const dead = await home.run(['ps', '--url', url, '--ca', ca, '--token-file', file]);
    expect(dead.status).toBe(3);
    expect((await home.settings()).credentials).toEqual({});
  });

  test('purge forgets everything but providers and registries', async () => {
    await home.run(['registry', 'login', '-u', 'ada', '--secret-stdin'], { stdin: 'hush' });
    expect((await home.run(['auth', 'purge'])).status).toBe(2);
    expect((await home.run(['auth', 'purge', '--force'])).status).toBe(0);
    const left = await home.settings();
    expect(left).toMatchObject({ contexts: {}, servers: {}, credentials: {} });
    expect(left.registries['images.canfar.net'].username).toBe('ada');
    expect(Object.keys(left.providers)).toEqual(['local', 'pass', 'code']);
  });

  test('servers: those of the login in use, of all, one, and another to use', async () => {
    const mine = await json(['server', 'ls']);
    expect(mine).toHaveLength(1);
    expect(Object.keys(mine[0])).toEqual([
      'name',
      'uri',
      'url',
      'version',
      'auths',
      'idp',
      'cores',
      'ram',
      'gpus',
      'limits',
      'storage',
      'status',
      'latency_ms',
      'active',
    ]);
    expect(mine[0]).toMatchObject({ name: 'code', idp: 'code', version: 'v1', status: null });
    expect(mine[0].cores).toEqual(expect.any(Number));
    expect(await json(['server', 'list', '--all-idps'])).toHaveLength(2);
    expect((await json(['server', 'ls', '--idp', 'pass']))[0].name).toBe('pass');
    expect((await json(['server', 'ls', '--refresh']))[0].status).toBe('live');
    // It looks for the storage of the server where nothing is known of it.
    const storage = expect.objectContaining({ arc: expect.anything() });
    expect(await json(['server', 'show'])).toEqual({ ...mine[0], storage });
    expect((await home.run(['server', 'show', 'cod'])).stderr).toContain("Did you mean 'code'?");
    expect((await home.run(['server', 'use', 'code'])).stderr).toContain('code at code');
    const other = await home.run(['server', 'use', 'nowhere']);
    expect(other.status).toBe(4);
    expect((await home.run(['server', 'ls'])).stdout).toMatch(/^\* {2}code +code +https/m);
  });
});

test('server ls looks for servers by itself, and tells when there are none', async () => {
  const found = await json(['server', 'ls', '--idp', 'pass']);
  expect(found).toMatchObject([{ idp: 'pass', url: shell.platform.url, status: 'live' }]);
  const nobody = await Home.make();
  const missing = await nobody.run(['server', 'ls', '--json']);
  expect(missing).toMatchObject({ status: 3, stdout: '' });
  expect(JSON.parse(missing.stderr)).toMatchObject({ code: 'authentication.required' });
  const { controls } = shell.platform.identity;
  controls.registry.empty = true;
  try {
    await home.run(['auth', 'purge', '-f']);
    const none = await home.run(['server', 'ls', '--idp', 'code', '--json']);
    expect(none.status).toBe(4);
    expect(JSON.parse(none.stderr)).toMatchObject({ code: 'server.none_available' });
    controls.registry.missing = true;
    const down = await home.run(['server', 'ls', '--idp', 'code', '--json']);
    expect(down.status).toBe(6);
    expect(JSON.parse(down.stderr)).toMatchObject({ code: 'server.discovery_failed' });
  } finally {
    Object.assign(controls.registry, { empty: false, missing: false });
  }
});

test('a menu of servers is offered by auth use on a terminal', async () => {
  await loginTwice();
  await home.run(['context', 'add', 'spare', '--url', 'https://x.org/skaha', '--token-file', '/t']);
  const settings = await home.settings();
  delete settings.credentials.pass.server;
  settings.contexts.spare.credential = 'pass';
  await home.write(stringify(settings));
  const who = person('pass');
  const used = await home.ask(['auth', 'use', 'pass'], who);
  expect(used.status).toBe(0);
  expect(who.asked).toEqual(['Server']);
  const blind = await home.run(['auth', 'use', 'pass', '--server', 'nowhere']);
  expect(blind.status).toBe(4);
  expect((await home.settings()).active).toBe('pass');
});
