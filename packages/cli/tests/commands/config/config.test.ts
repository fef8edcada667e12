import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { sample, temporaryDirectory } from '../../../../client/tests/config/fixtures.js';
import { type Result, type RunOptions, runSkaha } from '../../harness.js';

let home: string;
let path: string;

beforeEach(async () => {
  home = await temporaryDirectory();
  path = join(home, '.config/skaha/config.yaml');
});

const skaha = (line: readonly string[], options: RunOptions = {}): Promise<Result> =>
  runSkaha(line, { ...options, terminal: { env: { HOME: home }, ...options.terminal } });

async function write(text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text, { mode: 0o600 });
}

test('path shows the file, whatever state it is in', async () => {
  expect(await skaha(['config', 'path'])).toMatchObject({ status: 0, stdout: `${path}\n` });
  await write('x: [');
  expect(await skaha(['config', 'path', '--json'])).toMatchObject({
    status: 0,
    stdout: `${JSON.stringify(path)}\n`,
  });
  expect((await skaha(['config', 'path', '--config', '/x.yaml'])).stdout).toBe('/x.yaml\n');
  const env = { HOME: home, SKAHA_CONFIG: '{"secret": "hush"}' };
  const json = await skaha(['config', 'path'], { terminal: { env } });
  expect(json.status).toBe(1);
  expect(json.stderr).toContain('SKAHA_CONFIG must be the path');
  expect(json.stderr).not.toContain('hush');
});

test('show hides every secret, in every form', async () => {
  await write(sample);
  for (const flags of [[], ['--json'], ['--yaml'], ['-o', 'table']]) {
    const { status, stdout, stderr } = await skaha(['config', 'show', ...flags]);
    expect(status).toBe(0);
    expect(stdout + stderr).not.toContain('hush');
    const data = parse(stdout);
    expect(data.registries['images.canfar.net']).toEqual({ username: 'ada', secret: '**********' });
    expect(data.active).toBe('canfar');
    expect(data.future).toEqual({ wonder: [1, 2] });
  }
  expect((await skaha(['config', 'ls'])).stderr).toContain("'future', which skaha does not know");
});

test('show says when there is no file', async () => {
  const { status, stderr } = await skaha(['config', 'show']);
  expect(status).toBe(0);
  expect(stderr).toBe(`${path} does not exist; nothing is set.\n`);
});

test('get prints one value: text as it is, the rest as YAML, or JSON', async () => {
  await write(sample);
  const get = async (...words: string[]) => (await skaha(['config', 'get', ...words])).stdout;
  expect(await get('active')).toBe('canfar\n');
  expect(await get('console.banner')).toBe('true\n');
  expect(await get('console.banner', '--json')).toBe('true\n');
  expect(await get('servers.canfar.auths')).toBe('- x509\n- oidc\n');
  expect(await get('registries."images.canfar.net".secret')).toBe('**********\n');
  const missing = await skaha(['config', 'get', 'servers.nowhere.url']);
  expect(missing).toMatchObject({ status: 2, stdout: '' });
  expect(missing.stderr).toContain("There is no setting 'servers.nowhere.url'.");
});

test('set changes one setting or several, silently', async () => {
  await write(sample);
  expect(await skaha(['config', 'set', 'console.width', '100'])).toEqual({
    status: 0,
    stdout: '',
    stderr: '',
    bytes: Buffer.alloc(0),
  });
  await skaha(['config', 'set', 'console.color=never', 'console.banner=null']);
  await skaha(['config', 'set', '--string', 'aliases.wonder=12']);
  const text = await readFile(path, 'utf8');
  expect(text).toContain('# one line each');
  const data = parse(text);
  expect(data.console).toEqual({ color: 'never', width: 100 });
  expect(data.aliases).toEqual({ wonder: '12' });
});

test('a URL with = in it needs no quotes when key and value are two words', async () => {
  await skaha(['config', 'set', 'servers.x.uri', 'ivo://x/skaha?a=b']);
  expect((await skaha(['config', 'get', 'servers.x.uri'])).stdout).toBe('ivo://x/skaha?a=b\n');
});

test.each([
  [['console.width', '0'], 'console.width must be at least 1'],
  [['console.color', 'purple'], 'must be auto, always or never'],
  [['active', 'nowhere'], 'refers to a context that does not exist'],
  [['console.width', '[1'], 'not valid YAML'],
  [['a..b', '1'], 'empty part'],
  [['console.width'], 'KEY=VALUE'],
  [['console.width', '1', '2'], 'KEY=VALUE'],
  [['console.width=1', 'banner'], 'not of the form KEY=VALUE'],
])('set %j is refused with status 2, and the file stays', async (words, reason) => {
  await write(sample);
  const { status, stderr } = await skaha(['config', 'set', ...words]);
  expect(status).toBe(2);
  expect(stderr).toContain(reason);
  expect(await readFile(path, 'utf8')).toBe(sample);
});

test('secrets come from standard input and from nowhere else', async () => {
  const account = 'registries."r.example.org"';
  for (const words of [
    [`${account}.secret`, 'hush'],
    [account, '{username: ada, secret: hush}'],
    ['--string', 'credentials.x.access=hush'],
  ]) {
    const { status, stderr } = await skaha(['config', 'set', ...words]);
    expect(status).toBe(2);
    expect(stderr).toContain('standard input');
    expect(stderr).not.toContain('hush');
  }
  const words = [`${account}.username=ada`, `${account}.secret=-`];
  const done = await skaha(['config', 'set', ...words], { stdin: 'hush\n' });
  expect(done.status).toBe(0);
  expect(parse(await readFile(path, 'utf8')).registries).toEqual({
    'r.example.org': { username: 'ada', secret: 'hush' },
  });
  expect((await skaha(['config', 'set', 'a=-', 'b=-'])).status).toBe(2);
});

test('a file that is not valid stops every command but path, with one error', async () => {
  await write('x: [');
  for (const line of [['show'], ['get', 'active'], ['set', 'active', 'x']]) {
    const { status, stdout, stderr } = await skaha(['config', ...line]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^Error: .*config\.yaml is not valid YAML: .*\nHint: .*\n$/);
  }
  const json = await skaha(['config', 'show', '--json']);
  expect(JSON.parse(json.stderr)).toMatchObject({ code: 'config.invalid' });
});

test('a file that cannot be written is told as such', async () => {
  await writeFile(join(home, '.config'), 'in the way');
  const { status, stderr } = await skaha(['config', 'set', 'console.width', '100']);
  expect(status).toBe(1);
  expect(stderr).toContain('cannot be');
});

test.each([
  ['consol.banner', 'false', "Did you mean 'console.banner'?"],
  ['console.baner', 'false', "Did you mean 'console.banner'?"],
  ['console.colour', 'never', "Did you mean 'console.color'?"],
  ['server.canfar.url', 'https://x.example/skaha', "Did you mean 'servers.canfar.url'?"],
  ['servers.canfar.ulr', 'https://x.example/skaha', "Did you mean 'servers.canfar.url'?"],
  ['servers.canfar', '{ulr: x}', "Did you mean 'servers.canfar.url'?"],
  ['servers.canfar.limits.flexible.core.min', '1', "'servers.canfar.limits.flexible.cores.min'?"],
  ['contexts.x.serverr', 'canfar', "Did you mean 'contexts.x.server'?"],
  ['console.width.columns', '90', "'console.width' is a single value."],
  ['wonder', '1', 'These exist: '],
])('a setting that means nothing is refused: %s', async (path, value, hint) => {
  const before = await skaha(['config', 'show', '--json']);
  const { status, stderr } = await skaha(['config', 'set', path, value]);
  expect(status).toBe(2);
  expect(stderr).toContain('There is no setting');
  expect(stderr.replace(/\s+/g, ' ')).toContain(hint);
  expect((await skaha(['config', 'show', '--json'])).stdout).toBe(before.stdout);
});
