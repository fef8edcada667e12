import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashPassword } from 'skaha-platform';
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { systemServices } from '../src/environment/services.js';
import { Browser } from './browser.js';
import { startSkaha } from './child.js';
import { ownPlatform, type PlatformShell, type Result, type RunOptions } from './harness.js';
import { decide, Home, person } from './identity.js';

const password = 'SENTINEL-pass-word';
const registrySecret = 'SENTINEL-registry';
const variableToken = 'SENTINEL-variable';
const wrong = 'SENTINEL-wrong-one';

let hash = '';
beforeAll(async () => {
  hash = await hashPassword(password);
});

/** Every file below a directory. */
async function files(path: string): Promise<string[]> {
  const names = await readdir(path, { withFileTypes: true });
  const found = names.map((entry) => {
    const one = join(path, entry.name);
    return entry.isDirectory() ? files(one) : [one];
  });
  return (await Promise.all(found)).flat();
}

/** A person's home, all that was shown there, and every secret that passed through it. */
class Watched {
  readonly home: Home;
  readonly shell: PlatformShell;
  readonly shown: string[] = [];
  readonly #told: readonly string[];
  /** Those of its secrets that are tokens of the platform. */
  readonly tokens = new Set<string>();
  readonly secrets = new Set([password, registrySecret, variableToken, wrong]);

  /** @param told - what the platform logged, from the lowest level on */
  constructor(home: Home, shell: PlatformShell, told: readonly string[]) {
    this.home = home;
    this.shell = shell;
    this.#told = told;
  }

  /** Notes the secrets that are saved now: those of the settings, and the lines of private keys. */
  async collect(): Promise<void> {
    const text = (await this.home.text()) ?? '';
    for (const [, value = ''] of text.matchAll(/(?:access|refresh): "?([^\s",}]{12,})/g)) {
      this.tokens.add(value);
    }
    const pattern = /(?:secret|access|refresh|registration_token): "?([^\s",}]{12,})/g;
    for (const [, value = ''] of text.matchAll(pattern)) this.secrets.add(value);
    for (const path of (await files(this.home.path)).filter((one) => one.endsWith('.pem'))) {
      const [, key = ''] =
        /PRIVATE KEY-----\n([\s\S]+?)-----END/.exec(await readFile(path, 'utf8')) ?? [];
      for (const line of key.split('\n')) if (line.length > 40) this.secrets.add(line);
    }
  }

  async note(running: Promise<Result>): Promise<Result> {
    const result = await running;
    this.shown.push(result.stdout, result.stderr);
    await this.collect();
    return result;
  }

  /** The same for people, for programs and for whoever looks for a fault. */
  async run(
    words: readonly string[],
    options: RunOptions = {},
    forms: readonly string[][] = [[], ['--json'], ['--debug'], ['--debug', '--json']],
  ): Promise<number[]> {
    const statuses: number[] = [];
    for (const more of forms) {
      statuses.push((await this.note(this.home.run([...words, ...more], options))).status);
    }
    return statuses;
  }

  expectSilence(more: readonly string[] = []): void {
    const all = [...this.shown, ...this.#told, ...more].join('\n');
    expect(all.length).toBeGreaterThan(1000);
    for (const secret of this.secrets) {
      expect(all).not.toContain(secret);
      // Also not as the second half of a header for Basic authentication.
      expect(all).not.toContain(Buffer.from(`ada:${secret}`).toString('base64').slice(0, -4));
    }
  }
}

async function watched(): Promise<Watched> {
  const told: string[] = [];
  const tell = (line: string) => void told.push(line);
  const shell = await ownPlatform({
    config: { users: [{ name: 'ada', password: hash }] },
    logger: { debug: tell, info: tell, warn: tell, error: tell },
  });
  const home = await Home.make();
  await home.knows(shell.platform);
  return new Watched(home, shell, told);
}

const good = [0, 0, 0, 0];
const withPassword = ['login', 'pass', '--force', '--username', 'ada', '--password-stdin'];

test('S6: logins with a password or a certificate, at the most talkative level, show no secret', async () => {
  const user = await watched();
  const { home, shell } = user;
  const { platform } = shell;
  expect(await user.run(withPassword, { stdin: password })).toEqual(good);
  expect(await user.run(withPassword, { stdin: wrong })).toEqual([3, 3, 3, 3]);
  const env = { SKAHA_USERNAME: 'ada', SKAHA_PASSWORD: password };
  // Where the password comes from makes no difference to what people and programs are shown.
  const talkative = [['--debug'], ['--debug', '--json']];
  const fromElsewhere = ['login', 'pass', '--force'];
  expect(await user.run(fromElsewhere, { terminal: { env } }, talkative)).toEqual([0, 0]);
  const { hostname } = new URL(platform.url);
  const netrc = `machine ${hostname} login ada password ${password}\n`;
  await writeFile(join(home.path, '.netrc'), netrc, { mode: 0o600 });
  expect(await user.run([...fromElsewhere, '--netrc'], {}, talkative)).toEqual([0, 0]);
  const { certificate } = platform;
  expect(await user.run([...fromElsewhere, '--certificate', certificate])).toEqual(good);
  user.expectSilence();
}, 90_000);

test('S6: nor do logins with a code, on a page or by a token', async () => {
  const user = await watched();
  const { home, shell } = user;
  const { platform } = shell;
  for (const more of [[], ['--json'], ['--debug']]) {
    const running = user.note(home.run(['login', 'code', '--force', ...more]));
    await decide(platform, true);
    expect((await running).status).toBe(0);
  }
  for (const more of [[], ['--debug']]) {
    const openBrowser = async (url: string) => {
      const window = new Browser(platform);
      const page = await window.open(url);
      void window.open(page.url, { username: 'ada', password, action: 'approve' });
      return true;
    };
    const line = ['login', 'code', '--force', '--web', ...more];
    const services = { openBrowser };
    expect((await user.note(home.ask(line, person(), { services }))).status).toBe(0);
  }
  const token = platform.issueToken('ada', 3_600_000);
  user.secrets.add(token);
  expect(await user.run(['login', 'code', '--force', '--token-stdin'], { stdin: token })).toEqual(
    good,
  );
  user.expectSilence();
}, 90_000);

test('S6: what is saved is used, listed, renewed and removed without being shown', async () => {
  const user = await watched();
  const { home, shell } = user;
  const { platform } = shell;
  expect((await user.note(home.run(withPassword, { stdin: password }))).status).toBe(0);
  const running = user.note(home.run(['login', 'code']));
  await decide(platform, true);
  expect((await running).status).toBe(0);
  const registry = ['registry', 'login', 'images.canfar.net', '-u', 'ada', '--secret-stdin'];
  expect((await user.note(home.run(registry, { stdin: registrySecret }))).status).toBe(0);

  const listings = [
    ['ps'],
    ['whoami'],
    ['auth', 'ls'],
    ['auth', 'show'],
    ['auth', 'status'],
    ['server', 'ls'],
    ['server', 'ls', '--dead'],
    ['context', 'show'],
    ['registry', 'ls'],
    ['config', 'show'],
    ['config', 'get', 'credentials'],
    ['config', 'get', 'registries'],
  ];
  for (const words of listings) expect([words, await user.run(words)]).toEqual([words, good]);
  for (const login of ['pass', 'code']) {
    expect((await user.note(home.run(['auth', 'use', login, '--debug']))).status).toBe(0);
    expect((await user.note(home.run(['ps', '--debug']))).status).toBe(0);
  }

  const image = 'images.canfar.net/private/secret:1';
  await user.run(['create', 'headless', image, '--name', 'x', '--', 'true']);
  await user.run(['create', 'headless', image, '--name', 'x', '--dry-run', '--', 'true']);
  const expired = ((await home.text()) ?? '').replace(/(expiry:\s+access: )\d+/, '$11');
  await home.write(expired);
  const { refresh } = (await home.settings()).credentials.code.token;
  expect(await user.run(['ps'])).toEqual(good);
  expect((await home.settings()).credentials.code.token.refresh).not.toBe(refresh);

  const env = { SKAHA_URL: platform.url, SKAHA_CA: platform.ca, SKAHA_TOKEN: variableToken };
  const connect = { connect: systemServices({ env: {} }).connect };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(await user.run(['ps'], { terminal: { env }, services: connect })).toEqual([3, 3, 3, 3]);
  vi.unstubAllEnvs();

  await home.write(expired);
  expect(await user.run(['ps'])).toEqual([3, 3, 3, 3]);
  expect((await user.note(home.run(['logout', 'code', '--debug']))).status).toBe(0);
  expect((await user.note(home.run(['auth', 'purge', '--yes', '--debug']))).status).toBe(0);
  user.expectSilence(platform.requests.map((request) => JSON.stringify(request)));
  // Nothing is left beside the settings, and the settings hold what they should only.
  const left = await files(home.path);
  expect(left.map((path) => path.slice(home.path.length + 1))).toEqual([
    '.config/skaha/config.yaml',
  ]);
  user.secrets.delete(registrySecret);
  const text = await readFile(home.config, 'utf8');
  for (const secret of user.secrets) expect(text).not.toContain(secret);
  // The platform knows passwords and tokens by what is made of them, even where it keeps its state.
  await platform.stop();
  for (const path of await files(platform.data)) {
    const bytes = await readFile(path, 'latin1');
    for (const secret of [password, wrong, variableToken, ...user.tokens]) {
      expect([path, bytes.includes(secret)]).toEqual([path, false]);
    }
  }
});

// Elsewhere there is no /proc to read them from.
test.skipIf(process.platform !== 'linux')(
  'S8: no secret is in the words or the variables of a program that is started',
  async () => {
    const user = await watched();
    const { home, shell } = user;
    const recorder = join(home.path, 'browser');
    const seen = join(home.path, 'seen');
    const script = `#!/bin/sh\n{ tr '\\0' '\\n' < /proc/$$/cmdline; env; } > ${seen}.part\nmv ${seen}.part ${seen}\n`;
    await writeFile(recorder, script);
    await chmod(recorder, 0o755);
    const env = {
      HOME: home.path,
      BROWSER: recorder,
      SKAHA_PASSWORD: password,
      SKAHA_TOKEN: variableToken,
      SKAHA_REGISTRY_SECRET: registrySecret,
      HARMLESS: 'yes',
    };
    const { openBrowser } = systemServices({ env });
    const running = user.note(home.ask(['login', 'code'], person(), { services: { openBrowser } }));
    await vi.waitUntil(
      () =>
        stat(seen).then(
          () => true,
          () => false,
        ),
      { timeout: 20_000 },
    );
    await decide(shell.platform, true);
    expect((await running).status).toBe(0);
    const recorded = await readFile(seen, 'utf8');
    expect(recorded).toContain('/device?user_code=');
    expect(recorded).toContain('HARMLESS=yes');
    user.expectSilence([recorded]);
  },
);

// Elsewhere there is no /proc to read them from.
test.skipIf(process.platform !== 'linux')(
  'S8: the command itself is not called with a secret, and keeps none in its title',
  async () => {
    const user = await watched();
    const { home, shell } = user;
    const child = startSkaha([...withPassword, '--json'], { HOME: home.path }, { stdin: password });
    const codes = startSkaha(['login', 'code'], { HOME: home.path });
    await vi.waitUntil(() => shell.platform.identity.pendingDevices.length > 0, {
      timeout: 20_000,
    });
    const words: string[] = [];
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      words.push(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''));
    }
    expect(words.some((line) => line.includes(`login\0code`))).toBe(true);
    await decide(shell.platform, true);
    expect([await child.ended, await codes.ended]).toEqual([0, 0]);
    await user.collect();
    expect(user.secrets.size).toBeGreaterThan(5);
    user.expectSilence([...words, child.stdout(), child.stderr(), codes.stdout(), codes.stderr()]);
  },
);
