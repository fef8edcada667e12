import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readConsole } from '../../src/configuration/console.js';

function fileWith(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'skaha-console-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'config.yaml');
  writeFileSync(path, text);
  return path;
}

const nothing = { servers: new Map() };

test('settings, and the names of servers by context', async () => {
  const path = fileWith(
    'active: one\ncontexts:\n  one: { server: canfar, credential: x }\n  two: {}\nconsole:\n  banner: false\n  color: never\n  width: 90\n',
  );
  expect(await readConsole({}, path, true)).toEqual({
    banner: false,
    color: 'never',
    width: 90,
    active: 'one',
    servers: new Map([['one', 'canfar']]),
  });
  expect(await readConsole({ SKAHA_CONFIG: path }, undefined, false)).toMatchObject({ width: 90 });
});

test.each([
  [
    { CANFAR_CONSOLE__WIDTH: '120', CANFAR_CONSOLE__BANNER: 'off' },
    { width: 120, banner: false },
  ],
  [
    { CANFAR_CONSOLE__WIDTH: ' 7 ', CANFAR_CONSOLE__BANNER: 'YES' },
    { width: 7, banner: true },
  ],
  [
    { CANFAR_CONSOLE__WIDTH: '-1', CANFAR_CONSOLE__BANNER: 'maybe' },
    { width: 90, banner: false },
  ],
])('variables of the Python client come before the file: %o', async (env, expected) => {
  const path = fileWith('console: { banner: false, width: 90 }\n');
  expect(await readConsole(env, path, false)).toMatchObject(expected);
});

test('what is not valid counts as not said', async () => {
  const path = fileWith('active: [x]\nconsole: { banner: maybe, color: pink, width: -1 }\n');
  expect(await readConsole({}, path, true)).toEqual({
    banner: undefined,
    color: undefined,
    width: undefined,
    active: undefined,
    servers: new Map(),
  });
});

test.each([
  ['broken', 'console: [\n'],
  ['no map', 'console\n'],
  ['silent about it', 'active: one\n'],
])('a file that is %s says nothing', async (_what, text) => {
  const { servers, ...settings } = await readConsole({}, fileWith(text), false);
  expect(Object.values(settings).filter((value) => value !== undefined)).toEqual([]);
  expect(servers.size).toBe(0);
});

test('nor does one that is no file, or too large', async () => {
  expect(await readConsole({}, '/', true)).toEqual(nothing);
  const large = fileWith(`console: { width: 5 }\n${'# long\n'.repeat(40_000)}`);
  expect(await readConsole({}, large, true)).toEqual(nothing);
});

// Windows has no pipes with names in folders.
test.skipIf(process.platform === 'win32')('and a pipe is not waited for', async () => {
  const pipe = join(fileWith(''), '..', 'pipe');
  execFileSync('mkfifo', [pipe]);
  expect(await readConsole({}, pipe, true)).toEqual(nothing);
});

test('nor does one that does not exist', async () => {
  expect(await readConsole({}, '/nonexistent/config.yaml', true)).toEqual(nothing);
  expect(await readConsole({ SKAHA_CONFIG: '{"json":1}' }, undefined, true)).toEqual(nothing);
});
