import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { SkahaClient } from 'skaha/internal/client.js';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testServer } from '../../client/tests/fixtures.js';
import type { CommandEntry } from '../src/command.js';
import { commands } from '../src/commands/index.js';
import { Interruption } from '../src/exit.js';
import { type Result, type RunOptions, runSkaha, sharedPlatform } from './harness.js';
import { Home } from './identity.js';

const shell = sharedPlatform();
let home: Home;
let closedPort = 0;
let expired = '';

beforeAll(async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  closedPort = typeof address === 'object' && address !== null ? address.port : 0;
  await new Promise((resolve) => server.close(resolve));
  expired = await shell.platform.issueCertificate(shell.platform.user, -60_000);
});

beforeEach(async () => {
  home = await Home.make();
});

/** What has to do with this machine or with logging in, so that no login is needed. */
const local =
  /^(alias|completion|config|context|doctor|help|history|jobs|login|logout|mcp|platform|registry|relaunch|server|version)\b|^auth (ls|purge|rm|show|use)$|^cluster (connect|delete|ls|scale)$/;

/** What must work whatever is in the configuration, and what never looks at it. */
const withoutConfiguration =
  /^(cluster (connect|delete|ls|scale)|completion|config (edit|import|path)|doctor|help|history|jobs|login|mcp|platform (config|faults?|logs|reset|status|stop)|relaunch|shell|version)\b/;

/** Words for what a command demands; the rest is found in its declaration. */
const special: Readonly<Record<string, readonly string[]>> = {
  'alias set': ['x', 'version'],
  'cluster create': ['x', 'skaha/x:1', '--engine', 'dask'],
  'config set': ['console.color', 'never'],
  'context add': ['x', '--url', 'https://h.example/skaha', '--token-file', 'none'],
  create: ['headless', 'skaha/x:1', '-n', 'x', '--', 'ls'],
  prune: ['ab'],
  delete: ['ab12cd34'],
  exec: ['ab12cd34', '--', 'true'],
  'data chmod': ['--public', 'arc:/x'],
  'data cp': ['arc:/x', 'arc:/y'],
  'data ln': ['arc:/x', 'arc:/y'],
  'data mv': ['arc:/x', 'arc:/y'],
  'data sync': ['arc:/x', 'arc:/y'],
  'data verify': ['arc:/x', 'arc:/y'],
  'registry login': ['r.example', '-u', 'ada', '--secret-stdin'],
  info: ['ab12cd34'],
  logs: ['ab12cd34'],
  renew: ['ab12cd34'],
  'server add': ['x', '--url', 'https://127.0.0.1:1/skaha'],
  wait: ['ab12cd34'],
};

async function lineFor(entry: CommandEntry, more: readonly string[] = []): Promise<string[]> {
  const definition = await entry.load();
  const words =
    special[entry.name] ??
    definition.arguments
      .filter(({ required }) => required === true)
      .map(({ choices, value }) => choices?.[0] ?? (value === 'PLACE' ? 'arc:/x' : 'ab12cd34'));
  const yes = definition.confirms === true ? ['--yes'] : [];
  return [...entry.name.split(' '), ...yes, ...more, ...words];
}

const hasMachineFormat = async (entry: CommandEntry): Promise<boolean> =>
  (await entry.load()).formats?.includes('json') === true;

/** Runs it for people and for programs; both must end in the same way. */
async function fails(
  entry: CommandEntry,
  more: readonly string[],
  { code, status }: { code: string; status: number },
  options: RunOptions = {},
): Promise<Result> {
  const input = { stdin: 'secret', ...options };
  const people = await home.run(await lineFor(entry, more), input);
  const said = `${entry.name}: ${people.stdout}${people.stderr}`;
  expect(people.status, said).toBe(status);
  expect(people.stdout).toBe('');
  expect(people.stderr).toMatch(/^Error: .+\n( {2}.+\n)*(Hint: .+\n)?$/);
  expect(people.stderr).not.toContain('    at ');
  if (await hasMachineFormat(entry)) {
    const programs = await home.run(await lineFor(entry, [...more, '--json']), input);
    expect(programs.status).toBe(status);
    expect(programs.stdout).toBe('');
    expect(JSON.parse(programs.stderr), entry.name).toMatchObject({ code });
    const simple = await home.run(await lineFor(entry, [...more, '--exit-code', 'simple']), input);
    expect(simple.status).toBe(status >= 3 && status <= 8 ? 1 : status);
  }
  return people;
}

const all = commands.map((entry) => [entry.name, entry] as const);
// A shell is refused before anything else where there is no terminal for it.
const asking = all.filter(([name]) => !local.test(name) && name !== 'shell');
/** Handing out a token needs no server, and a dashboard says what is wrong on its page. */
const waiting = asking.filter(([name]) => !['auth token', 'dashboard'].includes(name));

describe.each(all)('%s', (name, entry) => {
  test('shows its help whatever the state of the configuration', async () => {
    const env = { SKAHA_CONFIG: '{"not": "a path"}', SKAHA_LOGLEVEL: 'loud' };
    for (const word of ['--help', '-h']) {
      const help = await runSkaha([...name.split(' '), word], { terminal: { env } });
      expect(help).toMatchObject({ status: 0, stderr: '' });
      expect(help.stdout).toContain(`Usage: skaha ${name}`);
    }
  });

  test('refuses an option it does not have, and suggests another: 2', async () => {
    const wrong = await fails(entry, ['--colr'], { code: 'command.usage', status: 2 });
    expect(wrong.stderr).toContain("Did you mean '--color'?");
  });
});

test.each(all.filter(([name]) => !withoutConfiguration.test(name)))(
  '%s refuses a broken configuration and names it: 1',
  async (_name, entry) => {
    await home.write('contexts: [unclosed\n');
    const wrong = await fails(
      entry,
      ['--config', home.config],
      { code: 'config.invalid', status: 1 },
      { terminal: { env: { SKAHA_CONFIG: home.config } } },
    );
    expect(wrong.stderr).toContain(home.config);
  },
);

describe.each(asking)('%s', (_name, entry) => {
  test('without a login: 3', async () => {
    await fails(entry, [], { code: 'authentication.required', status: 3 });
  });

  test('with an expired certificate: 3', async () => {
    const { url, ca } = shell.platform;
    const more = ['--url', url, '--ca', ca, '--certificate', expired];
    await fails(entry, more, { code: 'authentication.expired', status: 3 });
  });
});

test.each(waiting)('%s without a server that answers: 6', async (_name, entry) => {
  const token = join(home.path, 'token');
  writeFileSync(token, 'abc', { mode: 0o600 });
  const url = `https://127.0.0.1:${closedPort}/skaha`;
  const more = ['--url', url, '--token-file', token, '--retries', '0'];
  await fails(entry, more, { code: 'transport.failure', status: 6 });
});

test.each(waiting)('%s interrupted while it waits for the server: 130', async (_name, entry) => {
  for (const more of (await hasMachineFormat(entry)) ? [[], ['--json']] : [[]]) {
    const controller = new AbortController();
    await using server = await testServer(() => {
      controller.abort(new Interruption('SIGINT'));
      return new Promise(() => {});
    });
    const ended = await home.run(await lineFor(entry, more), {
      stdin: 'secret',
      terminal: { signal: controller.signal },
      services: {
        connect: async (given) => new SkahaClient({ ...given, url: server.url, anonymous: true }),
      },
    });
    expect(ended.status).toBe(130);
    expect(ended.stdout).toBe('');
    if (more.length === 0) expect(ended.stderr).toContain('Cancelled.');
    else expect(JSON.parse(ended.stderr)).toMatchObject({ code: 'command.cancelled' });
  }
});

/** Commands about something that has a name and exists, and what they need behind the name. */
const named = {
  'alias rm': [],
  'auth rm': [],
  'auth show': [],
  'auth use': [],
  login: [],
  logout: [],
  'app ls': [],
  'app create': ['skaha/x:1'],
  'app delete': ['ab12cd34'],
  'cluster connect': [],
  'cluster delete': [],
  'cluster scale': ['1'],
  'config get': [],
  'config unset': [],
  'context rm': [],
  'context show': [],
  'context use': [],
  'jobs cancel': [],
  'jobs logs': [],
  'jobs resume': [],
  'jobs rm': [],
  'jobs show': [],
  'jobs wait': [],
  relaunch: [],
  'server rm': [],
  'server show': [],
  'server use': [],
  delete: [],
  events: [],
  exec: ['--', 'true'],
  info: [],
  logs: [],
  open: [],
  renew: [],
  top: [],
  wait: [],
} as const;

test.each(all.filter(([name]) => Object.hasOwn(named, name)))(
  '%s ends for an unknown name as its help says',
  async (name, entry) => {
    const { certificate } = shell.platform;
    await home.knows(shell.platform);
    expect((await home.run(['login', 'pass', '--certificate', certificate])).status).toBe(0);
    const more = Object.entries(named).find(([key]) => key === name)?.[1] ?? [];
    const yes = (await entry.load()).confirms === true ? ['--yes'] : [];
    const { status, stderr } = await home.run([...name.split(' '), ...yes, 'nobody', ...more]);
    expect(stderr).toMatch(/'nobody'|Nothing was launched/);
    const help = (await home.run(['help', ...name.split(' ')])).stdout;
    const declared = new RegExp(`^ {2}${status} {2}(.+)$`, 'm').exec(help)?.[1];
    expect(declared, `${status}: ${stderr}`).toMatch(
      /no such|no login|none of|does not exist|not logged in|nothing was found/,
    );
  },
);
