import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { makePair } from '../../../../client/tests/auth/fixtures.js';
import { sample, temporaryDirectory } from '../../../../client/tests/config/fixtures.js';
import { type Result, type RunOptions, runSkaha } from '../../harness.js';

let home: string;
let path: string;

beforeEach(async () => {
  home = await temporaryDirectory();
  path = join(home, '.config/skaha/config.yaml');
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, sample, { mode: 0o600 });
});

const context = (line: readonly string[], options: RunOptions = {}): Promise<Result> =>
  runSkaha(['context', ...line], {
    ...options,
    terminal: { env: { HOME: home }, ...options.terminal },
  });

const empty = () => writeFile(path, '');

test('ls marks the active context; -q prints names', async () => {
  const { stdout } = await context(['ls']);
  expect(stdout.split('\n')).toEqual([
    '   NAME    SERVER                                        CREDENTIAL  FILE',
    '*  canfar  https://ws-uv.canfar.net/skaha                x509        ~/.ssl/cadcproxy.pem',
    '   sweden  https://services.swesrc.chalmers.se/skaha/v1  oidc        -',
    '',
  ]);
  expect((await context(['list', '-q'])).stdout).toBe('canfar\nsweden\n');
  const data = JSON.parse((await context(['ls', '--json'])).stdout);
  expect(data[1]).toEqual({
    name: 'sweden',
    active: false,
    server: 'sweden',
    url: 'https://services.swesrc.chalmers.se/skaha/v1',
    version: null,
    credential: 'srcnet',
    mode: 'oidc',
    path: null,
  });
});

test('ls without contexts says how to begin; for programs it is an empty list', async () => {
  await empty();
  const { status, stdout, stderr } = await context(['ls']);
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  expect(stderr).toContain('skaha platform start');
  expect((await context(['ls', '--json'])).stdout).toBe('[]\n');
});

test('use changes the active context, and warns when a variable overrides it', async () => {
  expect((await context(['use', 'sweden'])).stderr).toBe(
    "Context 'sweden' is active: https://services.swesrc.chalmers.se/skaha/v1.\n",
  );
  expect(await readFile(path, 'utf8')).toContain('active: sweden # the usual one');
  const env = { HOME: home, SKAHA_CONTEXT: 'sweden', SKAHA_TOKEN: 'SENTINEL' };
  const { stderr } = await context(['use', 'canfar'], { terminal: { env } });
  expect(stderr).toContain("Warning: SKAHA_CONTEXT is set to 'sweden', which takes precedence.\n");
  expect(stderr).toContain('Warning: SKAHA_TOKEN is set, which takes precedence.\n');
  expect(stderr).not.toContain('SENTINEL');
  const unknown = await context(['use', 'nobody']);
  expect(unknown.status).toBe(4);
  expect(unknown.stderr).toBe(
    "Error: There is no context named 'nobody'.\nHint: These exist: canfar, sweden.\n",
  );
  expect((await context(['use'])).status).toBe(2);
});

test('show tells what is wrong with a credential, and when a certificate ends', async () => {
  const missing = await context(['show']);
  expect(missing).toMatchObject({ status: 0, stderr: '' });
  expect(missing.stdout).toMatch(/^Context +canfar \(active\)\n/);
  expect(missing.stdout).toContain(`Certificate ${home}/.ssl/cadcproxy.pem does not exist.`);
  const pair = makePair(new Date('2026-01-01'), new Date('2126-01-01'));
  await mkdir(join(home, '.ssl'));
  await writeFile(join(home, '.ssl/cadcproxy.pem'), pair.certificate + pair.key, { mode: 0o600 });
  expect(JSON.parse((await context(['show', 'canfar', '--json'])).stdout)).toEqual({
    name: 'canfar',
    active: true,
    server: 'canfar',
    url: 'https://ws-uv.canfar.net/skaha',
    version: 'v1',
    credential: 'cadc',
    mode: 'x509',
    path: '~/.ssl/cadcproxy.pem',
    ca: null,
    expires: '2126-01-01T00:00:00.000Z',
    problem: null,
  });
});

test('show follows --context and SKAHA_CONTEXT', async () => {
  const name = async (line: readonly string[], env: Record<string, string> = {}) =>
    JSON.parse(
      (await context([...line, '--json'], { terminal: { env: { HOME: home, ...env } } })).stdout,
    ).name;
  expect(await name(['show'], { SKAHA_CONTEXT: 'sweden' })).toBe('sweden');
  expect(await name(['show', '--context', 'canfar'], { SKAHA_CONTEXT: 'sweden' })).toBe('canfar');
  expect(await name(['show', 'sweden', '--context', 'canfar'])).toBe('sweden');
});

test('show without anything to show says what to do', async () => {
  expect((await context(['show', 'nobody'])).status).toBe(4);
  await writeFile(path, sample.replace(/^active.*\n/m, ''));
  const idle = await context(['show']);
  expect(idle.status).toBe(2);
  expect(idle.stderr).toContain('skaha context use');
  await empty();
  const none = await context(['show']);
  expect(none.status).toBe(3);
  expect(none.stderr).toContain('skaha platform start');
});

test('add keeps files by absolute path and warns about those that are not there', async () => {
  await empty();
  const line = ['add', 'canfar', '--url', 'https://ws-uv.canfar.net/skaha/v1/'];
  const first = await context([...line, '--certificate', '~/.ssl/cadcproxy.pem']);
  expect(first).toMatchObject({
    status: 0,
    stdout: '',
    stderr: `Warning: Certificate ${home}/.ssl/cadcproxy.pem does not exist.\nContext 'canfar' was added. It is the active one.\n`,
  });
  await writeFile(join(home, 'token'), 'sesame', { mode: 0o600 });
  const other = ['add', 'other', '--url', 'https://x.org/skaha', '--token-file', '~/token'];
  expect((await context(other)).stderr).toBe(
    "Context 'other' was added. Use it with 'skaha context use other'.\n",
  );
  const data = JSON.parse((await context(['ls', '--json'])).stdout);
  expect(data).toMatchObject([
    { name: 'canfar', active: true, url: 'https://ws-uv.canfar.net/skaha', version: 'v1' },
    { name: 'other', active: false, mode: 'token', path: `${home}/token` },
  ]);
  expect(await readFile(path, 'utf8')).not.toContain('sesame');
  await context([...other, '--use', '--yes', '--ca', '~/none.pem']);
  expect(JSON.parse((await context(['show', '--json'])).stdout)).toMatchObject({
    name: 'other',
    ca: `${home}/none.pem`,
  });
});

test('add asks before it replaces', async () => {
  const line = ['add', 'canfar', '--url', 'https://x.org/skaha', '--token-file', '~/t'];
  const blind = await context(line);
  expect(blind.status).toBe(2);
  expect(blind.stderr).toContain('--yes');
  const declined = await context(line, {
    stdin: 'n\n',
    terminal: { env: { HOME: home }, inIsTty: true },
  });
  expect(declined.status).toBe(0);
  expect(declined.stderr).toContain('Nothing was changed.');
  expect(await readFile(path, 'utf8')).toBe(sample);
});

test.each([
  [['add', 'x'], '--certificate FILE or --token-file FILE'],
  [['add', 'x', '--token-file', 't'], '--url'],
  [['add', 'x', '--url', 'http://x.org', '--token-file', 't'], 'https'],
  [['add', 'x', '--url', 'https://u:hush@x.org', '--token-file', 't'], 'https'],
  [['add', 'x', '--url', 'https://x.org', '--token-file', 't', '--certificate', 'c'], 'one'],
  [['add', 'a.b', '--url', 'https://x.org', '--token-file', 't'], 'must start with a letter'],
])('%j is wrong usage', async (line, reason) => {
  const { status, stderr } = await context(line);
  expect(status).toBe(2);
  expect(stderr).toContain(reason);
  expect(stderr).not.toContain('hush');
  expect(await readFile(path, 'utf8')).toBe(sample);
});

test('rm forgets a context and says when none is active any more', async () => {
  expect((await context(['rm', 'sweden'])).stderr).toBe("Context 'sweden' was removed.\n");
  expect((await context(['remove', 'canfar'])).stderr).toBe(
    "Context 'canfar' was removed. No context is active now.\n",
  );
  expect((await context(['rm', 'canfar'])).status).toBe(4);
});
