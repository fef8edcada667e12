import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCodes } from 'skaha/internal/errors/index.js';
import { beforeEach, expect, test } from 'vitest';
import { runChild, startSkaha } from './child.js';
import { idsOf, runSkaha, sharedPlatform } from './harness.js';
import { Home } from './identity.js';

const shell = sharedPlatform();
const image = 'skaha/terminal:1.1.2';
let home: Home;

beforeEach(async () => {
  home = await Home.make();
});

test.each([
  ['--versoin', "'--version'"],
  ['crate', "'create'"],
  ['delte', "'delete'"],
  ['image lss', "'image ls'"],
])('5: a misspelt command: 2, and the nearest one', async (line, nearest) => {
  const { status, stdout, stderr } = await runSkaha(line.split(' '));
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toContain(`Did you mean ${nearest}?`);
});

test.each(['--install-completion', '--show-completion'])(
  '5: %s of the Python clients leads to the command completion',
  async (option) => {
    const { status, stderr } = await runSkaha([option]);
    expect(status).toBe(2);
    expect(stderr).toContain("Use 'skaha completion bash'");
  },
);

test.each(['--dev', '--dead', '--details', '--timeout', '--discovery-url'])(
  '41: login has %s',
  async (option) => {
    expect((await runSkaha(['login', '--help'])).stdout).toMatch(
      new RegExp(`^ +(-\\w, )?${option}\\b`, 'm'),
    );
  },
);

test.each([
  ['version', 0, 'skaha '],
  ['version --debug', 0, 'config.invalid'],
  ['config path', 0, 'config.yaml'],
  ['completion bash', 0, 'complete'],
  ['--help', 0, 'Usage'],
  ['history', 0, ''],
  ['login', 3, ''],
])('44: %s works with a corrupt configuration', async (line, status, says) => {
  await home.write('contexts: [unclosed\n');
  const done = await home.run(line.split(' '));
  expect(done.status).toBe(status);
  expect(done.stdout).toContain(says);
  expect(done.stderr).not.toContain('config.yaml');
});

test('49: the secret of a registry is in no output, file, log or argument', async () => {
  const { url, ca, tokenFile } = shell.platform;
  const secret = ['PLANTED', 'registry', 'secret'].join('-');
  const log = join(home.path, 'skaha.log');
  const server = ['--url', url, '--ca', ca, '--token-file', tokenFile];
  const loud = ['--debug', '--log-file', log];
  const words = [
    'create',
    'headless',
    `images.canfar.net/${image}`,
    '-n',
    'quiet',
    '-e',
    'API_KEY',
  ];
  const env = { XDG_STATE_HOME: join(home.path, 'state'), API_KEY: 'PLANTED-value' };
  const given = ['--registry-user', 'ada', '--registry-secret-stdin'];
  const seen: string[] = [];
  for (const more of [['--dry-run'], ['--dry-run', '-o', 'yaml'], []]) {
    const line = [...words, ...given, ...server, ...loud, ...more, '--', 'true'];
    const done = await home.run(line, { stdin: `${secret}\n`, terminal: { env } });
    expect(done.status, done.stderr).toBe(0);
    seen.push(done.stderr, ...(more.length === 0 ? [done.stdout] : []));
    expect(done.stdout).not.toContain(secret);
  }
  for (const line of [
    ['history', '--json'],
    ['version', '--debug'],
    ['jobs', 'ls', '--json'],
  ]) {
    const { stdout, stderr } = await home.run([...line, ...server, ...loud], { terminal: { env } });
    seen.push(stdout, stderr);
  }
  seen.push(readFileSync(log, 'utf8'));
  const header = Buffer.from(`ada:${secret}`).toString('base64');
  for (const text of seen) {
    for (const planted of [secret, header, shell.platform.token]) {
      expect(text).not.toContain(planted);
    }
  }
  expect(seen.join('').split('PLANTED-value')).toHaveLength(1);
  await shell.skaha(['delete', '-y', 'quiet']);
});

test.each([{ SKAHA_TOKEN: 'abc' }, { CANFAR_TOKEN: 'abc' }, { SKAHA_CERTIFICATE: '/none.pem' }])(
  '50: %j without a URL: 2',
  async (variables) => {
    const { status, stdout, stderr } = await runChild(['ps'], { HOME: home.path, ...variables });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^Error: .+ without the URL of its server\.\nHint: .+--url.+\n$/);
  },
);

/** The codes that the successor's contract has, and those that ours adds to it. */
const contract = [
  ...['output.conflict', 'output.unsupported_mode', 'authentication.required'],
  ...['authentication.credential_missing', 'authentication.expired', 'authentication.denied'],
  ...['authentication.credential_invalid', 'server.required', 'server.discovery_failed'],
  ...['server.none_available', 'config.invalid', 'config.login_required_after_reset'],
  ...['logging.invalid_env_value', 'logging.invalid_file_path', 'transport.failure'],
  ...['command.validation_failed', 'command.cancelled', 'session.not_found', 'session.not_ready'],
  ...['session.failed', 'request.rejected', 'quota.exceeded', 'server.error', 'server.unavailable'],
  ...['transport.timeout', 'wait.timeout', 'partial.failure', 'interaction.required'],
  'logging.file_sink_unavailable',
];

test('51: every code of the contract is one of the library', () => {
  expect(errorCodes).toEqual(expect.arrayContaining(contract));
});

test.each([
  ['logs', '-f'],
  ['events', '-f'],
  ['ps', '-w', '--interval', '1s'],
])('54: a closed pipe ends %j silently with 0', async (...words) => {
  writeFileSync(join(shell.platform.home, 'talk.sh'), 'while :; do echo hello; sleep 0.2; done\n');
  const launch = async () =>
    idsOf(await shell.skaha(['create', 'headless', image, '-q', '--', 'sh', './talk.sh']))[0] ?? '';
  const id = await launch();
  await shell.skaha(['wait', id, '--for', 'running', '--interval', '10ms']);
  const { url, token, ca } = shell.platform;
  const session = words[0] === 'ps' ? [] : [id];
  const child = startSkaha([...words, ...session], {
    SKAHA_URL: url,
    SKAHA_TOKEN: token,
    SKAHA_CA: ca,
  });
  await child.printed('\n');
  child.process.stdout?.destroy();
  // Something more to write, so that it notices.
  await shell.skaha(['delete', '-y', id]);
  expect(await child.ended).toBe(0);
  expect(child.stderr()).toBe('');
});

test('60: --url holds for one call and changes no file', async () => {
  await home.write('schema: skaha\nversion: 1 # mine\n');
  const before = await home.text();
  const { url, ca, tokenFile } = shell.platform;
  const line = ['ps', '--json', '--url', url, '--ca', ca, '--token-file', tokenFile];
  expect((await home.run(line)).status).toBe(0);
  expect(await home.text()).toBe(before);
  expect((await home.run(['ps'])).status).toBe(3);
});
