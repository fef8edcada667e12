import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { SkahaClient } from 'skaha/internal/client.js';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type Faults, Vospace } from '../../../client/tests/storage/vospace.js';
import { readOperand } from '../../src/commands/data/places.js';
import { type RunOptions, runSkaha } from '../harness.js';

const home = '/home/ada';

/** A storage service `arc`, a configuration that names it, and a shell in an empty folder. */
async function setUp(faults: Faults = {}) {
  const space = await Vospace.start();
  onTestFinished(() => space[Symbol.asyncDispose]());
  await mkdir(space.local(home), { recursive: true });
  Object.assign(space.faults, faults);
  const folder = await mkdtemp(join(tmpdir(), 'skaha-data-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const config = join(folder, 'config.yaml');
  await writeFile(join(folder, 'token'), space.token, { mode: 0o600 });
  const text = JSON.stringify({
    schema: 'skaha',
    version: 1,
    active: 'here',
    registries: {},
    console: {},
    contexts: { here: { server: 'lab', credential: 'me' } },
    servers: {
      lab: { url: space.platformUrl, insecure: true, storage: { arc: { url: space.url } } },
    },
    credentials: { me: { mode: 'token', path: join(folder, 'token') } },
  });
  await writeFile(config, text, { mode: 0o600 });
  const skaha = (argv: readonly string[], options: RunOptions = {}) =>
    runSkaha(argv, {
      ...options,
      terminal: { env: { SKAHA_CONFIG: config, HOME: folder }, ...options.terminal },
      services: { connect: async (given) => new SkahaClient({ config, retries: 0, ...given }) },
    });
  const put = async (path: string, content = path) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  };
  const remote = async (path: string, content = path) => {
    await mkdir(dirname(space.local(`${home}/${path}`)), { recursive: true });
    await writeFile(space.local(`${home}/${path}`), content);
  };
  return { space, folder, skaha, put, remote };
}

test('files go up, are listed, described, printed and come down', async () => {
  const { folder, put, skaha } = await setUp();
  await put('in/a b.txt', 'hello\nworld\n');
  await put('in/sub/c', '');
  const up = await skaha(['data', 'cp', '-r', join(folder, 'in'), `arc:${home}/`]);
  expect(up).toMatchObject({ status: 0, stdout: '' });
  expect(up.stderr).toContain('2 files copied (12 B)');
  const list = await skaha(['data', 'ls', `arc:${home}/in`]);
  expect(list.stdout).toMatch(/12 B {2}\d{4}-\d\d-\d\d \d\d:\d\d {2}a b\.txt\n/);
  expect(list.stdout).toContain('sub/\n');
  const info = await skaha(['data', 'info', `arc:${home}/in/a b.txt`, '--json']);
  expect(JSON.parse(info.stdout)).toMatchObject([
    { path: `arc:${home}/in/a b.txt`, kind: 'file', size_bytes: 12, public: false },
  ]);
  expect((await skaha(['data', 'cat', `arc:${home}/in/a b.txt`])).stdout).toBe('hello\nworld\n');
  const tree = await skaha(['data', 'tree', `arc:${home}`]);
  expect(tree.stdout).toBe(`arc:${home}\n└── in/\n    ├── a b.txt\n    └── sub/\n        └── c\n`);
  const find = await skaha(['data', 'find', `arc:${home}`, '--kind', 'f', '--name', '*.txt']);
  expect(find.stdout).toBe(`arc:${home}/in/a b.txt\n`);
  const du = await skaha(['data', 'du', `arc:${home}`, '--json']);
  expect(JSON.parse(du.stdout)).toMatchObject([{ bytes: 12, files: 2, folders: 2 }]);
  const down = await skaha(['data', 'cp', '-r', `arc:${home}/in`, join(folder, 'out'), '--json']);
  expect(JSON.parse(down.stdout)).toMatchObject([
    { result: 'copied', verified: 'checksum' },
    { result: 'copied', verified: 'checksum' },
  ]);
  expect(await readFile(join(folder, 'out/a b.txt'), 'utf8')).toBe('hello\nworld\n');
});

test('patterns are expanded here, and what fits nothing is told', async () => {
  const { folder, remote, skaha } = await setUp();
  for (const name of ['1.fits', '2.fits', 'x.txt', '.hidden.fits', 'd/3.fits', 'e/4.fits'])
    await remote(name);
  const names = async (pattern: string) =>
    (await skaha(['data', 'ls', '-q', `arc:${home}/${pattern}`])).stdout
      .split('\n')
      .filter(Boolean)
      .map((one) => one.replace(`arc:${home}/`, ''));
  expect(await names('*.fits')).toEqual(['1.fits', '2.fits']);
  expect(await names('?/*.fits')).toEqual(['d/3.fits', 'e/4.fits']);
  await mkdir(join(folder, 'out'));
  const cp = await skaha(['data', 'cp', `arc:${home}/*.fits`, join(folder, 'out')]);
  expect(cp.status).toBe(0);
  const none = await skaha(['data', 'ls', `arc:${home}/*.png`]);
  expect(none.status).toBe(4);
  expect(none.stderr).toContain(`Nothing matches arc:${home}/*.png.`);
  await remote('odd*name', 'odd');
  expect((await skaha(['data', 'cat', `arc:${home}/odd*name`])).stdout).toBe('odd');
});

test('head and tail give the asked part', async () => {
  const { remote, skaha } = await setUp();
  const lines = Array.from({ length: 40_000 }, (_, index) => `line ${index}`);
  await remote('log', `${lines.join('\n')}\n`);
  const out = async (...argv: string[]) =>
    (await skaha(['data', ...argv, `arc:${home}/log`])).stdout;
  expect(await out('head')).toBe(`${lines.slice(0, 10).join('\n')}\n`);
  expect(await out('head', '-n', '2')).toBe('line 0\nline 1\n');
  expect(await out('head', '-c', '6')).toBe('line 0');
  expect(await out('head', '-n', '0')).toBe('');
  expect(await out('tail')).toBe(`${lines.slice(-10).join('\n')}\n`);
  expect(await out('tail', '-n', '30000')).toBe(`${lines.slice(-30_000).join('\n')}\n`);
  expect(await out('tail', '-n', '90000')).toBe(`${lines.join('\n')}\n`);
  expect(await out('tail', '-c', '4')).toBe('999\n');
});

test('pipes: from standard input and to standard output', async () => {
  const { skaha, space } = await setUp();
  const piped = await skaha(['data', 'cp', '-', `arc:${home}/x`], { stdin: 'from a pipe' });
  expect(piped.status).toBe(0);
  expect(await readFile(space.local(`${home}/x`), 'utf8')).toBe('from a pipe');
  expect((await skaha(['data', 'cp', `arc:${home}/x`, '-'])).stdout).toBe('from a pipe');
});

test('folders, links, names and permissions are changed', async () => {
  const { remote, skaha } = await setUp();
  await remote('a/x');
  const run = async (...argv: string[]) => {
    const result = await skaha(['data', ...argv]);
    expect(result.stderr).toBe('');
    return result.stdout;
  };
  expect(await run('mkdir', '-p', `arc:${home}/b/c`)).toBe(`made arc:${home}/b/c\n`);
  expect(await run('mv', `arc:${home}/a/x`, `arc:${home}/b`)).toBe(`moved arc:${home}/a/x\n`);
  await run('mv', `arc:${home}/b/x`, `arc:${home}/b/y`);
  await run('ln', `arc:${home}/b/y`, `arc:${home}/latest`);
  await run('chmod', '--public', '--read', 'team', `arc:${home}/b/y`);
  const [info] = JSON.parse(await run('info', '--json', `arc:${home}/b/y`));
  expect(info).toMatchObject({ public: true, groups_read: ['team'] });
  await run('rmdir', `arc:${home}/b/c`, `arc:${home}/a`);
  await run('rm', `arc:${home}/latest`);
  await run('rm', '-r', '-y', `arc:${home}/b`);
  expect(await run('find', `arc:${home}`)).toBe('');
});

test('nothing is removed without being asked for, and no root ever', async () => {
  const { remote, skaha } = await setUp();
  for (const name of ['d/x', '1', '2']) await remote(name);
  for (const root of ['arc:', 'arc:/', 'arc://', `arc:${home}/..`, 'arc:/.'])
    for (const argv of [['rm', '-r', '-y'], ['rmdir'], ['mv']]) {
      const rest = argv[0] === 'mv' ? [root, `arc:${home}/z`] : [root];
      expect((await skaha(['data', ...argv, ...rest])).status).toBe(2);
    }
  for (const argv of [
    ['rm', '-r', `arc:${home}/d`],
    ['rm', `arc:${home}/*`],
  ]) {
    const { status, stderr } = await skaha(['data', ...argv]);
    expect(status).toBe(2);
    expect(stderr).toContain('--yes');
  }
  const folder = await skaha(['data', 'rm', `arc:${home}/d`]);
  expect(folder.status).toBe(1);
  const full = await skaha(['data', 'rmdir', `arc:${home}/d`]);
  expect(full.stderr).toContain('is not empty');
  const left = await skaha(['data', 'ls', '-q', `arc:${home}`]);
  expect(left.stdout.split('\n').filter(Boolean)).toHaveLength(3);
  const partly = await skaha(['data', 'rm', `arc:${home}/1`, `arc:${home}/nothing`]);
  expect(partly.status).toBe(7);
  expect((await skaha(['data', 'rm', '--missing', `arc:${home}/nothing`])).status).toBe(0);
});

test('sync tells what it would do, does it, and verify finds no difference', async () => {
  const { folder, put, remote, skaha } = await setUp();
  await put('data/a');
  await put('data/b/c');
  await remote('data/old');
  const argv = ['data', 'sync', join(folder, 'data'), `arc:${home}/data`, '--delete'];
  const plan = await skaha([...argv, '--dry-run']);
  expect(plan.stdout).toContain(`would copy ${folder}/data/a to arc:${home}/data/a\n`);
  expect(plan.stdout).toContain(`would remove arc:${home}/data/old\n`);
  const differs = await skaha([
    'data',
    'verify',
    join(folder, 'data'),
    `arc:${home}/data`,
    '-o',
    'json',
  ]);
  expect(differs.status).toBe(1);
  expect(JSON.parse(differs.stderr).code).toBe('storage.differs');
  expect((await skaha(argv)).stderr).toContain('2 files copied (14 B)');
  expect((await skaha(argv)).stderr).toContain('0 files copied (0 B)');
  const same = await skaha(['data', 'verify', join(folder, 'data'), `arc:${home}/data`]);
  expect(same).toMatchObject({ status: 0, stdout: '' });
});

test('some files fail: the others are there, and the status says so', async () => {
  const { folder, put, skaha, space } = await setUp({ forbidden: [`${home}/in/b`] });
  for (const name of ['a', 'b', 'c']) await put(`in/${name}`);
  const result = await skaha(['data', 'cp', '-r', join(folder, 'in'), `arc:${home}`]);
  expect(result.status).toBe(7);
  expect(result.stderr).toContain('Could not copy 1 of 3 files.');
  expect(await readFile(space.local(`${home}/in/c`), 'utf8')).toBe('in/c');
});

test.each([
  [['cp', 'a', 'b'], 2, 'Both are on this machine.'],
  [['cp', 'arc:/home/ada/x'], 2, 'The target is missing.'],
  [['cp', 'arc:/home/ada/nothing', '.'], 4, 'arc:/home/ada/nothing does not exist.'],
  [['cp', '-r', 'arc:/home/ada', 'arc:/home/ada/copy'], 2, 'into itself'],
  [['ls', './x'], 2, 'does not begin with a storage service'],
  [['ls', 'vault:/x'], 4, "There is no storage service 'vault'."],
  [['ls', 'arc:/home/nobody'], 4, '/home/nobody does not exist.'],
  [['quota', 'arc:/home/ada/nothing'], 4, 'does not exist'],
  [['chmod', 'arc:/home/ada'], 2, 'Nothing to change was given'],
  [['chmod', '--public', '--private', 'arc:/home/ada'], 2, 'cannot be used together'],
  [['mv', 'arc:/home/ada', 'vault:/x'], 4, "'vault'"],
  [['cat', 'arc:/home/ada'], 1, 'is a folder'],
])('data %j ends with %i', async (argv, status, words) => {
  const { skaha } = await setUp();
  const result = await skaha(['data', ...argv]);
  expect(result.stderr).toContain(words);
  expect(result.status).toBe(status);
});

test.each([
  [
    ['mkdir', `arc:${home}/a/b`],
    /The folder above .*\/a\/b does not exist.*'skaha data mkdir -p'/s,
  ],
  [['cp', '%/x', `arc:${home}/a/b`], /The folder above .*\/a\/b does not exist.*mkdir -p/s],
  [['cp', '%/x', '%/x', `arc:${home}/a`], /not an existing folder.*'skaha data mkdir -p'/s],
  [['cp', `arc:${home}/d/x`, `arc:${home}/d/x`, '%/none'], /not an existing folder.*'mkdir -p'/s],
  [['rm', `arc:${home}/d`], /is a folder.*'skaha data rm -r'/s],
  [['rmdir', `arc:${home}/d/x`], /is not a folder.*'skaha data rm'/s],
  [['ls', home], new RegExp(`does not begin with a storage service.*arc:${home}\n`, 's')],
  [['mv', '%/x', `arc:${home}/`], /within it.*'skaha data cp'/s],
])('%j: the hint is the next command', async (words, message) => {
  const { folder, put, remote, skaha } = await setUp();
  await put('x');
  await remote('d/x');
  const { status, stderr } = await skaha([
    'data',
    ...words.map((word) => word.replace('%', folder)),
  ]);
  expect(stderr).toMatch(message);
  expect([1, 2, 4]).toContain(status);
});

test('a plan with nothing in it says so', async () => {
  const { folder, put, skaha } = await setUp();
  await put('in/x');
  const words = ['data', 'sync', join(folder, 'in'), `arc:${home}/in`];
  await skaha(words);
  expect((await skaha([...words, '--dry-run'])).stderr).toContain('Nothing would need to be done');
});

test('quota shows what is used and what is left', async () => {
  const { remote, skaha } = await setUp({ quotaBytes: 1000 });
  await remote('x', 'x'.repeat(100));
  const { stdout } = await skaha(['data', 'quota', `arc:${home}`, '--json']);
  expect(JSON.parse(stdout)).toEqual([
    {
      path: `arc:${home}`,
      folder: `arc:${home}`,
      quota_bytes: 1000,
      used_bytes: 100,
      free_bytes: 900,
    },
  ]);
});

test('progress is told to programs', async () => {
  const { folder, put, skaha } = await setUp();
  await put('x', 'abc');
  const { stderr } = await skaha([
    'data',
    'cp',
    join(folder, 'x'),
    `arc:${home}`,
    '--progress',
    'json',
  ]);
  const [first] = stderr.split('\n');
  expect(JSON.parse(first ?? '')).toMatchObject({ event: 'transfer', total: 1 });
});

test('places are completed, folder by folder', async () => {
  const { remote, skaha } = await setUp();
  await remote('data/x');
  await remote('dote.txt');
  const complete = async (current: string, ...before: string[]) =>
    (await skaha(['__complete', `--current=${current}`, '--', 'data', ...before])).stdout;
  expect(await complete(`arc:${home}/d`, 'ls')).toBe(`arc:${home}/data/\narc:${home}/dote.txt\n`);
  expect(await complete(`arc:${home}/data/`, 'cp', 'here')).toBe(`arc:${home}/data/x\n`);
  expect(await complete('a', 'cp')).toMatch(/^arc:\/\t.+\n:files\n$/);
});

test('storage services are shown with their server', async () => {
  const { skaha, space } = await setUp();
  expect((await skaha(['server', 'show'])).stdout).toContain(`arc  ${space.url}`);
  const shown = await skaha(['server', 'show', '--json']);
  expect(JSON.parse(shown.stdout).storage).toEqual({ arc: { uri: null, url: space.url } });
});

test.each([
  ['arc:/a/b', { kind: 'storage', name: 'arc', path: '/a/b' }],
  ['arc:a/b', { kind: 'storage', name: 'arc', path: '/a/b' }],
  ['arc:', { kind: 'storage', name: 'arc', path: '/' }],
  ['my.site:/a:b', { kind: 'storage', name: 'my.site', path: '/a:b' }],
  ['local:/a', { kind: 'disk', path: '/a' }],
  ['local:a:b', { kind: 'disk', path: 'a:b' }],
  ['./arc:/a', { kind: 'disk', path: './arc:/a' }],
  ['/x/y:z', { kind: 'disk', path: '/x/y:z' }],
  ['a b:c', { kind: 'disk', path: 'a b:c' }],
  ['-', { kind: 'stream' }],
])('the word %s', (word, expected) => {
  expect(readOperand(word)).toMatchObject(expected);
});

test('a copy of many files that is cancelled tells what is there, and how to go on', async () => {
  const { folder, put, skaha, space } = await setUp();
  for (let index = 0; index < 40; index += 1) await put(`in/${index}`);
  const stop = new AbortController();
  const words = ['data', 'cp', '-r', '-j', '1', join(folder, 'in'), `arc:${home}/`];
  const running = skaha(words, { terminal: { signal: stop.signal } });
  const sent = () => space.seen.filter(({ method, url }) => method === 'PUT' && /\d$/.test(url));
  await vi.waitUntil(() => sent().length >= 4, { interval: 1, timeout: 20_000 });
  stop.abort();
  const result = await running;
  expect(result.status).toBe(130);
  expect(result.stderr).toMatch(
    /\d+ files had been copied completely by then\. .*'skaha data sync'/,
  );
  expect(await skaha(['data', 'sync', join(folder, 'in'), `arc:${home}/in`])).toMatchObject({
    status: 0,
  });
  expect(await skaha(['data', 'verify', join(folder, 'in'), `arc:${home}/in`])).toMatchObject({
    status: 0,
  });
});
