import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestServer, testServer, wireSession } from '../../client/tests/fixtures.js';
import { noTerminal, PseudoTerminal } from './pseudo-terminal.js';

const run = promisify(execFile);
const program = fileURLToPath(new URL('../../client/bin/skaha.js', import.meta.url));

const esc = '\u001B';
/** Title, screen, cursor, C1 as character and as byte, and a colour: all that a log may hold. */
const hostile = Buffer.concat([
  Buffer.from(`one ${esc}]0;PWNED\u0007${esc}[2J${esc}[31mred${esc}[0m \u009B2Jtwo `),
  Buffer.from([0x9b]),
  Buffer.from('2Jthree \u202Efour\n'),
]);
const words = `bad ${esc}[31m${esc}]0;TITLE\u0007\u009B31m\u202E words`;

let server: TestServer;
let home: string;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'skaha-hostile-'));
  const session = {
    ...wireSession('ab12cd34', { type: 'headless', status: 'Completed' }),
    name: words,
  };
  server = await testServer(({ method, path }) => {
    const text = { 'content-type': 'text/plain' };
    if (path.includes('view=logs')) return { headers: text, body: hostile };
    if (path.includes('view=events')) return { headers: text, body: `${words}\n` };
    if (method === 'DELETE') return { status: 400, headers: text, body: `${words}\n` };
    if (path.endsWith('/raw')) return { headers: text, body: hostile };
    if (method === 'POST') return { headers: text, body: 'ab12cd34\n' };
    if (/session\/[a-z0-9]+$/.test(path)) return { body: JSON.stringify(session) };
    return { body: JSON.stringify(path.includes('/session') ? [session] : {}) };
  });
  const config = join(home, 'config.yaml');
  writeFileSync(
    config,
    `schema: skaha
version: 1
active: test
contexts:
  test: { server: test, credential: test }
servers:
  test: { url: "${server.url}", version: v1, insecure: true }
credentials:
  test: { mode: token, access: hush }
`,
    { mode: 0o600 },
  );
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(home, { recursive: true, force: true });
});

const environment = () => ({ HOME: home, SKAHA_CONFIG: join(home, 'config.yaml') });

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const forbidden = /[\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F\u202E]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: likewise
const styles = /\x1B\[[\d;]*m/g;

const title =
  noTerminal === undefined ? 'on a real terminal' : `on a real terminal (${noTerminal})`;

describe.skipIf(noTerminal !== undefined)(title, () => {
  const shown = async (words: string, variables: Record<string, string> = {}) => {
    const terminal = new PseudoTerminal(`skaha ${words}`, { ...environment(), ...variables });
    await terminal.ended;
    return terminal.text;
  };

  test.each([
    'logs ab12cd34',
    'logs -f ab12cd34',
    'create headless skaha/terminal:1 -n x --attach -- true',
  ])('%s shows text and its colour', async (command) => {
    const text = await shown(command);
    expect(text).toContain(`${esc}[31mred${esc}[0m`);
    expect(text).toContain('two \uFFFDthree four');
    expect(text).not.toContain('PWNED');
    expect(text.replace(styles, '')).not.toMatch(forbidden);
  });

  test.each([
    ['api GET raw', 'two \uFFFDthree four'],
    ['api GET raw --include', 'two \uFFFDthree four'],
    ['info ab12cd34 --json', 'bad'],
    ['info ab12cd34 --yaml', 'bad'],
    ['info ab12cd34', 'bad'],
    ['ps -a', 'bad'],
    ['ps -a -o csv', 'bad'],
    ['ps -a -o jsonl', 'bad'],
    ['ps -a -o "template={{name}}"', 'bad'],
    ['events --raw ab12cd34', 'bad'],
    ['delete -y ab12cd34', 'bad'],
    ['delete -y ab12cd34 --json', 'bad'],
    ['delete -y ab12cd34 --yaml', 'bad'],
  ])('%s shows text alone', async (command, expected) => {
    const text = await shown(command, { NO_COLOR: '1' });
    expect(text).toContain(expected);
    expect(text).not.toMatch(forbidden);
  });

  test('standard error is looked at by itself', async () => {
    const out = join(home, 'out.txt');
    const text = await shown(`delete -y ab12cd34 > '${out}'`, { NO_COLOR: '1' });
    expect(text).toContain('bad');
    expect(text).not.toMatch(forbidden);
    await shown(`logs ab12cd34 > '${out}'`);
    expect(readFileSync(out)).toEqual(hostile);
  });
});

describe('into a pipe', () => {
  test.each([
    [['logs', 'ab12cd34']],
    [['logs', '-f', 'ab12cd34']],
    [['api', 'GET', 'raw']],
    [['create', 'headless', 'skaha/terminal:1', '-n', 'x', '--attach', '--', 'true']],
  ])('%j gives the bytes as they came', async (argv) => {
    const env = { ...environment(), PATH: process.env['PATH'] };
    const { stdout } = await run(process.execPath, [program, ...argv], { env, encoding: 'latin1' });
    expect(stdout).toBe(hostile.toString('latin1'));
  });
});
