import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { makePair } from '../../../../client/tests/auth/fixtures.js';
import { temporaryDirectory } from '../../../../client/tests/config/fixtures.js';
import { sharedPlatform } from '../../harness.js';
import { decide, Home, passwordOf, person } from '../../identity.js';

const shell = sharedPlatform();
let home: Home;
let password: string;

beforeEach(async () => {
  home = await Home.make();
  await home.knows(shell.platform);
  password = await passwordOf(shell.platform);
});

const certificateFile = () => join(home.path, '.ssl/local.pem');
const withPassword = ['login', 'local', '--username', 'ada', '--password-stdin'];

/** Nothing may have changed: neither the settings nor a certificate. */
async function unchanged(work: () => Promise<unknown>): Promise<void> {
  const before = await home.text();
  await work();
  expect(await home.text()).toBe(before);
  await expect(stat(certificateFile())).rejects.toMatchObject({ code: 'ENOENT' });
}

describe('with user name and password', () => {
  test('a script pipes the password in; certificate, server and context are there then', async () => {
    const result = await home.run(withPassword, { stdin: `${password}\n` });
    expect(result).toMatchObject({ status: 0, stdout: '' });
    expect(result.stderr).toMatch(
      /^Logged in to local as ada until \S+Z \(in 30 days\)\.\nSessions run at local from now on\.\n$/,
    );
    expect((await stat(certificateFile())).mode & 0o777).toBe(0o600);
    expect(await home.settings()).toMatchObject({
      active: 'local',
      contexts: { local: { server: 'local', credential: 'local' } },
      servers: { local: { url: shell.platform.url, version: 'v1', provider: 'local' } },
      credentials: { local: { mode: 'x509', path: certificateFile(), managed: true } },
    });
    expect(await home.text()).not.toContain(password);
    expect(await home.run(['ps'])).toMatchObject({ status: 0 });
    expect((await home.run(['whoami', '-q'])).stdout).toBe('ada\n');
  });

  test('--json prints the login and nothing else', async () => {
    const result = await home.run([...withPassword, '--json'], { stdin: password });
    expect(result).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(result.stdout)).toMatchObject({
      idp: 'local',
      name: 'The local one',
      mode: 'x509',
      active: true,
      server: 'local',
      state: 'valid',
    });
  });

  test('variables serve as well, and --days-valid is heeded', async () => {
    const env = { SKAHA_USERNAME: 'ada', SKAHA_PASSWORD: password };
    const result = await home.run(['login', 'pass', '--days-valid', '2'], { terminal: { env } });
    expect(result.stderr).toContain('(in 48 hours)');
    expect(result.stderr).not.toContain('SKAHA_PASSWORD');
  });

  test('on a terminal it asks for the provider, the way, the name and, hidden, the password', async () => {
    const who = person('local', 'password', 'ada', password);
    const result = await home.ask(['login'], who);
    expect(result.status).toBe(0);
    expect(who.asked).toEqual([
      'Identity provider',
      'How do you want to log in?',
      'User name for The local one',
      'Password of ada',
    ]);
    expect(result.stdout + result.stderr).not.toContain(password);
  });

  test('netrc is used when it is asked for', async () => {
    const { hostname } = new URL(shell.platform.url);
    const file = join(home.path, '.netrc');
    await writeFile(file, `machine ${hostname} login ada password ${password}\n`, { mode: 0o600 });
    const result = await home.run(['login', 'pass', '--netrc']);
    expect(result.stderr).toContain('Logged in to pass');
    expect(result.status).toBe(0);
  });

  test.each([
    ['a wrong password', 'ada', 'no-SENTINEL', 3],
    ['an unknown user', 'nobody', 'no-SENTINEL', 3],
    ['an empty password', 'ada', '', 2],
  ])('%s changes nothing', async (_what, username, given, status) => {
    await unchanged(async () => {
      const line = ['login', 'local', '--username', username, '--password-stdin'];
      const result = await home.run(line, { stdin: given });
      expect(result).toMatchObject({ status, stdout: '' });
      expect(result.stderr).toMatch(/^Error: .+\n( {2}.+\n)?Hint: .+\n$/);
      expect(result.stderr).not.toContain('SENTINEL');
    });
  });

  test.each([0, 1, 2, 3])('cancelling question %i ends with 130 and changes nothing', async (n) => {
    const answers = ['local', 'password', 'ada'].slice(0, n);
    await unchanged(async () => {
      const result = await home.ask(['login'], person(...answers, undefined));
      expect(result).toMatchObject({ status: 130, stdout: '' });
      expect(result.stderr.endsWith('Cancelled. Nothing was saved.\n')).toBe(true);
    });
  });

  test.each([
    [['login'], 'skaha login IDP'],
    [['login', 'local'], '--username NAME'],
    [['login', 'local', '--username', 'ada'], '--password-stdin'],
    [['login', '--no-input'], 'skaha login IDP'],
  ])('%j without a terminal ends with 3 and names the option', async (line, hint) => {
    await unchanged(async () => {
      const result = await home.run(line);
      expect(result.status).toBe(3);
      expect(result.stderr).toContain(hint);
      const json = await home.run([...line, '--json']);
      expect(json.status).toBe(3);
      expect(JSON.parse(json.stderr)).toMatchObject({ code: 'interaction.required' });
    });
  });

  test.each([
    [['--web', '--device'], 'cannot be used together'],
    [['--token-stdin', '--password-stdin'], 'cannot be used together'],
    [['--certificate', 'x', '--netrc'], 'cannot be used together'],
    [['--days-valid', '31'], '30'],
  ])('%j is wrong usage', async (words, reason) => {
    const result = await home.run(['login', 'local', ...words]);
    expect(result.status).toBe(2);
    expect(result.stderr).toContain(reason);
  });

  test('an unknown provider and an unknown server are told with what exists', async () => {
    const provider = await home.run(['login', 'nowhere']);
    expect(provider.status).toBe(3);
    expect(provider.stderr).toContain('cadc, srcnet, local');
    const server = await home.run([...withPassword, '--server', 'nowhere'], { stdin: password });
    expect(server.status).toBe(4);
    expect(server.stderr).toContain('These exist:');
  });
});

describe('with a code', () => {
  test('without a terminal one plain line says where; approval ends it', async () => {
    const opened: string[] = [];
    const services = { openBrowser: async (url: string) => opened.push(url) > 0 };
    const running = home.run(['login', 'code'], { services });
    await decide(shell.platform, true);
    const result = await running;
    expect(result).toMatchObject({ status: 0, stdout: '' });
    const [line, ...others] = result.stderr.trimEnd().split('\n');
    expect(line).toMatch(/^Open https:\/\/\S+ and approve the login with the code [A-Z-]+; it is/);
    expect(others).toEqual([`Logged in to code as ada.`, 'Sessions run at code from now on.']);
    expect(result.stderr).not.toContain('\u001B');
    expect(opened).toEqual([]);
    expect((await home.run(['auth', 'token'])).stdout).toMatch(/^\S{20,}\n$/);
    expect((await home.run(['whoami', '-q'])).stdout).toBe('ada\n');
  });

  test('a terminal gets link, code, QR code and countdown, and then the browser', async () => {
    const opened: string[] = [];
    const services = { openBrowser: async (url: string) => opened.push(url) > 0 };
    const running = home.ask(['login', 'code'], person(), { services });
    await decide(shell.platform, true);
    const { status, stderr } = await running;
    expect(status).toBe(0);
    expect(opened).toHaveLength(1);
    expect(stderr).toContain(opened[0]);
    expect(stderr).toMatch(/Code: \S*[A-Z]{4}-[A-Z]{4}/);
    expect(stderr).toContain('█▀');
    expect(stderr).toMatch(/Waiting for approval, \d+:\d\d left/);
    expect(
      stderr.endsWith('\r\u001B[KLogged in to code as ada.\nSessions run at code from now on.\n'),
    ).toBe(true);
  });

  test('--no-qr and --no-browser leave them out', async () => {
    const services = { openBrowser: () => Promise.reject(new Error('must not open')) };
    const line = ['login', 'code', '--no-qr', '--no-browser'];
    const running = home.ask(line, person(), { services });
    await decide(shell.platform, true);
    const { status, stderr } = await running;
    expect(status).toBe(0);
    expect(stderr).not.toContain('█');
  });

  test('to a program link and code are one JSON line', async () => {
    const running = home.run(['login', 'code', '--json']);
    await decide(shell.platform, true);
    const { stdout, stderr } = await running;
    expect(JSON.parse(stdout)).toMatchObject({ idp: 'code', mode: 'oidc', renewable: true });
    expect(JSON.parse(stderr)).toMatchObject({
      event: 'verification',
      user_code: expect.any(String),
      expires_in: expect.any(Number),
    });
  });

  test('refusal ends with 3 and saves nothing', async () => {
    await unchanged(async () => {
      const running = home.run(['login', 'code']);
      await decide(shell.platform, false);
      const { status, stderr } = await running;
      expect(status).toBe(3);
      expect(stderr).toContain('was denied');
    });
  });

  test('Ctrl-C while waiting ends with 130 and saves nothing', async () => {
    const { Interruption } = await import('../../../src/exit.js');
    await unchanged(async () => {
      const controller = new AbortController();
      const terminal = { signal: controller.signal };
      const running = home.ask(['login', 'code'], person(), { terminal });
      for (;;) {
        if (shell.platform.identity.pendingDevices.length > 0) break;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      controller.abort(new Interruption('SIGINT'));
      const { status, stderr } = await running;
      expect(status).toBe(130);
      expect(stderr).toMatch(/Cancelled\.\n$/);
      await decide(shell.platform, false);
    });
  });

  test('a provider with both ways takes the code when it is asked for', async () => {
    const running = home.run(['login', 'local', '--device']);
    await decide(shell.platform, true);
    expect(await running).toMatchObject({ status: 0 });
    expect((await home.settings()).credentials.local.mode).toBe('oidc');
  });

  test('another discovery document may be named', async () => {
    const { issuer } = shell.platform;
    const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const running = home.run(['login', 'code', '-d', url]);
    await decide(shell.platform, true);
    expect(await running).toMatchObject({ status: 0 });
    const wrong = await home.run(['login', 'code', '--force', '-d', `${issuer}nowhere`]);
    expect(wrong.status).toBe(3);
  });
});

describe('with what is there already', () => {
  test('a good login is kept, an expired one and --force are not', async () => {
    await home.run(withPassword, { stdin: password });
    const text = await home.text();
    const kept = await home.run(withPassword, { stdin: 'never read' });
    expect(kept.status).toBe(0);
    expect(kept.stderr).toMatch(
      /^Already logged in to local until .*\n.*\nLog in again with --force\.\n$/,
    );
    expect(await home.text()).toBe(text);
    const { certificate, key } = makePair(new Date('2020-01-01'), new Date('2020-02-01'));
    await writeFile(certificateFile(), certificate + key, { mode: 0o600 });
    expect((await home.run(withPassword, { stdin: 'wrong' })).status).toBe(3);
    expect(await readFile(certificateFile(), 'utf8')).toBe(certificate + key);
    expect((await home.run(withPassword, { stdin: password })).status).toBe(0);
    expect((await home.run([...withPassword, '-f'], { stdin: 'wrong' })).status).toBe(3);
  });

  test('a certificate of the user is taken as it is, and stays after logging out', async () => {
    const line = ['login', 'pass', '--certificate', shell.platform.certificate];
    expect(await home.run(line)).toMatchObject({ status: 0 });
    expect((await home.run(['whoami', '-q'])).stdout).toBe('ada\n');
    expect((await home.run(['logout'])).stderr).toBe('Logged out of pass.\n');
    expect(await readFile(shell.platform.certificate, 'utf8')).toContain('PRIVATE KEY');
    const missing = await home.run(['login', 'pass', '--certificate', join(home.path, 'none.pem')]);
    expect(missing.status).toBe(3);
    expect(missing.stderr).toContain('none.pem');
  });

  test('a token comes from standard input', async () => {
    const result = await home.run(['login', 'code', '--token-stdin'], {
      stdin: `${shell.platform.token}\n`,
    });
    expect(result).toMatchObject({ status: 0 });
    expect((await home.run(['auth', 'token'])).stdout).toBe(`${shell.platform.token}\n`);
    expect((await home.run(['config', 'show'])).stdout).not.toContain(shell.platform.token);
  });

  test('the token file of the local platform does not count as a login', async () => {
    const { tokenFile, url, ca } = shell.platform;
    await home.run([
      'context',
      'add',
      'local',
      '--url',
      url,
      '--ca',
      ca,
      '--token-file',
      tokenFile,
    ]);
    expect((await home.run(withPassword, { stdin: password })).stderr).toContain('Logged in to');
    expect((await home.settings()).credentials.local.mode).toBe('x509');
  });

  test('a corrupt configuration is set aside, and comes back when the login fails', async () => {
    const folder = await temporaryDirectory();
    const config = join(folder, 'c.yaml');
    await writeFile(config, 'x: [', { mode: 0o600 });
    const line = ['login', 'cadc', '--certificate', join(folder, 'none.pem'), '--server', 'x'];
    const env = { https_proxy: '' };
    const failed = await home.run([...line, '--timeout', '1s', '--config', config], {
      terminal: { env },
    });
    expect(failed.status).not.toBe(0);
    expect(await readFile(config, 'utf8')).toBe('x: [');
    await rm(folder, { recursive: true, force: true });
  });
});

describe('which server', () => {
  const several = async () => {
    const { controls } = shell.platform.identity;
    const { origin } = new URL(shell.platform.url);
    controls.registry.extraLines = [
      `ivo://second.example.org/skaha = ${origin}/skaha/capabilities`,
      `ivo://gone.example.org/skaha = ${origin}/nowhere/skaha/capabilities`,
    ];
  };

  beforeEach(several);

  test('the menu tells what is known of what each offers', async () => {
    await home.run(['server', 'ls', '--idp', 'pass', '--refresh']);
    const { servers } = await home.settings();
    for (const name of Object.keys(servers))
      await home.run(['config', 'set', `servers.${name}.limits.sessions`, '7']);
    const hints: (string | undefined)[] = [];
    const who = person((options) => {
      hints.push(...options.map(({ hint }) => hint));
      return 'second-example-org';
    }, password);
    expect((await home.ask(['login', 'pass', '-u', 'ada'], who)).status).toBe(0);
    expect(hints).toEqual([expect.stringMatching(/7 sessions$/), expect.stringMatching(/7 s/)]);
  });

  test('several make a menu; dead ones are shown when asked for, with details', async () => {
    const menus: unknown[] = [];
    const who = person((options) => {
      menus.push(options);
      return 'second-example-org';
    }, password);
    const line = ['login', 'pass', '-u', 'ada', '--dead', '--details'];
    const result = await home.ask(line, who);
    expect(result.status).toBe(0);
    expect(who.asked).toEqual(['Server', 'Password of ada']);
    expect(menus[0]).toMatchObject([
      { value: expect.any(String), label: expect.stringContaining('ivo://') },
      { value: expect.any(String) },
      { disabled: true, label: expect.stringMatching(/gone-example-org .*dead: /) },
    ]);
    expect((await home.settings()).active).toBe('second-example-org');
    expect(Object.keys((await home.settings()).servers)).toHaveLength(2);
  });

  test('without a terminal --server is needed; nothing is asked of the provider before', async () => {
    await unchanged(async () => {
      const before = shell.platform.requests.filter(({ path }) => path.startsWith('/cred')).length;
      const result = await home.run(withPassword, { stdin: password });
      expect(result.status).toBe(3);
      expect(result.stderr).toContain('--server NAME');
      const after = shell.platform.requests.filter(({ path }) => path.startsWith('/cred')).length;
      expect(after).toBe(before);
    });
    const named = [...withPassword, '--server', 'ivo://second.example.org/skaha'];
    expect(await home.run(named, { stdin: password })).toMatchObject({ status: 0 });
    expect((await home.settings()).active).toBe('second-example-org');
  });

  test('the one used last is taken again', async () => {
    await home.run([...withPassword, '--server', 'second-example-org'], { stdin: password });
    const again = await home.run([...withPassword, '--force'], { stdin: password });
    expect(again.stderr).toContain('Sessions run at second-example-org');
  });

  test('cancelling the menu changes nothing', async () => {
    await unchanged(async () => {
      const result = await home.ask(['login', 'pass', '-u', 'ada'], person(undefined));
      expect(result.status).toBe(130);
    });
  });
});
