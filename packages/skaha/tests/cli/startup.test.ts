import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runChild } from './child.js';
import { sharedPlatform } from './harness.js';

const tracer = new URL('./fixtures/trace-modules.mjs', import.meta.url).href;
const fileTracer = fileURLToPath(new URL('./fixtures/trace-files.cjs', import.meta.url));
const unbundled = fileURLToPath(new URL('./fixtures/unbundled.mjs', import.meta.url));

type Environment = Readonly<Record<string, string>>;

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'skaha-trace-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const linesOf = (file: string) => readFileSync(file, 'utf8').trimEnd().split('\n');

/** The modules that a command line loads, before they are put into few files. */
async function modulesOf(argv: readonly string[], env: Environment = {}): Promise<string[]> {
  const trace = join(temporaryFolder(), 'modules');
  const options = { nodeOptions: ['--import', tracer], program: unbundled };
  await runChild(argv, { ...env, MODULE_TRACE: trace }, options);
  return linesOf(trace);
}

/** The files of the shipped command that a command line reads. */
async function filesOf(argv: readonly string[], env: Environment = {}): Promise<string[]> {
  const trace = join(temporaryFolder(), 'files');
  const options = { nodeOptions: ['--require', fileTracer] };
  await runChild(argv, { ...env, FILE_TRACE: trace }, options);
  return linesOf(trace).filter((path) => path.endsWith('.js'));
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

const heavy =
  /node_modules\/|node:(https?|tls|net|crypto|fs)\b|dist\/(client|session|config|auth|transport|runtime)\b/;

describe('what a command line loads', () => {
  test('--version: itself and nothing else', async () => {
    const names = (await modulesOf(['--version'])).map((url) => url.split('/').slice(-2).join('/'));
    expect(names).toEqual(['fixtures/unbundled.mjs', 'cli/main.js', 'dist/version.js']);
  });

  test.each([
    ['help', ['--help']],
    ['help of a command', ['create', '--help']],
    ['wrong usage', ['ps', '--bogus']],
    ['version', ['version']],
  ])('%s: neither the library nor a dependency', async (_what, argv) => {
    const loaded = await modulesOf(argv);
    expect(loaded.length).toBeGreaterThan(3);
    expect(loaded.filter((url) => heavy.test(url))).toEqual([]);
  });

  test('a command that does not exist: no dependency', async () => {
    const loaded = await modulesOf(['crate']);
    expect(loaded.filter((url) => url.includes('/node_modules/'))).toEqual([]);
  });

  test('help: no parser, and the work of no command', async () => {
    const loaded = await modulesOf(['create', '--help']);
    expect(loaded.filter((url) => /parse\/parser\.js$|\.run\.js$/.test(url))).toEqual([]);
  });

  test('a command: the work of no other command', async () => {
    const loaded = await modulesOf(['version']);
    const work = loaded
      .filter((url) => url.endsWith('.run.js'))
      .map((url) => url.split('/').at(-1));
    expect(work).toEqual(['version.run.js']);
  });

  test('a list of sessions: no dependency at all, so neither YAML nor schemas', async () => {
    const loaded = await modulesOf(['ps'], await homeOf());
    expect(loaded.filter((url) => url.endsWith('/transport/node.js'))).toHaveLength(1);
    expect(loaded.filter((url) => url.includes('/node_modules/'))).toEqual([]);
  });
});

describe('the shipped command', () => {
  test('--version: its first pack only', async () => {
    const names = (await filesOf(['--version'])).map((path) => path.split('/').at(-1));
    expect(names).toEqual(['skaha.js', 'packs.js', 'main.js']);
  });

  test('help: two packs', async () => {
    const names = (await filesOf(['--help'])).map((path) => path.split('/').at(-1));
    expect(names).toEqual(['skaha.js', 'packs.js', 'main.js', 'front.js']);
  });

  test('a list of sessions: three packs and little beside', async () => {
    const files = await filesOf(['ps'], await homeOf());
    const names = files.map((path) => path.split('/').at(-1));
    expect(names.slice(0, 4)).toEqual(['skaha.js', 'packs.js', 'main.js', 'front.js']);
    expect(names).toContain('call.js');
    expect(names.length).toBeLessThanOrEqual(8);
    expect(files.filter((path) => path.includes('/node_modules/'))).toEqual([]);
  });

  test('prints YAML, whose library is CommonJS and loaded on demand', async () => {
    const { status, stdout } = await runChild(['version', '-o', 'yaml']);
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'name: skaha\nversion: 0.1.0\n' });
  });
});
