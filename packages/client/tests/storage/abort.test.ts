import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { compareTrees, inStorage, onDisk, transfer } from '../../src/storage/files/index.js';
import type { Storage } from '../../src/storage/index.js';
import { JumpingClock } from '../fixtures.js';
import { all, bytesOf, codeOf, testStorage } from './fixtures.js';
import type { Faults } from './vospace.js';

const home = '/home/ada';
const content = 'x'.repeat(100_000);

interface Scene {
  readonly storage: Storage;
  /** A folder of this machine, with a tree `tree` and a file `kept` in it. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

interface Case {
  readonly work: (scene: Scene) => Promise<unknown>;
  readonly faults?: Faults;
}

const call = (work: Case['work'], faults: Faults = {}): Case => ({ work, faults });

const up = (options: object = {}) => {
  return ({ storage, folder, signal }: Scene) =>
    all(
      transfer(onDisk(join(folder, 'tree')), inStorage(storage, `${home}/d`), {
        signal,
        concurrency: 1,
        ...options,
      }),
    );
};

const down = (options: object = {}) => {
  return ({ storage, folder, signal }: Scene) =>
    all(
      transfer(inStorage(storage, `${home}/d`), onDisk(join(folder, 'tree')), {
        signal,
        concurrency: 1,
        ...options,
      }),
    );
};

/** Everything in `skaha/storage` that sends a request, and the ways it has for different services. */
const cases: Record<string, Case> = {
  list: call(({ storage, signal }) => all(storage.list(home, { signal, pageSize: 2 }))),
  info: call(({ storage, signal }) => storage.info(`${home}/f`, { signal })),
  exists: call(({ storage, signal }) => storage.exists(`${home}/f`, { signal })),
  read: call(async ({ storage, signal }) => bytesOf(await storage.read(`${home}/f`, { signal }))),
  'read, negotiated': call(
    async ({ storage, signal }) => bytesOf(await storage.read(`${home}/f`, { signal })),
    { noDirect: true },
  ),
  'read, a part': call(async ({ storage, signal }) =>
    bytesOf(await storage.read(`${home}/f`, { signal, range: { startBytes: -5 } })),
  ),
  write: call(({ storage, signal }) => storage.write(`${home}/new`, content, { signal })),
  'write, negotiated': call(
    ({ storage, signal }) => storage.write(`${home}/new`, content, { signal }),
    { noDirect: true },
  ),
  'write, folders too': call(({ storage, signal }) =>
    storage.write(`${home}/a/b/new`, content, { signal, parents: true }),
  ),
  'write, nothing there': call(({ storage, signal }) =>
    storage.write(`${home}/new`, content, { signal, exclusive: true }),
  ),
  copy: call(({ storage, signal }) => storage.copy(`${home}/f`, `${home}/new`, { signal })),
  move: call(({ storage, signal }) => storage.move(`${home}/f`, `${home}/new`, { signal })),
  'move, by copying': call(
    ({ storage, signal }) => storage.move(`${home}/d`, `${home}/new`, { signal }),
    { noJobs: true },
  ),
  makeDirectory: call(({ storage, signal }) =>
    storage.makeDirectory(`${home}/a/b`, { signal, parents: true }),
  ),
  remove: call(({ storage, signal }) => storage.remove(`${home}/f`, { signal })),
  'remove, all': call(({ storage, signal }) =>
    storage.remove(`${home}/d`, { signal, recursive: true }),
  ),
  'remove, by walking': call(
    ({ storage, signal }) => storage.remove(`${home}/d`, { signal, recursive: true }),
    { noJobs: true },
  ),
  link: call(({ storage, signal }) => storage.link(`${home}/new`, `${home}/f`, { signal })),
  setProperties: call(({ storage, signal }) =>
    storage.setProperties(`${home}/f`, { isPublic: true }, { signal }),
  ),
  'setProperties, all': call(({ storage, signal }) =>
    storage.setProperties(`${home}/d`, { isPublic: true }, { signal, recursive: true }),
  ),
  'setProperties, by walking': call(
    ({ storage, signal }) =>
      storage.setProperties(`${home}/d`, { isPublic: true }, { signal, recursive: true }),
    { noJobs: true },
  ),
  quota: call(({ storage, signal }) => storage.quota(`${home}/d`, { signal })),
  find: call(({ storage, signal }) => all(storage.find(home, { signal, concurrency: 1 }))),
  usage: call(({ storage, signal }) => storage.usage(home, { signal })),
  'transfer, up': call(up()),
  'transfer, up, by checksum': call(up({ compare: 'checksum', delete: true })),
  'transfer, up, planned': call(up({ compare: 'time', delete: true, dryRun: true })),
  'transfer, down': call(down()),
  'transfer, down, negotiated': call(down(), { noDirect: true }),
  'transfer, down, by time': call(down({ compare: 'time', delete: true })),
  compareTrees: call(({ storage, folder, signal }) =>
    all(compareTrees(onDisk(join(folder, 'tree')), inStorage(storage, `${home}/d`), { signal })),
  ),
};

async function setTheScene(faults: Faults = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'skaha-abort-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const { space, storage } = await testStorage({}, { clock: new JumpingClock() });
  for (const [root, name] of [
    [folder, 'tree'],
    [space.local(home), 'd'],
  ] as const) {
    await mkdir(join(root, name, 'sub'), { recursive: true });
    await writeFile(join(root, name, 'sub/f'), `${content}${root}`);
    await writeFile(join(root, name, 'g'), root);
  }
  await writeFile(space.local(`${home}/f`), content);
  Object.assign(space.faults, faults);
  return { folder, space, storage };
}

const unfinishedIn = async (folder: string) =>
  (await readdir(folder, { recursive: true })).filter((name) => name.includes('.skaha-'));

describe.each(Object.entries(cases))('%s', (_name, { work, faults }) => {
  test('aborted before it began: nothing is sent and nothing changed', async () => {
    const { folder, space, storage } = await setTheScene(faults);
    const before = await readdir(folder, { recursive: true });
    expect(await codeOf(work({ storage, folder, signal: AbortSignal.abort() }))).toBe(
      'request.aborted',
    );
    expect(space.seen).toEqual([]);
    expect(await readdir(folder, { recursive: true })).toEqual(before);
  });

  test('aborted at any of its requests: it ends, sends no more and leaves nothing half', async () => {
    let isOver = false;
    for (let last = 1; !isOver; last += 1) {
      const { folder, space, storage } = await setTheScene(faults);
      const controller = new AbortController();
      let requests = 0;
      space.faults.hold = () => {
        requests += 1;
        if (requests === last) controller.abort();
        return requests >= last;
      };
      const code = await codeOf(work({ storage, folder, signal: controller.signal }));
      isOver = requests < last;
      expect([last, code]).toEqual([last, isOver ? 'no error' : 'request.aborted']);
      // Where several are under way at the same time, more may have left already.
      const most = isOver || faults?.noJobs === true ? requests : last;
      expect(requests).toBeLessThanOrEqual(Math.min(most, last + 7));
      // What stands at a name is whole: that of before or that of after.
      for (const path of ['tree/sub/f', 'tree/g']) {
        const found = await readFile(join(folder, path), 'utf8').catch(() => '');
        const ends = path.endsWith('f') ? [content] : [''];
        expect(ends.some((end) => found.startsWith(end))).toBe(true);
        expect([join(folder), space.local(home), '']).toContain(found.slice(ends[0]?.length));
      }
      expect(await unfinishedIn(folder)).toEqual([]);
    }
  });
});

// The address sends nothing once it is known.
test('every function that sends something is among them', async () => {
  const { storage } = await testStorage();
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(storage));
  const tried = new Set(Object.keys(cases).map((name) => name.split(',')[0]));
  expect(names.filter((name) => !tried.has(name)).sort()).toEqual(['address', 'constructor']);
});
