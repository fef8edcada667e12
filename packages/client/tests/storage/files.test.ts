import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
  compareTrees,
  inStorage,
  onDisk,
  type TransferOptions,
  type TransferOutcome,
  type TransferProgress,
  transfer,
} from '../../src/storage/files/index.js';
import { JumpingClock } from '../fixtures.js';
import { all, codeOf, testStorage } from './fixtures.js';
import type { Faults } from './vospace.js';

const home = '/home/ada';
const big = randomBytes(9 * 2 ** 20);

async function setUp(faults: Faults = {}, retries = 3) {
  const folder = await mkdtemp(join(tmpdir(), 'skaha-files-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const made = await testStorage(faults, { retries, clock: new JumpingClock() });
  const put = async (path: string, content: string | Buffer = path) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  };
  const up = (from: string, to: string, options?: TransferOptions) =>
    all(transfer(onDisk(join(folder, from)), inStorage(made.storage, to), options));
  const down = (from: string, to: string, options?: TransferOptions) =>
    all(transfer(inStorage(made.storage, from), onDisk(join(folder, to)), options));
  return { ...made, folder, put, up, down };
}

const results = (outcomes: readonly TransferOutcome[]) =>
  Object.fromEntries(outcomes.map(({ path, result }) => [path, result]));

const tree = async (folder: string) => (await readdir(folder, { recursive: true })).sort();

test('a tree goes up and comes down as it was', async () => {
  const { folder, put, up, down } = await setUp();
  const names = ['a', 'b/c', 'b/d e/100%', 'b/d e/ü#?+&', 'b/time 12:30', 'deep/1/2/3/4/x'];
  for (const name of names) await put(`in/${name}`);
  await put('in/empty', '');
  await put('in/large', big);
  await mkdir(join(folder, 'in/hollow'));
  const progress: TransferProgress[] = [];
  const sent = await up('in', `${home}/t`, { onProgress: (now) => progress.push(now) });
  expect(sent.every(({ result, verified }) => result === 'copied' && verified === 'checksum')).toBe(
    true,
  );
  expect(progress.at(-1)).toMatchObject({ files: 8, filesTotal: 8 });
  expect(progress.at(-1)?.bytes).toBe(progress.at(-1)?.bytesTotal);
  await down(`${home}/t`, 'out');
  expect(await tree(join(folder, 'out'))).toEqual(await tree(join(folder, 'in')));
  for (const name of [...names, 'empty', 'large'])
    expect(
      (await readFile(join(folder, 'out', name))).equals(await readFile(join(folder, 'in', name))),
    ).toBe(true);
});

test('a download that is broken off leaves no file of that name, and goes on from there', async () => {
  const { folder, space, storage, down } = await setUp({ cutReads: 1, cutAt: 5_000_000 }, 0);
  await storage.write(`${home}/x`, big);
  const [broken] = await down(`${home}/x`, 'x');
  expect(broken).toMatchObject({ result: 'failed', error: { code: 'transport.failure' } });
  expect((await readdir(folder)).filter((name) => !name.startsWith('.skaha-'))).toEqual([]);
  const kept = (await readdir(folder)).find((name) => name.endsWith('.part')) ?? '';
  const { size } = await stat(join(folder, kept));
  expect(size).toBeGreaterThan(0);
  const [done] = await down(`${home}/x`, 'x');
  expect(done).toMatchObject({ result: 'copied', verified: 'checksum' });
  expect(space.seen.at(-1)?.range).toBe(`bytes=${size}-`);
  expect((await readFile(join(folder, 'x'))).equals(big)).toBe(true);
  expect(await readdir(folder)).toEqual(['x']);
});

test.each([true, false])(
  'one that changed meanwhile begins again; ranges missing: %s',
  async (noRanges) => {
    const { folder, storage, down } = await setUp({ cutReads: 1, cutAt: 5_000_000, noRanges }, 0);
    await storage.write(`${home}/x`, big);
    await down(`${home}/x`, 'x');
    const other = randomBytes(big.length);
    await storage.write(`${home}/x`, other);
    await down(`${home}/x`, 'x');
    expect((await readFile(join(folder, 'x'))).equals(other)).toBe(true);
    expect(await readdir(folder)).toEqual(['x']);
  },
);

test('a kept part that somebody spoiled is noticed, and the file fetched again', async () => {
  const { folder, storage, down } = await setUp({ cutReads: 1, cutAt: 5_000_000 }, 0);
  await storage.write(`${home}/x`, big);
  await down(`${home}/x`, 'x');
  const kept = (await readdir(folder)).find((name) => name.endsWith('.part')) ?? '';
  await writeFile(join(folder, kept), Buffer.alloc(1000));
  await down(`${home}/x`, 'x');
  expect((await readFile(join(folder, 'x'))).equals(big)).toBe(true);
});

test('what is there stays until what comes is whole', async () => {
  const { folder, put, space, storage, down } = await setUp();
  await put('x', 'old');
  await storage.write(`${home}/x`, 'new content');
  await writeFile(space.local(`${home}/x`), 'bad content');
  const [failed] = await down(`${home}/x`, 'x');
  expect(failed).toMatchObject({ result: 'failed', error: { code: 'storage.checksum' } });
  expect(await readFile(join(folder, 'x'), 'utf8')).toBe('old');
  expect(await readdir(folder)).toEqual(['x']);
});

test('nothing is written or removed through a link at the target', async () => {
  const { folder, put, storage, down } = await setUp();
  await put('outside/keep', 'precious');
  await mkdir(join(folder, 'out'));
  await symlink(join(folder, 'outside'), join(folder, 'out/sub'));
  await storage.write(`${home}/t/sub/keep`, 'evil', { parents: true });
  await storage.write(`${home}/t/fine`, 'fine');
  const outcome = await codeOf(down(`${home}/t`, 'out'));
  expect(outcome).toBe('storage.local');
  await storage.remove(`${home}/t/sub`, { recursive: true });
  await down(`${home}/t`, 'out', { delete: true });
  expect(await tree(join(folder, 'out'))).toEqual(['fine']);
  expect(await readFile(join(folder, 'outside/keep'), 'utf8')).toBe('precious');
});

test('links and pipes are left out and told, or links are followed on demand', async () => {
  const { folder, put, storage, up } = await setUp();
  await put('in/a', 'A');
  await put('else', 'E');
  await symlink(join(folder, 'else'), join(folder, 'in/l'));
  await symlink('.', join(folder, 'in/circle'));
  await symlink('nowhere', join(folder, 'in/dead'));
  execFileSync('mkfifo', [join(folder, 'in/pipe')]);
  const skipped = { l: 'skipped', circle: 'skipped', dead: 'skipped', pipe: 'skipped' };
  expect(results(await up('in', `${home}/t`))).toEqual({ a: 'copied', ...skipped });
  const followed = results(await up('in', `${home}/u`, { links: 'follow' }));
  expect(followed).toEqual({ a: 'copied', ...skipped, l: 'copied' });
  expect((await storage.info(`${home}/u/l`)).sizeBytes).toBe(1);
});

test('one file that fails does not keep the others', async () => {
  const { put, up } = await setUp({ forbidden: [`${home}/t/b`] });
  for (const name of ['a', 'b', 'c']) await put(`in/${name}`);
  const outcomes = await up('in', `${home}/t`, { delete: true });
  expect(results(outcomes)).toEqual({ a: 'copied', b: 'failed', c: 'copied' });
  expect(outcomes.find(({ path }) => path === 'b')?.error?.code).toBe('storage.forbidden');
});

test('synchronising copies what differs, removes what is gone, and says so before', async () => {
  const { folder, put, space, storage, up } = await setUp();
  for (const name of ['same', 'longer', 'touched', 'gone/x']) await put(`in/${name}`);
  await up('in', `${home}/t`);
  const puts = space.count('PUT', /files/);
  expect(results(await up('in', `${home}/t`, { compare: 'time' }))).toMatchObject({ same: 'same' });
  await put('in/longer', 'much longer than before');
  await rm(join(folder, 'in/gone'), { recursive: true });
  const later = new Date(Date.now() + 3_600_000);
  await utimes(join(folder, 'in/touched'), later, later);
  await put('in/new');
  const wanted = {
    same: 'same',
    touched: 'same',
    longer: 'copied',
    new: 'copied',
    gone: 'removed',
  };
  const plan = await up('in', `${home}/t`, { compare: 'time', delete: true, dryRun: true });
  expect(results(plan)).toEqual(wanted);
  expect(plan.filter(({ result }) => result !== 'same').every(({ isPlanned }) => isPlanned)).toBe(
    true,
  );
  expect(space.count('PUT', /files/)).toBe(puts);
  expect(results(await up('in', `${home}/t`, { compare: 'time', delete: true }))).toEqual(wanted);
  expect(space.count('PUT', /files/)).toBe(puts + 2);
  expect((await all(storage.list(`${home}/t`))).map(({ name }) => name)).toEqual([
    'longer',
    'new',
    'same',
    'touched',
  ]);
});

test('a change that keeps length and time is seen by its checksum', async () => {
  const { folder, put, up } = await setUp();
  await put('in/x', 'abc');
  await up('in', `${home}/t`);
  const { mtime } = await stat(join(folder, 'in/x'));
  await put('in/x', 'abd');
  await utimes(join(folder, 'in/x'), mtime, mtime);
  expect(results(await up('in', `${home}/t`, { compare: 'size' }))).toEqual({ x: 'same' });
  expect(results(await up('in', `${home}/t`, { compare: 'checksum' }))).toEqual({ x: 'copied' });
});

test('nothing is removed when something failed, or when the source is not there', async () => {
  const { put, storage, up } = await setUp();
  await storage.write(`${home}/t/extra`, 'x', { parents: true });
  await put('in/a');
  const failed = await setUp({ forbidden: [`${home}/t/a`] });
  await failed.put('in/a');
  await failed.storage.write(`${home}/t/extra`, 'x', { parents: true });
  const { result } = (await failed.up('in', `${home}/t`, { delete: true }))[0] ?? {};
  expect(result).toBe('failed');
  expect(await failed.storage.exists(`${home}/t/extra`)).toBe(true);
  expect(await codeOf(up('nowhere', `${home}/t`, { delete: true }))).toBe('storage.not_found');
  expect(await storage.exists(`${home}/t/extra`)).toBe(true);
});

test('a cancelled transfer stops and leaves nothing half under its name', async () => {
  const { folder, storage } = await setUp();
  for (let index = 0; index < 30; index += 1)
    await storage.write(`${home}/t/${index}`, big.subarray(0, 100_000), { parents: true });
  const controller = new AbortController();
  const { signal } = controller;
  const files = transfer(inStorage(storage, `${home}/t`), onDisk(join(folder, 'out')), {
    signal,
    concurrency: 2,
  });
  const work = (async () => {
    for await (const _ of files) controller.abort();
  })();
  expect(await codeOf(work)).toBe('request.aborted');
  const left = await readdir(join(folder, 'out'));
  expect(left.length).toBeLessThan(30);
  for (const name of left) {
    expect(name).not.toContain('.skaha-');
    expect((await stat(join(folder, 'out', name))).size).toBe(100_000);
  }
});

test('files pass from one service to another, and are compared', async () => {
  const { storage } = await setUp();
  const other = await testStorage();
  for (const name of ['a', 'b/c'])
    await storage.write(`${home}/t/${name}`, name, { parents: true });
  const moved = await all(
    transfer(inStorage(storage, `${home}/t`), inStorage(other.storage, `${home}/u`)),
  );
  expect(moved.map(({ verified }) => verified)).toEqual(['checksum', 'checksum']);
  await other.storage.write(`${home}/u/b/c`, 'd');
  await other.storage.write(`${home}/u/more`, '');
  await storage.write(`${home}/t/less`, '');
  const found = await all(
    compareTrees(inStorage(storage, `${home}/t`), inStorage(other.storage, `${home}/u`)),
  );
  expect(Object.fromEntries(found.map(({ path, result }) => [path, result]))).toEqual({
    a: 'same',
    b: 'same',
    'b/c': 'different',
    more: 'extra',
    less: 'missing',
  });
});
