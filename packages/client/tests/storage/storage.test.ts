import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { Storage } from '../../src/storage/index.js';
import { JumpingClock } from '../fixtures.js';
import { all, bytesOf, clientOf, codeOf, md5, testStorage } from './fixtures.js';

const home = '/home/ada';
const large = randomBytes(300_000);
const quick = () => ({ clock: new JumpingClock() });

describe('names', () => {
  const names = [
    'with space',
    'plus+and&amp',
    '100% sure',
    'a#b?c=d',
    'time 12:30',
    "quote'd (1)! *",
    'Ünïcödé ⭐ 日本',
    '<tag> "x" & y',
    'back\\slash',
    '%2e%2e',
    '...',
    '-rf',
    'preauth:mine',
    `${'é'.repeat(127)}x`,
  ];

  test.each(names)('%s goes there and comes back', async (name) => {
    const { space, storage } = await testStorage();
    const path = `${home}/${name}`;
    await storage.write(path, 'content');
    expect(await readFile(space.local(path), 'utf8')).toBe('content');
    expect((await all(storage.list(home))).map((node) => node.name)).toEqual([name]);
    expect((await storage.info(path)).path).toBe(path);
    expect((await bytesOf(await storage.read(path))).toString()).toBe('content');
    await storage.move(path, `${path.slice(0, -1)}~`);
    await storage.makeDirectory(path);
    await storage.remove(path);
    await storage.remove(`${path.slice(0, -1)}~`);
    expect(await all(storage.list(home))).toEqual([]);
  });

  test.each(['..', '.', 'x\0y', 'a'.repeat(256), 'é'.repeat(128), 'half \uD800'])(
    '%j is refused with its reason',
    async (name) => {
      const { space, storage } = await testStorage();
      expect(await codeOf(storage.write(`${home}/${name}`, ''))).toBe('storage.invalid_name');
      expect(space.seen).toEqual([]);
    },
  );

  test.each([
    'vos://example.org~arc/home/ada/..%2F..%2Fetc',
    'vos://example.org~arc/home/ada/..',
    'vos://example.org~arc/etc/passwd',
    'vos://example.org~arc/home/ada/deep/er',
    'vos://other.org~arc/home/ada/x',
    'http://example.org/home/ada/x',
  ])('a folder that lists %s is not believed', async (uri) => {
    const { storage } = await testStorage({ evilChildren: [uri] });
    expect(await codeOf(all(storage.list(home)))).toBe('response.invalid');
  });
});

describe('lists', () => {
  test.each([
    ['inclusive', {}],
    ['exclusive', { cursor: 'exclusive' as const }],
    ['ignored', { cursor: 'ignored' as const }],
    ['a service that gives less than asked', { pageCap: 120 }],
  ])('all entries come once: %s', async (_what, faults) => {
    const { space, storage } = await testStorage(faults);
    const names = Array.from({ length: 351 }, (_, index) => `f${String(index).padStart(3, '0')}`);
    for (const name of names) await writeFile(space.local(`${home}/${name}`), '');
    const found = await all(storage.list(home, { pageSize: 150 }));
    expect(found.map((node) => node.name)).toEqual(names);
  });

  test('leaving the list asks for no further page', async () => {
    const { space, storage } = await testStorage();
    for (let index = 0; index < 30; index += 1)
      await writeFile(space.local(`${home}/${index}`), '');
    for await (const _ of storage.list(home, { pageSize: 10 })) break;
    expect(space.count('GET', /nodes/)).toBe(1);
  });

  test('describes what is there', async () => {
    const { storage } = await testStorage();
    await storage.write(`${home}/x`, 'abc');
    await storage.setProperties(`${home}/x`, { isPublic: true, groupsRead: ['team', 'other'] });
    await storage.link(`${home}/l`, `${home}/x`);
    const [link, file] = await all(storage.list(home));
    expect(link).toMatchObject({ kind: 'link', target: 'vos://example.org~arc/home/ada/x' });
    expect(file).toMatchObject({
      path: `${home}/x`,
      name: 'x',
      kind: 'file',
      sizeBytes: 3,
      md5: md5('abc'),
      owner: 'ada',
      isPublic: true,
      groupsRead: ['team', 'other'],
      groupsWrite: [],
    });
    expect(Math.abs(Date.now() - Number(file?.modified))).toBeLessThan(3_600_000);
    await storage.setProperties(`${home}/x`, { groupsRead: [] });
    expect((await storage.info(`${home}/x`)).groupsRead).toEqual([]);
  });

  test('finds and counts below a folder', async () => {
    const { storage } = await testStorage();
    for (const path of ['a/b/c/1.fits', 'a/b/2.fits', 'a/3.txt', '4.fits'])
      await storage.write(`${home}/${path}`, 'xx', { parents: true });
    const fits = await all(storage.find(home, { name: '*.fits', kind: 'file' }));
    expect(fits.map((node) => node.name).sort()).toEqual(['1.fits', '2.fits', '4.fits']);
    const flat = await all(storage.find(home, { maxDepth: 1 }));
    expect(flat.map((node) => node.name).sort()).toEqual(['4.fits', 'a']);
    expect(await storage.usage(home)).toMatchObject({ files: 4, folders: 3, bytes: 8 });
  });
});

describe('reading', () => {
  test.each([
    [{ startBytes: 5 }, 5, undefined],
    [{ startBytes: 100, endBytes: 2000 }, 100, 2000],
    [{ startBytes: -50 }, large.length - 50, undefined],
    [{ startBytes: 299_999, endBytes: 400_000 }, 299_999, undefined],
  ])('a part: %j', async (range, start, end) => {
    for (const noRanges of [false, true]) {
      const { space, storage } = await testStorage({ noRanges });
      await writeFile(space.local(`${home}/x`), large);
      const part = await bytesOf(await storage.read(`${home}/x`, { range }));
      expect(part.equals(large.subarray(start, end))).toBe(true);
    }
  });

  test('a part behind the end is empty, and so is an empty file', async () => {
    const { storage } = await testStorage();
    await storage.write(`${home}/x`, 'abc');
    await storage.write(`${home}/empty`, '');
    const range = { startBytes: 10 };
    expect(await bytesOf(await storage.read(`${home}/x`, { range }))).toHaveLength(0);
    expect(await bytesOf(await storage.read(`${home}/empty`))).toHaveLength(0);
  });

  test.each([false, true])(
    'goes on where the connection broke; ranges missing: %s',
    async (noRanges) => {
      const { space, storage } = await testStorage(
        { cutReads: 3, cutAt: 100_000, noRanges },
        quick(),
      );
      await writeFile(space.local(`${home}/x`), large);
      const found = await bytesOf(await storage.read(`${home}/x`));
      expect(found.equals(large)).toBe(true);
      expect(space.count('GET', /files/)).toBeGreaterThan(2);
    },
  );

  test('a file that is not what the service says is no success', async () => {
    const { space, storage } = await testStorage();
    await storage.write(`${home}/x`, large);
    await writeFile(space.local(`${home}/x`), Buffer.alloc(large.length));
    const stream = await storage.read(`${home}/x`);
    expect(await codeOf(bytesOf(stream))).toBe('storage.checksum');
    const unchecked = await storage.read(`${home}/x`, { verify: false });
    expect(await bytesOf(unchecked)).toHaveLength(large.length);
  });

  test.each([
    ['negotiated', { noDirect: true }],
    ['negotiated, relative', { noDirect: true, relativeRedirects: true }],
    ['elsewhere', { foreign: true }],
    ['negotiated, elsewhere', { noDirect: true, foreign: true }],
  ])('reads and writes where the service says: %s', async (_what, faults) => {
    const { space, storage } = await testStorage(faults);
    await storage.write(`${home}/a b`, large);
    expect((await bytesOf(await storage.read(`${home}/a b`))).equals(large)).toBe(true);
    const atGrants = space.seen.filter(({ url }) => url.includes('preauth:'));
    expect(atGrants.length).toBeGreaterThan(0);
    for (const { authorization } of atGrants) expect(authorization).toBeUndefined();
    for (const one of space.seen.filter(({ at }) => at === 'bytes'))
      expect(one.authorization).toBeUndefined();
  });

  test('grants are in no log and no error', async () => {
    const told: string[] = [];
    const tell = (message: string, facts?: unknown) =>
      told.push(`${message} ${JSON.stringify(facts)}`);
    const logger = { debug: tell, info: tell, warn: tell, error: tell };
    const { space, storage } = await testStorage(
      { noDirect: true },
      { logger, retries: 0, ...quick() },
    );
    await storage.write(`${home}/x`, 'abc');
    space.faults.cutReads = 1;
    space.faults.cutAt = 1;
    const error = await bytesOf(await storage.read(`${home}/x`)).catch((cause: unknown) => cause);
    const grants = space.seen.flatMap(({ url }) => /preauth:([^/]+)/.exec(url)?.[1] ?? []);
    expect(grants.length).toBeGreaterThan(1);
    const words = `${told.join('\n')} ${JSON.stringify(error)} ${String(error)}`;
    expect(told.length).toBeGreaterThan(5);
    for (const grant of grants) expect(words).not.toContain(grant);
    expect(words).not.toContain(space.token);
  });
});

describe('writing', () => {
  test.each(['bytes', 'stream', 'iterable', 'function', 'blob'])('from %s', async (kind) => {
    const { space, storage } = await testStorage();
    async function* chunks() {
      for (let at = 0; at < large.length; at += 7_000) yield large.subarray(at, at + 7_000);
    }
    const blob = new Blob([large]);
    const content = {
      bytes: large,
      stream: blob.stream(),
      iterable: chunks(),
      function: chunks,
      blob,
    };
    const written = await storage.write(`${home}/x`, content[kind as keyof typeof content]);
    expect(written).toEqual({
      path: `${home}/x`,
      sizeBytes: large.length,
      md5: md5(large),
      verified: 'checksum',
    });
    expect((await readFile(space.local(`${home}/x`))).equals(large)).toBe(true);
  });

  test('where the service writes files only where it says', async () => {
    const { space, storage } = await testStorage({ readOnlyFiles: true });
    await storage.write(`${home}/x`, large);
    await storage.write(`${home}/y`, large);
    expect(space.count('PUT', /files\/home/)).toBe(1);
    expect(space.count('PUT', /preauth/)).toBe(2);
  });

  test.each([
    ['a connection that breaks', { cutWrites: 2, cutAt: 50_000 }],
    ['a service in trouble', { busy: 2 }],
    ['an answer that is lost', { loseReplies: 1 }],
    ['a checksum that is wrong once', { wrongMd5: 1 }],
  ])('survives %s', async (_what, faults) => {
    const { space, storage } = await testStorage({}, quick());
    await storage.address();
    Object.assign(space.faults, faults);
    const { verified } = await storage.write(`${home}/x`, large);
    expect(verified).toBe('checksum');
    expect((await readFile(space.local(`${home}/x`))).equals(large)).toBe(true);
  });

  test('a stream whose answer is lost is looked up, not sent again', async () => {
    const { space, storage } = await testStorage({ loseReplies: 1 }, quick());
    const { md5: sum } = await storage.write(`${home}/x`, new Blob([large]).stream());
    expect(sum).toBe(md5(large));
    expect(space.count('PUT', /files/)).toBe(1);
  });

  test('a stream that breaks half way is reported as uncertain, with nothing called done', async () => {
    const { storage } = await testStorage({ cutWrites: 1, cutAt: 100_000 }, quick());
    const stream = new Blob([large]).stream();
    expect(await codeOf(storage.write(`${home}/x`, stream))).toBe('storage.uncertain');
  });

  test.each([
    ['storage.checksum', { wrongMd5: 9 }],
    ['storage.checksum', { put412: 9 }],
    ['storage.quota', { quotaBytes: 10 }],
    ['storage.locked', { locked: [`${home}/x`] }],
    ['storage.forbidden', { forbidden: [`${home}/x`] }],
  ])('%s is told: %j', async (code, faults) => {
    const { storage } = await testStorage(faults, quick());
    expect(await codeOf(storage.write(`${home}/x`, large))).toBe(code);
  });

  test('a source that fails or lies about its length ends the upload with its own error', async () => {
    const { storage } = await testStorage({}, quick());
    async function* broken() {
      yield large;
      throw new Error('the disk is gone');
    }
    await expect(storage.write(`${home}/x`, broken)).rejects.toThrow('the disk is gone');
    const wrong = storage.write(`${home}/y`, () => new Blob([large]).stream(), { sizeBytes: 5 });
    expect(await codeOf(wrong)).toBe('storage.local');
  });

  test('where no checksum is kept the length is compared, and said so', async () => {
    const { storage } = await testStorage({ noMd5: true });
    expect((await storage.write(`${home}/x`, large)).verified).toBe('size');
  });

  test('an existing file is spared when that is asked, and folders are made when that is', async () => {
    const { storage } = await testStorage();
    await storage.write(`${home}/x`, 'old');
    expect(await codeOf(storage.write(`${home}/x`, 'new', { exclusive: true }))).toBe(
      'storage.exists',
    );
    expect(await codeOf(storage.write(`${home}/p/q/x`, 'new'))).toBe('storage.not_found');
    await storage.write(`${home}/p/q/x`, 'new', { parents: true });
    await storage.write(`${home}/r/s/x`, new Blob(['new']).stream(), { parents: true });
    expect((await bytesOf(await storage.read(`${home}/r/s/x`))).toString()).toBe('new');
  });

  test('an abort ends it', async () => {
    const { storage } = await testStorage();
    const controller = new AbortController();
    async function* slowly() {
      yield large;
      controller.abort();
      yield large;
    }
    const { signal } = controller;
    expect(await codeOf(storage.write(`${home}/x`, slowly, { signal }))).toBe('request.aborted');
  });
});

describe('changing', () => {
  test.each([{}, { noJobs: true }])('trees are moved, copied and removed: %j', async (faults) => {
    const { space, storage } = await testStorage(faults);
    for (const path of ['t/a/1', 't/a/b/2', 't/3'])
      await storage.write(`${home}/${path}`, path, { parents: true });
    await storage.link(`${home}/t/l`, `${home}/t/3`);
    await storage.copy(`${home}/t/3`, `${home}/three`);
    expect(await readFile(space.local(`${home}/three`), 'utf8')).toBe('t/3');
    await storage.move(`${home}/t`, `${home}/u`);
    expect(await storage.exists(`${home}/t`)).toBe(false);
    expect(await readFile(space.local(`${home}/u/a/b/2`), 'utf8')).toBe('t/a/b/2');
    expect(await codeOf(storage.move(`${home}/u`, `${home}/three`))).toBe('storage.exists');
    expect(await codeOf(storage.remove(`${home}/u`))).toBe('storage.not_empty');
    await storage.setProperties(`${home}/u`, { isPublic: true }, { recursive: true });
    expect((await storage.info(`${home}/u/a/b/2`)).isPublic).toBe(true);
    await storage.remove(`${home}/u`, { recursive: true });
    expect(await storage.exists(`${home}/u`)).toBe(false);
  });

  test('lost answers to removals, folders and links are no failures', async () => {
    const { space, storage } = await testStorage({}, quick());
    await storage.write(`${home}/x`, '');
    for (const work of [
      () => storage.remove(`${home}/x`),
      () => storage.makeDirectory(`${home}/d`),
      () => storage.link(`${home}/l`, `${home}/d`),
    ]) {
      space.faults.loseReplies = 1;
      await work();
    }
    expect((await all(storage.list(home))).map(({ kind }) => kind)).toEqual(['folder', 'link']);
  });

  test('refuses what would destroy more than was meant', async () => {
    const { space, storage } = await testStorage();
    await mkdir(space.local(`${home}/d`));
    await storage.write(`${home}/f`, '');
    for (const path of ['/', '', '//'])
      expect(await codeOf(storage.remove(path, { recursive: true }))).toBe('request.invalid');
    expect(await codeOf(storage.move(`${home}/d`, `${home}/d/e`))).toBe('request.invalid');
    expect(await codeOf(storage.remove(`${home}/f`, { only: 'empty-folder' }))).toBe(
      'storage.wrong_kind',
    );
    expect(await codeOf(storage.remove(`${home}/d`, { only: 'leaf' }))).toBe('storage.wrong_kind');
    expect(await codeOf(storage.makeDirectory(`${home}/d`))).toBe('storage.exists');
    await storage.makeDirectory(`${home}/d`, { parents: true });
    expect(await codeOf(storage.makeDirectory(`${home}/f`, { parents: true }))).toBe(
      'storage.exists',
    );
  });

  test('quota is that of the nearest folder that has one', async () => {
    const { storage } = await testStorage({ quotaBytes: 1000 });
    await storage.makeDirectory(`${home}/a/b`, { parents: true });
    expect(await storage.quota(`${home}/a/b`)).toMatchObject({ path: home, quotaBytes: 1000 });
    expect(await storage.quota('/home')).toBeUndefined();
  });
});

describe('services', () => {
  test('is found beside the platform', async () => {
    const { space } = await testStorage();
    const storage = new Storage(clientOf(space));
    expect(await storage.address()).toBe(space.url);
    await storage.close();
  });

  test('one that is not there is told by name', async () => {
    const { space } = await testStorage();
    const storage = new Storage(clientOf(space), { service: 'vault' });
    const error = await storage.info('/').catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'storage.service_unknown' });
    expect(String(error)).toContain('vault');
  });
});
