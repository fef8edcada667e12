import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { findExtension, listExtensions } from '@skaha/terminal/extensions.js';
import { beforeEach, describe, expect, test } from 'vitest';
import { program as table } from '../../src/program.js';
import { runChild, startSkaha } from '../child.js';
import { type RunOptions, runSkaha } from '../harness.js';
import { Home } from '../identity.js';

let home: Home;
let bin: string;

beforeEach(async () => {
  home = await Home.make();
  bin = join(home.path, 'bin');
  mkdirSync(bin);
});

const skaha = (line: readonly string[], options: RunOptions = {}) =>
  runSkaha(line, {
    ...options,
    terminal: { env: { HOME: home.path, PATH: bin }, ...options.terminal },
  });

const set = (name: string, text: string) => skaha(['alias', 'set', name, text]);

function program(name: string, script: string, mode = 0o755): string {
  const path = join(bin, name);
  writeFileSync(path, script);
  chmodSync(path, mode);
  return path;
}

describe('aliases', () => {
  test('are kept, run, listed and removed', async () => {
    const made = await set('where', 'config path');
    expect(made).toMatchObject({ status: 0, stdout: '' });
    expect(made.stderr).toBe("The alias 'where' was set: 'skaha config path'\n");
    expect(await skaha(['where'])).toMatchObject({ status: 0, stdout: `${home.config}\n` });
    const asJson = await skaha(['where', '--json']);
    expect(JSON.parse(asJson.stdout)).toBe(home.config);
    expect((await set('where', 'config path --json')).stderr).toContain('was replaced');
    expect((await skaha(['where'])).stdout).toBe(asJson.stdout);
    expect((await skaha(['alias', 'ls'])).stdout).toMatch(/where +skaha config path --json\n/);
    expect(JSON.parse((await skaha(['alias', 'list', '--json'])).stdout)).toEqual([
      { name: 'where', command: 'config path --json' },
    ]);
    expect(await skaha(['alias', 'rm', 'where'])).toMatchObject({ status: 0, stdout: '' });
    expect((await home.settings()).aliases).toBeUndefined();
    expect((await skaha(['where'])).status).toBe(2);
    expect((await skaha(['alias', 'ls'])).stderr).toContain('There are no aliases yet.');
  });

  test('may lead to aliases; options stand before and after; help is that of the command', async () => {
    await set('place', 'config path');
    await set('deep', 'place --json');
    expect((await skaha(['--color', 'never', 'deep', '-o', 'json'])).stdout).toBe(
      `${JSON.stringify(home.config)}\n`,
    );
    expect((await skaha(['deep', '--help'])).stdout).toContain('Usage: skaha config path');
    expect((await skaha(['help', 'deep'])).stdout).toContain('Usage: skaha config path');
    const other = join(home.path, 'other.yaml');
    writeFileSync(other, 'schema: skaha\nversion: 1\naliases: { there: config path }\n');
    expect((await skaha(['--config', other, 'there'])).stdout).toBe(`${other}\n`);
  });

  test.each([
    ['ps', 'config path', "'ps' is a command of skaha"],
    ['image', 'config path', "'image' is a command of skaha"],
    ['help', 'config path', "'help' is a command of skaha"],
    ['1st', 'config path', 'must'],
    ['x', 'pss --all', "There is no command 'pss'."],
    ['x', 'image lss', "There is no command 'image lss'."],
    ['x', 'x --all', 'would lead back to itself: x → x'],
    ['x', 'skaha ps', "begins with 'skaha'"],
    ['x', "ps 'a", 'quote'],
    ['x', ' ', 'does not begin with a command'],
  ])('set %s %j is refused', async (name, text, why) => {
    const refused = await set(name, text);
    expect(refused).toMatchObject({ status: 2, stdout: '' });
    expect(refused.stderr).toContain(why);
    expect(await home.text()).toBeUndefined();
  });

  test('that lead back to themselves are refused, also those written by hand', async () => {
    await set('a', 'config path');
    await set('b', 'a');
    const loop = await set('a', 'b --json');
    expect(loop.status).toBe(2);
    expect(loop.stderr).toContain('would lead back to itself: a → b → a');
    await home.write('schema: skaha\nversion: 1\naliases: { a: b, b: a, ps: version }\n');
    expect((await skaha(['a'])).stderr).toContain('leads back to itself: a → b → a');
    expect((await skaha(['ps'])).stdout).toBe('');
  });

  test('one that does not exist cannot be removed: 4, and nothing is', async () => {
    await set('night', 'ps --all');
    const { status, stderr } = await skaha(['alias', 'rm', 'night', 'nigth']);
    expect(status).toBe(4);
    expect(stderr).toContain("Did you mean 'night'?");
    expect((await home.settings()).aliases).toEqual({ night: 'ps --all' });
  });

  test('an unknown name suggests commands, aliases and extensions', async () => {
    await set('night', 'ps --all');
    program('skaha-cutout', '#!/bin/sh\n');
    const hint = async (name: string) => (await skaha([name])).stderr;
    expect(await hint('nihgt')).toContain("Did you mean 'night'?");
    expect(await hint('cutuot')).toContain("Did you mean 'cutout'?");
    expect(await hint('crate')).toContain("Did you mean 'create'?");
    expect(await hint('constructor')).toContain("See 'skaha --help'.");
    const machine = await skaha(['nihgt', '--json']);
    expect(machine).toMatchObject({ status: 2, stdout: '' });
    expect(JSON.parse(machine.stderr)).toMatchObject({ code: 'command.usage' });
  });

  test('a broken configuration hides them, and says so', async () => {
    await home.write('aliases: [');
    const { status, stderr } = await skaha(['night']);
    expect(status).toBe(2);
    expect(stderr).toContain('Aliases are not available: the configuration cannot be read.');
  });
});

// The extensions are shell scripts, which Windows does not start.
describe.skipIf(process.platform === 'win32')('extensions', () => {
  const run = (line: readonly string[], env: Record<string, string> = {}) =>
    runChild(line, {
      HOME: home.path,
      PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`,
      ...env,
    });

  test('get their words as they are, and their status is passed on', async () => {
    program('skaha-show', '#!/bin/sh\nfor word; do printf "<%s>" "$word"; done\nexit 7\n');
    const words = ['a b', '$(id)', '--json', '-h', '*', "it's", ''];
    expect(await run(['show', ...words])).toEqual({
      status: 7,
      stdout: words.map((word) => `<${word}>`).join(''),
      stderr: '',
    });
  });

  test('can call back, with the credential of the caller but not the password', async () => {
    program(
      'skaha-back',
      '#!/bin/sh\n"$SKAHA_EXECUTABLE" --version\necho "$SKAHA_TOKEN,$SKAHA_PASSWORD"\n',
    );
    const env = { SKAHA_TOKEN: 'tok', SKAHA_PASSWORD: 'pass' };
    expect((await run(['back'], env)).stdout).toBe('skaha 0.1.0\ntok,\n');
  });

  test('ended by a signal: 128 and its number', async () => {
    program('skaha-die', '#!/bin/sh\nkill -TERM $$\n');
    expect((await run(['die'])).status).toBe(143);
  });

  test.each(['INT', 'TERM'] as const)(
    'SIG%s is passed on, and how it ends is theirs',
    async (name) => {
      program(
        'skaha-stay',
        `#!/bin/sh\ntrap 'exit 9' ${name}\necho ready\nwhile :; do sleep 0.02; done\n`,
      );
      const child = startSkaha(['stay'], {
        HOME: home.path,
        PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`,
      });
      await child.printed('ready');
      child.process.kill(`SIG${name}`);
      expect(await child.ended).toBe(9);
      expect(child.stderr()).toBe('');
    },
  );

  test('the commands of skaha come first, aliases second', async () => {
    program('skaha-version', '#!/bin/sh\necho mine\n');
    program('skaha-where', '#!/bin/sh\necho mine\n');
    expect((await run(['version'])).stdout).toBe('skaha 0.1.0\n');
    expect((await run(['where'])).stdout).toBe('mine\n');
    await set('where', 'config path');
    expect((await run(['where'])).stdout).toBe(`${home.config}\n`);
    await set('mine', 'version');
  });

  test('are listed by help, unless a command of skaha hides them', async () => {
    for (const name of ['show', 'version', 'jobs', 'ls', 'help'])
      program(`skaha-${name}`, '#!/bin/sh\n');
    const { stdout } = await skaha(['help']);
    expect(stdout).toMatch(/\nExtensions:\n {2}show +the program skaha-show on the PATH\n\n/);
    expect((await skaha(['--help'], { terminal: { env: {} } })).stdout).not.toContain('Extensions');
  });

  test('an alias may lead to one', async () => {
    program('skaha-show', '#!/bin/sh\necho "$@"\n');
    expect((await set('twice', 'show $1 $1')).status).toBe(0);
    expect((await run(['twice', 'x', 'y'])).stdout).toBe('x x y\n');
  });

  test('that cannot be started: 1, with a hint', async () => {
    program('skaha-broken', '#!/nonexistent/interpreter\n');
    const broken = await run(['broken']);
    expect(broken).toMatchObject({ status: 1, stdout: '' });
    expect(broken.stderr).toMatch(
      /^Error: The extension .*skaha-broken cannot be started\.\nHint: /,
    );
  });

  test('options before the name do not reach them', async () => {
    program('skaha-show', '#!/bin/sh\necho "$@"\n');
    const early = await run(['--debug', 'show']);
    expect(early).toMatchObject({ status: 2, stdout: '' });
    expect(early.stderr).toContain('skaha show …');
  });

  test('are programs in folders of the path, and never paths', async () => {
    program('skaha-plain', 'text', 0o644);
    const path = program('skaha-good', '#!/bin/sh\n');
    mkdirSync(join(bin, 'skaha-folder'));
    const env = { PATH: ['', '.', 'bin', '/nonexistent', bin].join(delimiter) };
    expect(findExtension(table, 'good', env)).toBe(path);
    for (const name of ['plain', 'folder', 'none', '../bin/skaha-good', '', '-x'])
      expect(findExtension(table, name, env)).toBeUndefined();
    expect(listExtensions(table, env)).toEqual(['good']);
  });

  test('on Windows are those that need no shell', async () => {
    const path = program('skaha-tool.exe', '');
    program('skaha-script.cmd', '');
    const env = { PATH: bin };
    expect(findExtension(table, 'tool', env, 'win32')).toBe(path);
    expect(findExtension(table, 'script', env, 'win32')).toBeUndefined();
    expect(listExtensions(table, env, 'win32')).toEqual(['tool']);
  });
});
