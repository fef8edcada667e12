import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { idsOf, ownPlatform, sharedPlatform } from '../harness.js';

const local = sharedPlatform();
const { skaha } = local;
const home = 'arc:/home/ada';

async function files(contents: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'skaha-data-local-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(contents)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

/** Larger than what a socket takes at once. */
const large = Uint8Array.from({ length: 3_000_000 }, (_, index) => (index * 7919) % 251);

test('files go up to the local platform, are listed, compared, fetched and removed', async () => {
  const folder = await files({
    'in/ü x+%.txt': 'hello\nworld\n',
    'in/empty': '',
    'in/sub/large': large,
  });
  const source = join(folder, 'in');
  const up = await skaha(['data', 'cp', '-r', source, `${home}/`]);
  expect(up).toMatchObject({ status: 0, stdout: '' });
  expect(up.stderr).toContain('3 files copied');

  const list = await skaha(['data', 'ls', '-l', `${home}/in`]);
  expect(list.status).toBe(0);
  expect(list.stdout).toMatch(/0f723ae7f9bf07744445e93ac5595156 +12 B .* ü x\+%\.txt\n/);
  expect(list.stdout).toMatch(/ sub\/\n/);
  expect((await skaha(['data', 'cat', `${home}/in/ü x+%.txt`])).stdout).toBe('hello\nworld\n');
  const tail = await skaha(['data', 'tail', '-n', '1', `${home}/in/ü x+%.txt`]);
  expect(tail.stdout).toBe('world\n');

  expect(await skaha(['data', 'verify', source, `${home}/in`])).toMatchObject({ status: 0 });
  const down = await skaha(['data', 'cp', '-r', `${home}/in`, join(folder, 'out'), '--json']);
  const outcomes = JSON.parse(down.stdout) as unknown[];
  expect(outcomes).toHaveLength(3);
  for (const one of outcomes) expect(one).toMatchObject({ result: 'copied', verified: 'checksum' });
  expect(Buffer.compare(await readFile(join(folder, 'out/sub/large')), large)).toBe(0);

  await writeFile(join(source, 'ü x+%.txt'), 'hello\nthere\n');
  const other = await skaha(['data', 'verify', source, `${home}/in`]);
  expect(other.status).toBe(1);
  expect(other.stdout).toContain('ü x+%.txt');
  const again = await skaha(['data', 'sync', '--by', 'checksum', source, `${home}/in`]);
  expect(again.stderr).toContain('1 file copied (12 B)');
  expect((await skaha(['data', 'cat', `${home}/in/ü x+%.txt`])).stdout).toBe('hello\nthere\n');

  expect(await skaha(['data', 'rmdir', `${home}/in`])).toMatchObject({ status: 1 });
  expect(await skaha(['data', 'rm', '-r', '--yes', `${home}/in`])).toMatchObject({ status: 0 });
  const gone = await skaha(['data', 'ls', `${home}/in`]);
  expect(gone.status).toBe(4);
  expect(gone.stderr).toContain('/home/ada/in does not exist.');
});

/** The commands of the table that sets them beside those of other clients. */
async function documented(): Promise<string[]> {
  const page = await readFile(new URL('../../../../docs/storage.md', import.meta.url), 'utf8');
  const [, table = ''] = /## From `vcp` and `canfar data`\n(.*?)\n\n[^|]/s.exec(page) ?? [];
  return [...table.matchAll(/\| `(skaha data [^`]+)`[^|]*\|$/gm)].map(
    ([, command = '']) => command,
  );
}

test('what the documentation sets beside vcp and canfar works as it stands there', async () => {
  const commands = await documented();
  expect(commands.length).toBeGreaterThan(20);
  const folder = await files({ 'x.fits': 'fits', 'raw/f': 'raw' });
  const base = join(local.platform.data, 'arc/home/ada/table');
  for (const command of commands) {
    await rm(base, { recursive: true, force: true });
    await mkdir(join(base, 'a'), { recursive: true });
    await mkdir(join(base, 'old'));
    for (const name of ['x', 'x.fits', 'a/f']) await writeFile(join(base, name), name);
    const words = command.split(' ').slice(1);
    const argv = words.map((word) => {
      if (word === '.' || word === 'x.fits' || word === 'raw') return join(folder, word);
      return word.replace('arc:/home/me', `${home}/table`);
    });
    const sure = argv[1] === 'rm' ? ['--yes'] : [];
    const result = await skaha([...argv, ...sure]);
    expect(result.status, `${command}: ${result.stderr}`).toBe(0);
  }
});

test('folders are made, and files moved within the local platform', async () => {
  const folder = await files({ 'a.txt': 'from here\n' });
  expect(await skaha(['data', 'mkdir', '-p', `${home}/p/q`])).toMatchObject({ status: 0 });
  await skaha(['data', 'cp', join(folder, 'a.txt'), `${home}/p/q/`]);
  const moved = await skaha(['data', 'mv', `${home}/p/q/a.txt`, `${home}/p/b.txt`]);
  expect(moved.status).toBe(0);
  expect((await skaha(['data', 'ls', '-q', `${home}/p`])).stdout).toBe(
    `${home}/p/b.txt\n${home}/p/q\n`,
  );
  expect((await skaha(['data', 'cat', `${home}/p/b.txt`])).stdout).toBe('from here\n');
});

test('what may not be done, and what is not there, is told in words of the storage', async () => {
  const missing = await skaha(['data', 'cat', `${home}/nothing`]);
  expect(missing.status).toBe(4);
  expect(missing.stderr).toContain('/home/ada/nothing does not exist.');
  const denied = await skaha(['data', 'mkdir', 'arc:/home/somebody']);
  expect(denied.status).toBe(1);
  expect(denied.stderr).toContain('You are not allowed to do that with /home/somebody.');
  const anonymous = await skaha(['data', 'ls', home], {
    services: {
      connect: async (given) => {
        const { url, ca } = local.platform;
        const { SkahaClient } = await import('skaha');
        return new SkahaClient({ url, ca, token: 'no-such-token', retries: 0, ...given });
      },
    },
  });
  expect(anonymous.status).toBe(3);
  expect(anonymous.stderr).not.toContain('Something in front of the platform');
});

test('skaha works in a session with what it finds in its home', async () => {
  const shipped = fileURLToPath(new URL('../../../client/bin/skaha.js', import.meta.url));
  // By default a sandbox gives headless sessions no network.
  const { platform, skaha: run } = await ownPlatform({
    // It must see the command, wherever this is.
    config: { sandbox: { headlessNetwork: 'host' } },
    runner: 'process',
  });
  const { home: place } = platform;
  await mkdir(place, { recursive: true });
  await writeFile(
    join(place, 'inside.sh'),
    `set -e
echo from a session > made
'${process.execPath}' '${shipped}' data cp made arc:/home/ada/sent
'${process.execPath}' '${shipped}' data ls -q arc:/home/ada/sent
'${process.execPath}' '${shipped}' ps -a -o name
`,
  );
  const made = await run([
    'create',
    'headless',
    'skaha/terminal:1.1.2',
    '-n',
    'inside',
    '--wait',
    '-q',
    '--',
    'sh',
    'inside.sh',
  ]);
  const [id = ''] = idsOf(made);
  const { stdout } = await run(['logs', id]);
  expect(stdout.split('\n')).toEqual(expect.arrayContaining(['arc:/home/ada/sent', id]));
  expect(made.status).toBe(0);
  expect(await readFile(join(place, 'sent'), 'utf8')).toBe('from a session\n');
});
