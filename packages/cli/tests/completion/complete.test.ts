import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@skaha/base/clock.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../../../client/tests/config/fixtures.js';
import { sourceOf } from '../../src/completion/complete.js';
import { program } from '../../src/program.js';
import { type RunOptions, runSkaha, sharedPlatform } from '../harness.js';

/** A clock that stands still until it is told the time. */
class StillClock implements Clock {
  #now = 1_800_000_000_000;
  readonly #sleepers = new Set<{ until: number; wake: () => void }>();
  #fellAsleep: () => void = () => undefined;

  /** Resolves when somebody sleeps. */
  readonly sleeping = new Promise<void>((resolve) => {
    this.#fellAsleep = resolve;
  });

  now(): number {
    return this.#now;
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#sleepers.add({ until: this.#now + milliseconds, wake: resolve });
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      this.#fellAsleep();
    });
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds;
    for (const { until, wake } of this.#sleepers) if (until <= this.#now) wake();
  }
}

/** A directory for all tests of a group; read its path inside tests and hooks only. */
function sharedFolder(): { path: string } {
  const folder = { path: '' };
  beforeAll(async () => {
    folder.path = await mkdtemp(join(tmpdir(), 'skaha-completion-'));
  });
  afterAll(() => rm(folder.path, { recursive: true, force: true }));
  return folder;
}

const shell = sharedPlatform({ faults: [{ kind: 'slow-queue' }] });

/** Completes the last of the words, as the shell's script asks for it. */
const ask = (words: readonly string[]) => [
  '__complete',
  `--current=${words.at(-1) ?? ''}`,
  '--',
  ...words.slice(0, -1),
];

/** The words offered where nobody is logged in. */
async function alone(words: readonly string[], options: RunOptions = {}): Promise<string[]> {
  const env = { HOME: await temporaryDirectory(), ...options.terminal?.env };
  const { status, stdout, stderr } = await runSkaha(ask(words), {
    ...options,
    terminal: { ...options.terminal, env },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [line.split('\t')[0] ?? '']));
}

// A shell does not wait for as long as it may take to read all these sources.
beforeAll(async () => {
  await Promise.all([
    import('skaha-platform'),
    import('../../src/commands/platform/module.js'),
    import('../../src/completion/values.js'),
  ]);
});

test('names of runners, those of installed packages included', async () => {
  const offered = await alone(['platform', 'start', '--runner', '']);
  expect(offered).toEqual(
    expect.arrayContaining(['auto', 'sandbox', 'process', 'container', 'kubernetes']),
  );
  expect(await alone(['platform', 'start', '--runner', 'san'])).toEqual(['sandbox']);
});

describe('from the definitions alone', () => {
  test('commands: canonical names, each once, and groups', async () => {
    const offered = await alone(['']);
    const first = program.commands.map(({ name }) => name.split(' ')[0] ?? '');
    expect(offered).toEqual([...new Set(first), 'help']);
    expect(await alone(['pl'])).toEqual(['platform']);
    expect(await alone(['context', ''])).toEqual(['ls', 'use', 'show', 'add', 'rm']);
  });

  test.each([
    [['ps', '--kind', 'no'], ['notebook']],
    [['ps', '-k', 'head'], ['headless']],
    [['ps', '--kind=head'], ['--kind=headless']],
    [
      ['--color', 'a'],
      ['auto', 'always'],
    ],
    [['ps', '--color', 'n', '--kind', 'fire'], ['firefly']],
    [['list', '--stat'], ['--status']],
    [['--context', 'x', 'ps', '--stat'], ['--status']],
    [
      ['create', 'c'],
      ['carta', 'contributed'],
    ],
    [['completion', 'z'], ['zsh']],
    [['delete', '--ye'], ['--yes']],
    [['wait', '--for', 'r'], ['running']],
    [['login', '--certificate', ''], [':files']],
    [['platform', 'start', '--data', ''], [':folders']],
    [['create', 'headless', 'x', '--', ''], [':files']],
    [['help', 'exit'], ['exit-codes']],
    [['help', 'context', 'u'], ['use']],
    [['ps', 'x', ''], []],
    [['crate', ''], []],
    [['ps', '--bogus=', ''], []],
  ])('%j', async (words, expected) => {
    expect(await alone(words)).toEqual(expected);
  });

  test('an option that was given is not offered again, unless it may be repeated', async () => {
    expect(await alone(['ps', '--all', '--al'])).toEqual([]);
    expect(await alone(['create', '--env', 'A=1', '--en'])).toContain('--env');
  });

  test('identity providers, and the settings that could be made', async () => {
    expect(await alone(['login', ''])).toEqual(['cadc', 'srcnet']);
    expect(await alone(['config', 'set', 'console.c'])).toEqual(['console.color']);
  });

  // Whoever adds an argument or option decides here whether it can be completed.
  test('every argument and option with a value is looked up, or known to be free', async () => {
    const free = [
      'ACTION',
      'APP',
      'COMMAND',
      'COMMAND [ARG...]',
      'CORES',
      'COUNT',
      'DAYS',
      'FIELD',
      'FIELD=PATTERN',
      'HOST',
      'HOW',
      'KEY=VALUE',
      'KIND',
      'LAUNCH',
      'LINES',
      'METHOD',
      'N',
      'NAME',
      'NUMBER',
      'ENGINE',
      'NAME:VALUE',
      'NAME[,SETTING=VALUE]',
      'OUTCOME',
      'PATH',
      'PROGRAM',
      'RANGE[%ACTIVE]',
      'REASONS',
      'SHELL',
      'SIZE',
      'STATUS',
      'TEXT',
      'TIME',
      'TYPES',
      'URI',
      'URL',
      'VERSIONS',
      'WORD',
      'GROUP',
      'LEVELS',
      'LOCAL:REMOTE',
      'NAME=URL',
      'PATTERN',
      'REMOTE:LOCAL',
      'WHAT',
    ];
    const strange: string[] = [];
    for (const { name, load } of program.commands) {
      const definition = await load();
      const options = Object.entries(definition.options).flatMap(([key, spec]) =>
        spec.type === 'boolean' ? [] : [{ key, value: spec.value }],
      );
      for (const { key, value } of [...definition.arguments, ...options])
        if (sourceOf(name, key, value) === undefined && !free.includes(value))
          strange.push(`${name} ${key} ${value}`);
    }
    expect(strange).toEqual([]);
    for (const [key, spec] of Object.entries(program.options))
      if ('value' in spec && spec.value === 'FILE')
        expect([key, sourceOf(undefined, key, spec.value)]).toEqual([key, 'files']);
  });
});

describe('from the configuration', () => {
  const text = `schema: skaha
version: 1
active: home
contexts: { home: { server: near, credential: me }, work: { server: far, credential: me } }
servers: { near: { url: 'https://near.example/skaha' }, far: { url: 'https://far.example/skaha' } }
credentials: { me: { mode: token, path: /token } }
registries: { images.example.org: { username: ada, secret: hush-hush } }
aliases: { busy: 'ps --status Running' }
`;
  const folder = sharedFolder();
  let config: string;
  beforeAll(async () => {
    config = join(folder.path, 'config.yaml');
    await writeFile(config, text, { mode: 0o600 });
  });
  const offered = (...words: string[]) =>
    alone(words, { terminal: { env: { SKAHA_CONFIG: config } } });

  test('contexts, servers, registries, settings and aliases', async () => {
    expect(await offered('context', 'use', '')).toEqual(['home', 'work']);
    expect(await offered('--context', 'w')).toEqual(['work']);
    expect(await offered('server', 'use', 'f')).toEqual(['far']);
    expect(await offered('registry', 'logout', '')).toEqual(['images.example.org']);
    expect(await offered('config', 'get', 'servers.n')).toEqual(['servers.near.url']);
    expect(await offered('b')).toEqual(['busy']);
    expect(await offered('busy', '--ki')).toEqual(['--kind']);
  });

  test('never a secret', async () => {
    const { stdout } = await runSkaha(ask(['config', 'get', '']), {
      terminal: { env: { SKAHA_CONFIG: config } },
    });
    expect(stdout).toContain('registries."images.example.org".secret');
    expect(stdout).not.toContain('hush-hush');
  });

  test('that is corrupt: silence, and what needs no configuration', async () => {
    const broken = join(await temporaryDirectory(), 'config.yaml');
    await writeFile(broken, 'a: [', { mode: 0o600 });
    const env = { SKAHA_CONFIG: broken };
    expect(await alone(['context', 'use', ''], { terminal: { env } })).toEqual([]);
    expect(await alone(['info', ''], { terminal: { env } })).toEqual([]);
    expect(await alone(['login', 'c'], { terminal: { env } })).toEqual(['cadc']);
    expect(await alone(['ps', '--ki'], { terminal: { env } })).toEqual(['--kind']);
  });
});

describe('from the server', () => {
  const folder = sharedFolder();
  let home: string;
  let ids: string[];
  beforeAll(async () => {
    home = folder.path;
    const { stdout } = await shell.skaha(
      [
        'create',
        'headless',
        'skaha/terminal:1.1.2',
        '--name',
        'fit',
        '-q',
        '-r',
        '2',
        '--',
        'date',
      ],
      { terminal: { env: { HOME: home } } },
    );
    ids = stdout.trimEnd().split('\n');
  });
  const offered = async (words: readonly string[], options: RunOptions = {}) => {
    const env = { HOME: home };
    const result = await shell.skaha(ask(words), { ...options, terminal: { env } });
    expect(result).toMatchObject({ status: 0, stderr: '' });
    return result.stdout;
  };

  test('ids with name, kind and status; names; images with their kinds', async () => {
    const lines = ['fit\tbatch'];
    for (const [index, id] of ids.entries()) {
      lines.push(
        `${id}\tfit-${index + 1}  headless  Pending`,
        `fit-${index + 1}\t${id}  headless  Pending`,
      );
    }
    expect((await offered(['info', ''])).trimEnd().split('\n').sort()).toEqual(lines.sort());
    expect(await offered(['delete', 'fit-*'])).toBe('fit-*\t2 sessions\n');
    expect(await offered(['delete', 'no-*'])).toBe('');
    expect(await offered(['prune', 'f'])).toBe('fit-1\nfit-2\n');
    expect(await offered(['create', 'headless', 'images.canfar.net/skaha/term'])).toMatch(
      /^images\.canfar\.net\/skaha\/terminal:\S+\t.*headless/,
    );
    expect(await offered(['create', 'headless', 'skaha/term'])).toMatch(/^skaha\/terminal:\S+\t/);
    // Of the kind that was typed, and no other.
    expect(await offered(['create', 'notebook', ''])).toMatch(/^skaha\/astroml:\S+\t[^\n]*\n$/);
    expect(await offered(['wait', '--for', 'status=F'])).toBe('status=Failed\n');
  });

  test('is asked once in ten seconds; the answer is private', async () => {
    const clock = new StillClock();
    const services = { clock };
    const before = shell.platform.requests.length;
    const asked = () => shell.platform.requests.length - before;
    const words = ['--server', 'nowhere-special', 'info', ''];
    const first = await offered(['logs', ''], { services });
    expect(await offered(['delete', ''], { services })).toBe(first);
    expect(asked()).toBe(1);
    clock.advance(11_000);
    await offered(['info', ''], { services });
    expect(asked()).toBe(2);
    const folder = join(home, '.cache/skaha/completion');
    for (const name of await readdir(folder)) {
      expect(name).toMatch(/^[0-9a-f]{32}$/);
      expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
      expect(await readFile(join(folder, name), 'utf8')).not.toContain(shell.platform.token);
    }
    expect(await offered(words, { services })).toBe('');
  });

  test('that does not answer within a second is not waited for', async () => {
    const clock = new StillClock();
    const connect = () => new Promise<never>(() => undefined);
    const asking = runSkaha(ask(['info', '']), {
      terminal: { env: { HOME: await temporaryDirectory() } },
      services: { connect, clock },
    });
    await clock.sleeping;
    clock.advance(1_000);
    expect(await asking).toMatchObject({ status: 0, stdout: '', stderr: '' });
  });

  test('that refuses, or is not there: silence', async () => {
    const { url } = shell.platform;
    const dead = ['--url', 'https://127.0.0.1:1/skaha', '--token-file', '/nowhere', 'info', ''];
    expect(await offered(dead)).toBe('');
    expect(await alone(['--url', url, 'info', ''])).toEqual([]);
  });
});
