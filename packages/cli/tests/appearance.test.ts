import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type RunOptions, runSkaha } from './harness.js';
import { lists, session, standIn } from './stand-in.js';

const fit = session('aaa11111', { name: 'fit', image: `h.net/skaha/${'long'.repeat(20)}:1` });
const tty = { isTty: true, errIsTty: true, columns: 100, rows: 24 };

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'skaha-appearance-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function configured(text: string): string {
  const path = join(folder(), 'config.yaml');
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

const contexts = `schema: skaha
version: 1
active: home
contexts:
  home: { server: canfar, credential: cadc }
  away: { server: sweden, credential: cadc }
`;

async function ps(
  text: string,
  words: readonly string[] = [],
  terminal: RunOptions['terminal'] = tty,
) {
  const { skaha } = await lists([fit]);
  return skaha(['ps', '--config', configured(text), ...words], { terminal });
}

describe('the banner', () => {
  test.each<[string[], Record<string, string>, string]>([
    [[], {}, '@canfar\n'],
    [['-o', 'wide'], {}, '@canfar\n'],
    [['--context', 'away'], {}, '@sweden\n'],
    [['--server', 'italy'], {}, '@italy\n'],
    [['--url', 'https://some.host/skaha'], {}, '@some.host\n'],
    [[], { SKAHA_CONTEXT: 'away' }, '@sweden\n'],
    [
      [],
      { SKAHA_URL: 'https://other.host:8443/skaha', SKAHA_CONTEXT: 'away' },
      '@other.host:8443\n',
    ],
  ])('of %j with %j', async (words, env, expected) => {
    const { status, stderr, stdout } = await ps(contexts, ['--color', 'never', ...words], {
      ...tty,
      env,
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: expected });
    expect(stdout).not.toContain('@');
  });

  test.each<[string, string[], RunOptions['terminal']]>([
    ['ids only', ['-q'], tty],
    ['JSON', ['--json'], tty],
    ['CSV', ['-o', 'csv'], tty],
    ['a template', ['-o', 'template={id}'], tty],
    ['help', ['--help'], tty],
    ['a pipe', [], { ...tty, isTty: false }],
    ['a log of standard error', [], { ...tty, errIsTty: false }],
  ])('is not there for %s', async (_what, words, terminal) => {
    const shown = await ps(contexts, words, terminal);
    expect(shown.stderr).toBe('');
    expect(shown.stdout).not.toContain('@canfar');
  });

  test('can be turned off, and is not there when nothing is known', async () => {
    expect((await ps(`${contexts}console: { banner: false }\n`)).stderr).toBe('');
    expect((await ps('schema: skaha\nversion: 1\n')).stderr).toBe('');
  });

  test('is not there when no server is asked', async () => {
    const { stderr } = await runSkaha(['context', 'ls', '--config', configured(contexts)], {
      terminal: { ...tty, env: {} },
    });
    expect(stderr).toBe('');
  });

  test('says no more about a file that is wrong than who needs it', async () => {
    const { status, stderr } = await ps('console: [\n');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

describe('15: colour', () => {
  const sequence = '\u001B[';
  const pipe = { isTty: false, errIsTty: false };

  test.each<[string, string[], Record<string, string>, RunOptions['terminal'], boolean]>([
    ['', [], {}, tty, true],
    ['', [], {}, pipe, false],
    ['', [], { NO_COLOR: '1' }, tty, false],
    ['', [], { TERM: 'dumb' }, tty, false],
    ['', ['--color', 'never'], { FORCE_COLOR: '1' }, tty, false],
    ['', ['--color', 'always'], { NO_COLOR: '1' }, pipe, true],
    ['never', [], {}, tty, false],
    ['always', [], {}, pipe, true],
    ['always', [], { NO_COLOR: '1' }, pipe, false],
    ['never', [], { CLICOLOR_FORCE: '1' }, pipe, true],
    ['always', ['--color', 'never'], {}, tty, false],
    ['always', ['--json'], {}, tty, false],
  ])('configured %j, %j with %j in %j: %s', async (color, words, env, terminal, expected) => {
    const text = color === '' ? contexts : `${contexts}console: { color: ${color} }\n`;
    const { stdout, stderr } = await ps(text, words, { ...terminal, env });
    expect(stdout.includes(sequence)).toBe(expected);
    if (!expected) expect(stderr).not.toContain(sequence);
  });

  test('of errors follows the same rules', async () => {
    const { skaha } = await lists({ status: 500 });
    const failed = async (color: string) =>
      skaha(['ps', '--config', configured(`console: { color: ${color} }\n`)], { terminal: tty });
    expect((await failed('never')).stderr).toMatch(/^Error: /);
    expect((await failed('auto')).stderr).toContain(sequence);
  });
});

describe('14: the width', () => {
  test('is that of the terminal, or less when so configured; a pipe has none', async () => {
    const width = async (text: string, terminal = tty) =>
      Math.max(
        ...(await ps(text, ['--color', 'never'], terminal)).stdout
          .split('\n')
          .map((line) => line.length),
      );
    const narrow = `${contexts}console: { width: 60 }\n`;
    expect(await width(contexts)).toBe(100);
    expect(await width(narrow)).toBe(60);
    expect(await width(narrow, { ...tty, columns: 50 })).toBe(50);
    expect(await width(narrow, { ...tty, isTty: false })).toBeGreaterThan(100);
  });
});

// The pagers are shell scripts, which Windows does not start.
describe.skipIf(process.platform === 'win32')('long output', () => {
  const many = Array.from({ length: 40 }, (_, index) => session(`id${100000 + index}`));

  /** A pager that keeps what it gets, and the environment that names it. */
  function pager(
    variable = 'SKAHA_PAGER',
    body = 'cat > "$0.seen"',
  ): { seen(): string; env: Record<string, string> } {
    const program = join(folder(), 'pager');
    writeFileSync(program, `#!/bin/sh\n${body}\n`);
    chmodSync(program, 0o755);
    const { PATH = '' } = process.env;
    return {
      seen: () => readFileSync(`${program}.seen`, 'utf8'),
      env: { PATH, [variable]: program },
    };
  }

  const run = async (words: readonly string[], terminal: RunOptions['terminal']) => {
    const { skaha } = await lists(many);
    return skaha(['ps', ...words], { terminal: { ...tty, columns: 200, ...terminal } });
  };

  test.each(['SKAHA_PAGER', 'PAGER'])('goes to the program of %s', async (variable) => {
    const { seen, env } = pager(variable);
    expect(await run([], { env })).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(seen()).toContain('id100039');
  });

  test('SKAHA_PAGER counts first, and when it is empty there is none', async () => {
    const { env } = pager('PAGER');
    const { stdout } = await run([], { env: { ...env, SKAHA_PAGER: '' } });
    expect(stdout).toContain('id100039');
  });

  test.each<[string, string[], RunOptions['terminal']]>([
    ['--no-pager', ['--no-pager'], {}],
    ['JSON', ['--json'], {}],
    ['CSV', ['-o', 'csv'], {}],
    ['ids only', ['-q'], {}],
    ['a pipe', [], { isTty: false }],
    ['what fits', [], { rows: 50 }],
    ['a dumb terminal', [], { env: { TERM: 'dumb' } }],
  ])('is not paged: %s', async (_what, words, terminal) => {
    const { env } = pager();
    const { stdout } = await run(words, { ...terminal, env: { ...env, ...terminal?.env } });
    expect(stdout).toContain('id100039');
  });

  test('a pager that is left at once is no failure, however much there is to show', async () => {
    const { env } = pager('PAGER', 'exit 0');
    const huge = Array.from({ length: 3_000 }, (_, index) => session(`id${100000 + index}`));
    const { skaha } = await lists(huge);
    expect(await skaha(['ps'], { terminal: { ...tty, env } })).toMatchObject({
      status: 0,
      stdout: '',
      stderr: '',
    });
  });

  test('a pager that does not exist leaves the text to the terminal', async () => {
    const { PATH = '' } = process.env;
    for (const PAGER of ['no-such-pager-anywhere -R', 'no-such-pager-anywhere 2>/dev/null'])
      expect((await run([], { env: { PATH, PAGER } })).stdout).toContain('id100039');
  });

  test('what ends the command ends the pager', async () => {
    const { seen, env } = pager('PAGER', 'echo here > "$0.seen"\nexec sleep 600');
    const { Interruption } = await import('../src/exit.js');
    const controller = new AbortController();
    const ended = run([], { env, signal: controller.signal });
    await vi.waitUntil(() => existsSync(`${env['PAGER']}.seen`));
    controller.abort(new Interruption('SIGTERM'));
    expect(await ended).toMatchObject({ status: 143, stdout: '' });
    expect(seen()).toBe('here\n');
  });

  test('a log is paged, too; a followed one is not', async () => {
    const { seen, env } = pager();
    const text = 'line\n'.repeat(60);
    const done = session('aaa11111', { status: 'Completed' });
    const { skaha } = await standIn(({ path }) => {
      if (path.includes('view=logs')) return { body: text };
      return { body: JSON.stringify(path.includes('aaa11111') ? done : [done]) };
    });
    expect(await skaha(['logs', 'aaa11111'], { terminal: { ...tty, env } })).toMatchObject({
      status: 0,
      stdout: '',
    });
    expect(seen()).toBe(text);
    const followed = await skaha(['logs', '-f', 'aaa11111'], { terminal: { ...tty, env } });
    expect(followed.stdout).toBe(text);
  });
});
