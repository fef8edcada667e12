import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runChild } from './child.js';

const tracer = new URL('./fixtures/trace-modules.mjs', import.meta.url).href;

const unbundled = fileURLToPath(new URL('./fixtures/unbundled.mjs', import.meta.url));

/** The modules that a command line loads, before they are put into few files. */
const modulesOf = (...argv: string[]) => loadedBy(argv, unbundled);

async function loadedBy(argv: readonly string[], program?: string): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'skaha-trace-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const trace = join(folder, 'modules');
  await runChild(argv, { MODULE_TRACE: trace }, { nodeOptions: ['--import', tracer], program });
  return readFileSync(trace, 'utf8').trimEnd().split('\n');
}

const heavy =
  /node_modules\/(zod|yaml|fast-xml-parser)\/|node:(https?|tls|net|crypto|fs)\b|dist\/(client|session|config|auth|transport|runtime)\b/;

describe('what a command line loads', () => {
  test('--version: itself and nothing else', async () => {
    const names = (await modulesOf('--version')).map((url) => url.split('/').slice(-2).join('/'));
    expect(names).toEqual(['fixtures/unbundled.mjs', 'cli/main.js', 'dist/version.js']);
  });

  test.each([
    ['help', ['--help']],
    ['help of a command', ['create', '--help']],
    ['a command that does not exist', ['crate']],
    ['wrong usage', ['ps', '--bogus']],
    ['version', ['version']],
  ])('%s: neither the library nor a large dependency', async (_what, argv) => {
    const loaded = await modulesOf(...argv);
    expect(loaded.length).toBeGreaterThan(3);
    expect(loaded.filter((url) => heavy.test(url))).toEqual([]);
  });

  test('help: no parser, and the work of no command', async () => {
    const loaded = await modulesOf('create', '--help');
    expect(loaded.filter((url) => /commander|\.run\.js$/.test(url))).toEqual([]);
  });

  test('a command: the work of no other command', async () => {
    const loaded = await modulesOf('version');
    const work = loaded
      .filter((url) => url.endsWith('.run.js'))
      .map((url) => url.split('/').at(-1));
    expect(work).toEqual(['version.run.js']);
  });
});

describe('the shipped command', () => {
  test('--version: two files, and what they share', async () => {
    expect((await loadedBy(['--version'])).length).toBeLessThanOrEqual(4);
  });

  test('a command that asks a server: few files, and nothing from node_modules', async () => {
    const loaded = await loadedBy(['--url', 'https://127.0.0.1:1/skaha', 'ps']);
    const files = loaded.filter((url) => url.startsWith('file:'));
    expect(files.length).toBeLessThan(80);
    expect(files.filter((url) => url.includes('/node_modules/'))).toEqual([]);
  });
});
