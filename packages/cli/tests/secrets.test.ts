import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { type Result, type RunOptions, sharedPlatform } from './harness.js';
import { decide, Home, passwordOf, person } from './identity.js';

const shell = sharedPlatform();
let home: Home;
let seen: string[];

beforeEach(async () => {
  home = await Home.make();
  await home.knows(shell.platform);
  seen = [];
});

const loud = ['--log-level', 'debug'];

/** Runs a command line quietly, in machine form and at the most verbose level. */
async function all(line: readonly string[], options: RunOptions = {}): Promise<Result[]> {
  const results: Result[] = [];
  for (const more of [[], ['--json'], loud]) {
    const result = await home.run([...line, ...more], options);
    seen.push(result.stdout, result.stderr);
    results.push(result);
  }
  return results;
}

/** Every secret that the user's files hold by now. */
async function secretsOf(): Promise<string[]> {
  const { credentials = {}, registries = {} } = await home.settings();
  const inLogins = Object.values<Record<string, Record<string, unknown>>>(credentials).flatMap(
    ({ client = {}, token = {} }) => [
      client['secret'],
      client['registration_token'],
      token['access'],
      token['refresh'],
    ],
  );
  const inRegistries = Object.values<{ secret: string }>(registries).map(({ secret }) => secret);
  const texts = [...inLogins, ...inRegistries];
  return texts.filter((text) => typeof text === 'string').filter((text) => text !== '');
}

const keyOf = async (file: string): Promise<string[]> =>
  (await readFile(file, 'utf8'))
    .split('\n')
    .filter((line) => line.length > 40)
    .slice(0, 60);

function expectNoneOf(secrets: readonly string[]): void {
  expect(secrets.length).toBeGreaterThan(0);
  for (const text of seen) {
    for (const secret of secrets) expect(text.includes(secret), `shown: ${text}`).toBe(false);
  }
}

test('S6, S9: no command shows a secret that a login made, whatever the form and level', async () => {
  const password = await passwordOf(shell.platform);
  const env = { SKAHA_USERNAME: 'ada', SKAHA_PASSWORD: password };
  await all(['login', 'pass', '--force'], { terminal: { env } });
  const waiting = home.run(['login', 'code', ...loud]);
  await decide(shell.platform, true);
  const { status, stdout, stderr } = await waiting;
  expect(status).toBe(0);
  seen.push(stdout, stderr);
  const stdin = 'SENTINEL-registry';
  await all(['registry', 'login', 'r.example.org', '-u', 'ada', '--secret-stdin'], { stdin });
  const made = [
    ...(await secretsOf()),
    password,
    ...(await keyOf(join(home.path, '.ssl/pass.pem'))),
  ];
  for (const line of [
    ['auth'],
    ['auth', 'ls'],
    ['auth', 'use', 'pass'],
    ['auth', 'use', 'code'],
    ['server', 'ls', '--refresh', '--dead'],
    ['server', 'show'],
    ['context', 'ls'],
    ['context', 'show'],
    ['config', 'show'],
    ['config', 'get', 'credentials'],
    ['config', 'get', 'credentials.code.token.refresh'],
    ['config', 'get', 'registries'],
    ['registry', 'ls'],
    ['whoami'],
    ['version', '--debug'],
    ['ps'],
    ['logout', 'code'],
    ['logout', 'pass'],
  ]) {
    await all(line);
  }
  expectNoneOf(made);
});

test('S6, S7: nor does a failure', async () => {
  const password = 'SENTINEL-password';
  const env = { SKAHA_USERNAME: 'ada', SKAHA_PASSWORD: password };
  await all(['login', 'pass'], { terminal: { env } });
  await all(['login', 'pass', '--username', 'ada', '--password-stdin'], { stdin: password });
  await all(['login', 'code', '--token-stdin'], { stdin: 'SENTINEL token with blanks' });
  const { controls } = shell.platform.identity;
  controls.registry.missing = true;
  try {
    await all(['login', 'pass'], { terminal: { env } });
  } finally {
    controls.registry.missing = false;
  }
  const file = join(home.path, 'bad.pem');
  await writeFile(file, '-----BEGIN PRIVATE KEY-----\nSENTINEL\n-----END PRIVATE KEY-----\n');
  await all(['login', 'pass', '--certificate', file]);
  await writeFile(join(home.path, '.netrc'), 'machine x login ada password SENTINEL\n');
  await all(['login', 'pass', '--netrc']);
  await all(['registry', 'login', '-u', 'ada', '--secret-stdin'], { stdin: 'SENTINEL:x' });
  const refused = home.run(['login', 'code', ...loud]);
  await decide(shell.platform, false);
  const { stdout, stderr } = await refused;
  seen.push(stdout, stderr);
  expectNoneOf(['SENTINEL']);
});

test('S8: no option takes a secret as its value', async () => {
  for (const word of ['--password', '--token', '--secret']) {
    for (const line of [
      ['login', 'pass'],
      ['registry', 'login', '-u', 'ada'],
    ]) {
      const result = await home.run([...line, word, 'SENTINEL']);
      expect(result.status).toBe(2);
    }
  }
  const { stdout } = await home.run(['login', '--help']);
  expect(stdout).not.toMatch(/--(password|token|secret) [A-Z]/);
});

test('S1, S5: files are private, and no file keeps the password', async () => {
  const password = await passwordOf(shell.platform);
  const result = await home.ask(['login', 'pass'], person('ada', password));
  expect(result.status).toBe(0);
  await mkdir(join(home.path, 'empty'), { recursive: true });
  const names = await readdir(home.path, { recursive: true });
  for (const name of names) {
    const path = join(home.path, name);
    const kind = await stat(path);
    if (!kind.isFile()) continue;
    expect(kind.mode & 0o077, path).toBe(0);
    expect(await readFile(path, 'utf8')).not.toContain(password);
  }
  expect((await stat(join(home.path, '.ssl'))).mode & 0o077).toBe(0);
});
