import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { jobStore } from 'skaha/internal/batch/journal-files.js';
import { SkahaClient } from 'skaha/internal/client.js';
import type { ErrorCode } from 'skaha/internal/errors/index.js';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { type Reply, testServer, wireSession } from '../../client/tests/fixtures.js';
import { type Faults, Vospace } from '../../client/tests/storage/vospace.js';
import { proxyServer } from '../../client/tests/transport/proxy-server.js';
import { exitStatuses, Interruption } from '../src/exit.js';
import { type RunOptions, sharedPlatform } from './harness.js';
import { Home } from './identity.js';

const shell = sharedPlatform();
let home: Home;

beforeEach(async () => {
  home = await Home.make();
});

interface Case {
  line: readonly string[];
  /** Where the machine's form is not `--json` at the end. */
  machine?: readonly string[];
  options?: RunOptions;
  /** Lines on standard error before those of the error. */
  people?: RegExp;
  /** Something was done, and is printed. */
  hasData?: boolean;
}

const clientOf = (url: string): RunOptions => ({
  services: {
    connect: async (given) => new SkahaClient({ ...given, url, anonymous: true, retries: 0 }),
  },
});

/** A client without login for a server that always answers the same. */
async function answering(reply: Reply): Promise<RunOptions> {
  const server = await testServer(() => reply);
  onTestFinished(() => server[Symbol.asyncDispose]());
  return clientOf(server.url);
}

/** A storage service beside the server, with a folder and a file. */
async function storing(faults: Faults = {}): Promise<RunOptions> {
  const space = await Vospace.start();
  onTestFinished(() => space[Symbol.asyncDispose]());
  mkdirSync(space.local('/home'));
  writeFileSync(space.local('/home/x'), 'there');
  Object.assign(space.faults, { anonymous: true, ...faults });
  return clientOf(space.platformUrl);
}

const sessions = (status: string): Reply => ({
  body: JSON.stringify([
    wireSession('ab12cd34', { status, type: 'notebook', connectURL: 'https://x/' }),
  ]),
});

/** A server with one session, which answers what is about it alone in its own way. */
async function about(reply: Reply | undefined, status = 'Running'): Promise<RunOptions> {
  const alone = JSON.stringify(wireSession('ab12cd34', { status, type: 'notebook' }));
  const server = await testServer(({ path }) =>
    path.includes('/ab12cd34') ? (reply ?? { body: alone }) : sessions(status),
  );
  onTestFinished(() => server[Symbol.asyncDispose]());
  return clientOf(server.url);
}

function file(name: string, text: string): string {
  const path = join(home.path, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

async function silentServer(): Promise<string> {
  const server = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(async () => {
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return `https://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/skaha`;
}

const provider = (registry: string) =>
  `schema: skaha\nversion: 1\nproviders:\n  odd: { mode: x509, registry: "${registry}", development: true }\n`;

/** A server that is reached through a proxy only. */
const hidden = () => [
  ...['ps', '--url', 'https://skaha.example/skaha', '--token-file', file('token', 'abc')],
  ...['--retries', '0'],
];

function proxied(address: string): void {
  vi.stubEnv('https_proxy', address);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
}

async function behindProxy(options: { login?: string; status?: number }) {
  const proxy = await proxyServer({ port: 1, ...options });
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  proxied(`http://${proxy.address}`);
  return { line: hidden() };
}

const cases: Readonly<Record<string, [status: number, make: () => Case | Promise<Case>]>> = {
  'alias.not_found': [4, () => ({ line: ['alias', 'rm', 'none'], machine: [] })],
  'authentication.credential_invalid': [
    3,
    () => ({
      line: ['ps', '--url', 'https://127.0.0.1:1/skaha', '--certificate', file('c.pem', 'none')],
    }),
  ],
  'authentication.credential_missing': [
    3,
    () => ({ line: ['ps', '--url', 'https://127.0.0.1:1/skaha', '--token-file', '/none'] }),
  ],
  'authentication.denied': [
    3,
    async () => ({
      line: ['ps'],
      options: await answering({ status: 403, body: 'No POSIX Principal' }),
    }),
  ],
  'authentication.expired': [
    3,
    async () => {
      const { url, ca, user } = shell.platform;
      const certificate = await shell.platform.issueCertificate(user, -60_000);
      return { line: ['ps', '--url', url, '--ca', ca, '--certificate', certificate] };
    },
  ],
  'authentication.required': [3, () => ({ line: ['ps'] })],
  'authentication.provider_invalid': [
    3,
    async () => {
      await home.knows(shell.platform);
      const { oidc } = shell.platform.identity.controls;
      oidc.metadata = { issuer: 'https://evil.example.org/' };
      onTestFinished(() => {
        oidc.metadata = {};
      });
      return { line: ['login', 'code'], people: /^Error: .+\n( {2}.+\n)*Hint: .+\n$/m };
    },
  ],
  'batch.journal_invalid': [
    1,
    () => {
      file('jobs/fit/journal.jsonl', 'nothing that was written by skaha\n');
      const jobs = async () => jobStore(join(home.path, 'jobs'));
      return { line: ['jobs', 'show', 'fit'], options: { services: { jobs } } };
    },
  ],
  'batch.not_found': [4, () => ({ line: ['jobs', 'show', 'none'] })],
  'cluster.not_found': [4, () => ({ line: ['cluster', 'connect', 'none'] })],
  'command.cancelled': [
    130,
    () => ({
      line: ['ps'],
      options: { terminal: { signal: AbortSignal.abort(new Interruption('SIGINT')) } },
      people: /^Cancelled\.\n$/,
    }),
  ],
  'command.usage': [2, () => ({ line: ['ps', '--bogus'] })],
  'command.validation_failed': [2, () => ({ line: ['config', 'get', 'nothing.here'] })],
  'config.invalid': [
    1,
    async () => {
      await home.write('contexts: [');
      return { line: ['ps'] };
    },
  ],
  'config.unwritable': [
    1,
    () => {
      file('.config', 'a file where a directory must be');
      return { line: ['config', 'set', 'console.banner', 'false'], machine: [] };
    },
  ],
  'config.login_required_after_reset': [
    3,
    async () => {
      const { certificate } = shell.platform;
      await home.knows(shell.platform);
      expect((await home.run(['login', 'pass', '--certificate', certificate])).status).toBe(0);
      expect((await home.run(['ps'])).status).toBe(0);
      expect((await home.run(['auth', 'purge', '--force'])).status).toBe(0);
      return { line: ['ps'] };
    },
  ],
  'context.not_found': [4, () => ({ line: ['ps', '--context', 'none'] })],
  'extension.unusable': [
    1,
    () => {
      const path = file('bin/skaha-mine', '#!/does/not/exist\n');
      chmodSync(path, 0o700);
      const env = { PATH: join(home.path, 'bin') };
      return { line: ['mine'], machine: [], options: { terminal: { env } } };
    },
  ],
  'interaction.required': [3, () => ({ line: ['login'] })],
  'logging.invalid_env_value': [
    2,
    () => ({ line: ['version'], options: { terminal: { env: { CANFAR_LOGLEVEL: 'loud' } } } }),
  ],
  'logging.invalid_file_path': [2, () => ({ line: ['version', '--log-file', home.path] })],
  'output.conflict': [
    2,
    () => ({ line: ['ps', '-q', '--wide'], machine: ['ps', '--yaml', '--json'] }),
  ],
  'output.unsupported_mode': [
    2,
    () => ({ line: ['alias', 'rm', 'x', '--wide'], machine: ['alias', 'rm', 'x', '--json'] }),
  ],
  'partial.failure': [
    7,
    async () => ({
      line: ['renew', 'ab12cd34', 'none'],
      options: await about(undefined),
      hasData: true,
    }),
  ],
  'quota.exceeded': [
    5,
    async () => ({
      line: ['renew', 'ab12cd34'],
      options: await about({
        status: 400,
        body: 'ada has reached the maximum of 3 active sessions',
      }),
    }),
  ],
  'platform.not_running': [6, () => ({ line: ['platform', 'fault', '--data', home.path] })],
  'request.invalid': [2, () => ({ line: ['create', '--name', '-', 'headless', 'a/b:1'] })],
  'request.rejected': [
    1,
    async () => ({
      line: ['renew', 'ab12cd34'],
      options: await about({ status: 400, body: 'I will not' }),
    }),
  ],
  'response.invalid': [
    1,
    async () => ({ line: ['ps'], options: await answering({ body: '<html>somebody else' }) }),
  ],
  'response.redirect': [
    1,
    async () => {
      const headers = { location: 'https://elsewhere.example/login' };
      return { line: ['ps'], options: await answering({ status: 302, headers, body: '' }) };
    },
  ],
  'proxy.authentication_required': [6, () => behindProxy({ login: 'jo:hush' })],
  'proxy.invalid': [
    2,
    () => {
      proxied('socks5://proxy.example:1080');
      return { line: hidden() };
    },
  ],
  'proxy.refused': [6, () => behindProxy({ status: 403 })],
  'server.discovery_failed': [
    6,
    async () => {
      await home.write(provider('https://127.0.0.1:1/registry'));
      return { line: ['server', 'ls', '--idp', 'odd'] };
    },
  ],
  'server.error': [
    1,
    async () => ({ line: ['ps'], options: await answering({ status: 500, body: 'oh' }) }),
  ],
  'server.none_available': [
    4,
    async () => {
      const registry = await testServer(() => ({ body: '# nothing yet\n' }));
      onTestFinished(() => registry[Symbol.asyncDispose]());
      await home.write(provider(registry.url));
      return { line: ['server', 'ls', '--idp', 'odd'] };
    },
  ],
  'server.not_found': [4, () => ({ line: ['server', 'show', 'none'] })],
  'server.required': [2, () => ({ line: ['ps', '--token-file', file('token', 'abc')] })],
  'server.unavailable': [
    6,
    async () => ({ line: ['ps'], options: await answering({ status: 503, body: '' }) }),
  ],
  'session.failed': [
    8,
    async () => ({
      line: ['wait', 'ab12cd34', '--for', 'running'],
      options: await about(undefined, 'Failed'),
      people: /Error: .*ended as Failed/,
    }),
  ],
  'session.not_found': [
    4,
    async () => ({
      line: ['info', 'no-such-name'],
      options: await answering({ body: '[]' }),
    }),
  ],
  'session.not_ready': [
    1,
    async () => ({
      line: ['open', 'ab12cd34', '--print'],
      options: await about({
        body: JSON.stringify(wireSession('ab12cd34', { status: 'Pending', type: 'notebook' })),
      }),
    }),
  ],
  'storage.checksum': [
    1,
    async () => ({
      line: ['data', 'cp', file('y', 'here'), 'arc:/home/y'],
      options: await storing({ wrongMd5: 99 }),
      people: /Error: .*did not arrive complete/,
      hasData: true,
    }),
  ],
  'storage.differs': [
    1,
    async () => ({
      line: ['data', 'verify', file('x', 'here'), 'arc:/home/x'],
      options: await storing(),
      people: /Error: .*1 of 1 path differs/,
      hasData: true,
    }),
  ],
  'storage.exists': [
    1,
    async () => ({ line: ['data', 'mkdir', 'arc:/home'], options: await storing() }),
  ],
  'storage.forbidden': [
    1,
    async () => ({
      line: ['data', 'info', 'arc:/home/x'],
      options: await storing({ forbidden: ['/home/x'] }),
    }),
  ],
  'storage.invalid_name': [
    2,
    async () => ({ line: ['data', 'info', `arc:/${'x'.repeat(300)}`], options: await storing() }),
  ],
  'storage.local': [
    1,
    async () => ({
      line: ['data', 'cp', `${file('y', 'here')}/z`, 'arc:/home'],
      options: await storing(),
    }),
  ],
  'storage.locked': [
    1,
    async () => ({
      line: ['data', 'rm', 'arc:/home/x'],
      options: await storing({ locked: ['/home/x'] }),
    }),
  ],
  'storage.not_empty': [
    1,
    async () => ({ line: ['data', 'rmdir', 'arc:/home'], options: await storing() }),
  ],
  'storage.not_found': [
    4,
    async () => ({ line: ['data', 'info', 'arc:/nothing'], options: await storing() }),
  ],
  'storage.quota': [
    5,
    async () => ({
      line: ['data', 'cp', file('y', 'here'), 'arc:/home/y'],
      options: await storing({ quotaBytes: 1 }),
      people: /Error: .*quota is used up/,
      hasData: true,
    }),
  ],
  'storage.service_unknown': [
    4,
    async () => ({ line: ['data', 'ls', 'nowhere:/'], options: await storing() }),
  ],
  'storage.uncertain': [
    1,
    async () => ({
      line: ['data', 'cp', '-', 'arc:/home/y'],
      options: { ...(await storing({ loseReplies: 9, noMd5: true })), stdin: 'piped' },
    }),
  ],
  'storage.wrong_kind': [
    1,
    async () => ({
      line: ['data', 'cat', 'arc:/home'],
      machine: [],
      options: await storing(),
    }),
  ],
  'transport.failure': [
    6,
    () => ({
      line: [
        'ps',
        '--url',
        'https://127.0.0.1:1/skaha',
        '--token-file',
        file('token', 'abc'),
        '--retries',
        '0',
      ],
    }),
  ],
  'transport.timeout': [
    6,
    async () => ({
      line: [
        'ps',
        '--url',
        await silentServer(),
        '--token-file',
        file('token', 'abc'),
        '--timeout',
        '1s',
        '--retries',
        '0',
      ],
    }),
  ],
  'wait.timeout': [
    6,
    async () => ({
      line: ['wait', 'ab12cd34', '--for', 'running', '--timeout', '1s', '--interval', '1s'],
      options: await about(undefined, 'Pending'),
      people: /Error: /,
    }),
  ],
};

/** What people read for each code. */
const said = new Map<string, string>();

/** Without what is different each time. */
const anonymous = (text: string): string =>
  text
    .replace(/\n {2}/g, ' ')
    .replaceAll(home.path, '~')
    .replaceAll(shell.platform.ca, 'CA')
    .replace(/\/\S*\/skaha-cli-\S+\.pem/g, 'CERTIFICATE')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/ in \d+\.\d s,/g, ' in SECONDS,')
    .replace(/(127\.0\.0\.1|localhost):\d{2,}/g, '$1:PORT');

/** Codes that no command line alone leads to, and where they come from. */
const elsewhere: Readonly<Partial<Record<ErrorCode, string>>> = {
  'session.exec_unsupported': 'commands/exec.test.ts: exec prints what another program says',
  'batch.cancelled': 'a batch that somebody else cancels meanwhile',
  'batch.exists': 'the library: the command chooses another name',
  'batch.journal_unwritable': 'a full disk',
  'batch.locked': 'another process at the same batch',
  'batch.other_server': 'a batch begun with another context',
  'batch.rolled_back': 'an atomic batch that is refused in part',
  'client.closed': 'the library',
  'cluster.exists': 'a cluster that runs; see client/tests/cluster/cluster.test.ts',
  'cluster.head_failed': 'a head that ended',
  'cluster.limit': 'a cluster that runs',
  internal: 'a mistake in skaha',
  'logging.file_sink_unavailable': 'a warning, which ends nothing',
  'platform.already_running': 'a platform in another process',
  'platform.not_installed': 'an installation without the other package',
  'platform.port_in_use': 'a platform in another process',
  'platform.start_failed': 'a platform in another process',
  'platform.storage': 'a full disk',
  'platform.store_unavailable': 'a database; see platform/tests/store/postgres.test.ts',
  'request.aborted': 'the library',
  'session.outcome_unknown': 'a reply that is lost',
  'transport.socket_untrusted': 'a socket of somebody else; see transport/node-socket.test.ts',
  'storage.unsupported': 'a service that lacks something',
};

test.each(Object.entries(cases).map(([code, [status, make]]) => [code, status, make] as const))(
  '%s ends with %d, for people and for programs, who get one document',
  async (code, status, make) => {
    const {
      line,
      machine = [...line, '--json'],
      options = {},
      people: words,
      hasData,
    } = await make();
    const people = await home.run(line, options);
    if (hasData !== true) expect(people.stdout).toBe('');
    expect(people.stderr).toMatch(words ?? /^Error: .+\n( {2}.+\n)*Hint: .+\n$/);
    expect(people.status).toBe(status);
    said.set(code, `exit status ${status}\n${anonymous(people.stderr)}`);
    if (machine.length === 0) return;
    const programs = await home.run(machine, options);
    expect(programs.status).toBe(status);
    const documents = programs.stderr.trimEnd().split('\n');
    expect(documents).toHaveLength(1);
    expect(JSON.parse(documents[0] ?? '')).toMatchObject({ code, message: expect.any(String) });
  },
);

test('logging.file_sink_unavailable is a warning: the command goes on', async () => {
  const line = ['version', '--log-file', '/dev/null/log'];
  const people = await home.run(line);
  expect(people).toMatchObject({ status: 0, stdout: 'skaha 0.1.0\n' });
  expect(people.stderr).toMatch(/^Warning: The log file \/dev\/null\/log cannot be written .+\n$/);
  const programs = await home.run([...line, '--json']);
  expect(programs).toMatchObject({ status: 0 });
  expect(JSON.parse(programs.stderr)).toMatchObject({ code: 'logging.file_sink_unavailable' });
});

test('every code is brought about here, or said to come from elsewhere', () => {
  const codes = [...Object.keys(cases), ...Object.keys(elsewhere)].sort();
  expect(codes).toEqual(Object.keys(exitStatuses).sort());
});

test('what people read for each code is what was agreed on', async () => {
  const words = [...said].sort(([a], [b]) => (a < b ? -1 : 1));
  expect(words.map(([code]) => code)).toEqual(Object.keys(cases).sort());
  const text = words.map(([code, lines]) => `${code}: ${lines}`).join('\n');
  await expect(text).toMatchFileSnapshot('./golden/errors.txt');
});
