import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runChild } from './child.js';
import { sharedPlatform } from './harness.js';

const moduleTracer = fileURLToPath(new URL('./fixtures/trace-modules.cjs', import.meta.url));
const fileTracer = fileURLToPath(new URL('./fixtures/trace-files.cjs', import.meta.url));

const packs = fileURLToPath(new URL('../../client/dist/command/', import.meta.url));

type Environment = Readonly<Record<string, string>>;

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'skaha-trace-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const linesOf = (file: string) => readFileSync(file, 'utf8').trimEnd().split('\n');

/** The files of the shipped command that a command line reads. */
async function filesOf(argv: readonly string[], env: Environment = {}): Promise<string[]> {
  const trace = join(temporaryFolder(), 'files');
  const options = { nodeOptions: ['--require', fileTracer] };
  await runChild(argv, { ...env, FILE_TRACE: trace }, options);
  return linesOf(trace).filter((path) => path.endsWith('.js'));
}

/** The modules of Node's own that a command line makes it load. */
async function modulesOf(argv: readonly string[], env: Environment = {}): Promise<string[]> {
  const trace = join(temporaryFolder(), 'modules');
  const options = { nodeOptions: ['--require', moduleTracer] };
  await runChild(argv, { ...env, MODULE_TRACE: trace }, options);
  return linesOf(trace);
}

const { platform } = (() => {
  const shell = sharedPlatform();
  return { platform: () => shell.platform };
})();

/** A home with a configuration as `skaha platform start` writes it. */
async function homeOf(): Promise<Environment> {
  const home = temporaryFolder();
  await mkdir(join(home, '.config/skaha'), { recursive: true });
  const { url, ca, tokenFile } = platform();
  const text = `schema: skaha
version: 1
contexts:
  local:
    server: local
    credential: local
servers:
  local:
    url: ${url}
    version: v1
    auths:
      - x509
      - oidc
    ca: ${ca}
credentials:
  local:
    mode: token
    path: ${tokenFile}
active: local
`;
  await writeFile(join(home, '.config/skaha/config.yaml'), text, { mode: 0o600 });
  return { HOME: home };
}

/** The same on the machine of the platform, once it was asked for its limits. */
async function homeHere(): Promise<Environment> {
  const env = await homeOf();
  const path = join(env['HOME'] ?? '', '.config/skaha/config.yaml');
  const here = `    socket: ${platform().socket}
    limits:
      fixed:
        cores:
          min: 1
          max: 2
        memory:
          min: 1
          max: 8
      read: 2026-11-29T23:34:06.216Z
`;
  const text = readFileSync(path, 'utf8').replace(/(?=credentials:\n {2}local:)/, here);
  await writeFile(path, text, { mode: 0o600 });
  return env;
}

describe('the shipped command loads for', () => {
  test('--version: its first pack only', async () => {
    const names = (await filesOf(['--version'])).map((path) => path.split('/').at(-1));
    expect(names).toEqual(['skaha.js', 'packs.js', 'main.js']);
  });

  test('help: two packs', async () => {
    const names = (await filesOf(['--help'])).map((path) => path.split('/').at(-1));
    expect(names).toEqual(['skaha.js', 'packs.js', 'main.js', 'front.js']);
  });

  test.each([
    ['help', ['--help']],
    ['help of a group', ['jobs', '--help']],
  ])(
    '%s: nothing of Node that is for networks, secrets or files in the background',
    async (_what, argv) => {
      const modules = await modulesOf(argv);
      expect(modules).toContain('stream');
      expect(
        modules.filter((name) =>
          /^(?:_?https?|_?tls|crypto|child_process|worker_threads|readline)/.test(name),
        ),
      ).toEqual([]);
      expect(modules).not.toContain('fs/promises');
    },
  );

  test('help: few words of the command, and none of the library but its errors', () => {
    const pack = readFileSync(join(packs, 'front.js'), 'latin1');
    // What makes requests, and what reads their replies.
    const has = (name: string) => new RegExp(`\\b${name}=class\\b`).test(pack);
    expect(['SkahaError', 'ClientCore', 'Session', 'Context', 'SkahaClient'].filter(has)).toEqual([
      'SkahaError',
    ]);
  });

  test('a list of sessions: three packs and little beside', async () => {
    const files = await filesOf(['ps'], await homeOf());
    const names = files.map((path) => path.split('/').at(-1));
    expect(names.slice(0, 4)).toEqual(['skaha.js', 'packs.js', 'main.js', 'front.js']);
    expect(names).toContain('call.js');
    expect(names.length).toBeLessThanOrEqual(8);
    expect(files.filter((path) => path.includes('/node_modules/'))).toEqual([]);
    // What checks documents is for those who read a configuration or the lines of `exec`.
    expect(/\$ZodType\b/.test(readFileSync(join(packs, 'call.js'), 'latin1'))).toBe(false);
  });

  test.each([
    ['a list of sessions', ['ps'], ['call.js']],
    [
      'a launch',
      ['create', '--attach', 'headless', 'skaha/terminal:1.1.2', '--', 'true'],
      ['launch.js', 'call.js'],
    ],
  ])(
    '%s on this machine: no library, and of Node neither TLS nor secrets',
    async (_what, argv, more) => {
      const env = await homeHere();
      const files = (await filesOf(argv, env)).map((path) => path.split('/').at(-1));
      expect(files).toEqual(['skaha.js', 'packs.js', 'main.js', 'front.js', ...more]);
      const modules = await modulesOf(argv, env);
      expect(modules).toContain('http');
      expect(modules.filter((name) => /^(?:https|_?tls|crypto|child_process)/.test(name))).toEqual(
        [],
      );
    },
  );

  test.each([
    ['help of a command', ['create', '--help']],
    ['wrong usage', ['ps', '--bogus']],
    ['a command that does not exist', ['crate']],
    ['version', ['version']],
  ])('%s: no dependency', async (_what, argv) => {
    const files = await filesOf(argv);
    expect(files.length).toBeGreaterThan(3);
    expect(files.filter((path) => /node_modules|\/(chunk|dist|terminal)-/.test(path))).toEqual([]);
  });

  test('YAML: its library, which is CommonJS, on demand', async () => {
    const { status, stdout } = await runChild(['version', '-o', 'yaml']);
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'name: skaha\nversion: 0.1.0\n' });
  });
});
