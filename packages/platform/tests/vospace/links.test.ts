import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Platform } from '../../src/types.js';
import { temporaryDirectory, until } from '../fixtures.js';
import {
  arc,
  authority,
  change,
  childrenIn,
  get,
  makeFolder,
  nodeXml,
  onDisk,
  put,
  storagePlatform,
  tokenOf,
} from './set-up.js';

const home = '/home/adastra';

/** Removes a node and all that is in it, and waits until that is done. */
async function removeAll(platform: Platform, path: string): Promise<string> {
  const made = await arc(platform, 'POST', '/async-delete', {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ target: authority + path }).toString(),
  });
  const job = new URL(made.headers.location ?? '').pathname.replace('/arc', '');
  await arc(platform, 'POST', `${job}/phase`, { body: 'PHASE=RUN' });
  return await until(async () => {
    const phase = (await arc(platform, 'GET', `${job}/phase`)).body;
    return ['COMPLETED', 'ERROR'].includes(phase) ? phase : undefined;
  });
}

test('links that lead out are told as they are, and never followed', async () => {
  const platform = await storagePlatform();
  const outside = temporaryDirectory();
  writeFileSync(join(outside, 'secret'), 'secret');
  const links: Record<string, string> = {
    file: join(outside, 'secret'),
    folder: outside,
    up: '../../../private',
    root: '/',
    arc: '../..',
    token: `${platform.data}/private/users/adastra.token`,
    dangling: join(outside, 'none'),
    staging: '../../.staging',
  };
  for (const [name, target] of Object.entries(links)) {
    symlinkSync(target, onDisk(platform, `home/adastra/${name}`));
  }
  const listed = (await arc(platform, 'GET', `/nodes${home}`)).body;
  expect(listed.match(/xsi:type="vos:LinkNode"/g)).toHaveLength(Object.keys(links).length);
  for (const name of Object.keys(links)) {
    for (const path of [`${home}/${name}`, `${home}/${name}/secret`, `${home}/${name}/x/y`]) {
      expect([400, 404], path).toContain((await get(platform, path)).status);
      expect([400, 403, 404], path).toContain((await put(platform, path, 'planted')).status);
    }
    expect([400, 403, 404]).toContain((await makeFolder(platform, `${home}/${name}/d`)).status);
    expect([403, 404]).toContain(
      (await arc(platform, 'DELETE', `/nodes${home}/${name}/secret`)).status,
    );
    expect((await arc(platform, 'DELETE', `/nodes${home}/${name}`)).status, name).toBe(204);
  }
  expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret');
  expect(readdirSync(outside)).toEqual(['secret']);
});

test('links that stay inside are followed, with the permissions of what they lead to', async () => {
  const platform = await storagePlatform();
  const bob = { token: tokenOf(platform, 'bob') };
  await put(platform, '/projects/survey/f', 'shared');
  await put(platform, '/home/bob/private', 'bob', bob);
  symlinkSync('../../projects/survey', onDisk(platform, 'home/adastra/relative'));
  symlinkSync('/arc/projects/survey', onDisk(platform, 'home/adastra/absolute'));
  symlinkSync('relative', onDisk(platform, 'home/adastra/chain'));
  symlinkSync('../bob/private', onDisk(platform, 'home/adastra/theirs'));
  symlinkSync('loop', onDisk(platform, 'home/adastra/loop'));
  for (const name of ['relative', 'absolute', 'chain']) {
    expect((await get(platform, `${home}/${name}/f`)).body, name).toBe('shared');
    const node = (await arc(platform, 'GET', `/nodes${home}/${name}`)).body;
    expect(node).toContain('xsi:type="vos:LinkNode"');
  }
  expect((await put(platform, `${home}/chain/g`, 'through')).status).toBe(201);
  expect((await get(platform, '/projects/survey/g')).body).toBe('through');
  expect((await get(platform, `${home}/theirs`)).status).toBe(403);
  const loop = await get(platform, `${home}/loop`);
  expect([loop.status, loop.body.split(':')[0]]).toEqual([404, 'UnreadableLinkTarget']);
  // Somebody else's link gives nobody more than they may have.
  await change(platform, home, 'ContainerNode', { ispublic: 'true' });
  expect((await get(platform, `${home}/theirs`, bob)).status).toBe(403);
});

test('removing a tree removes links, not what they lead to', async () => {
  const platform = await storagePlatform();
  const outside = temporaryDirectory();
  mkdirSync(join(outside, 'deep'));
  writeFileSync(join(outside, 'deep/secret'), 'secret');
  await makeFolder(platform, `${home}/tree`);
  const tree = onDisk(platform, 'home/adastra/tree');
  symlinkSync(outside, join(tree, 'link'));
  // Deeper than all of it can be held open, longer than a path may be, and names that are no UTF-8.
  execFileSync(
    'sh',
    ['-c', 'for i in $(seq 100); do mkdir $1 && cd $1; done; touch end', 'sh', 'd'.repeat(50)],
    { cwd: tree },
  );
  execFileSync('sh', ['-c', 'touch "$(printf "\\377x")"; mkfifo pipe; mkdir a b; touch a/1 b/2'], {
    cwd: tree,
  });
  expect(childrenIn((await arc(platform, 'GET', `/nodes${home}/tree`)).body)).not.toContain('pipe');
  expect((await get(platform, `${home}/tree/pipe`)).status).toBe(404);
  expect((await put(platform, `${home}/tree/pipe`, 'x')).status).toBe(400);
  expect(await removeAll(platform, `${home}/tree`)).toBe('COMPLETED');
  expect(existsSync(tree)).toBe(false);
  expect(readdirSync(onDisk(platform, '.staging'))).toEqual([]);
  expect(readFileSync(join(outside, 'deep/secret'), 'utf8')).toBe('secret');
});

test('a link to a node is told by its place in the storage', async () => {
  const platform = await storagePlatform();
  await put(platform, `${home}/f`, 'x');
  const body = nodeXml(`${home}/l`, 'LinkNode', {}, `${authority}${home}/f`);
  expect((await arc(platform, 'PUT', `/nodes${home}/l`, { body })).status).toBe(201);
  expect((await put(platform, `${home}/l`, 'through')).status).toBe(201);
  expect((await get(platform, `${home}/f`)).body).toBe('through');
});

// A session can exchange what is on the way for a link at any moment.
const swapper = `
import { renameSync } from 'node:fs';
const [home] = process.argv.slice(1);
process.send('ready');
for (;;) {
  for (const [one, other] of [['way', 'real'], ['link', 'way'], ['way', 'link'], ['real', 'way']]) {
    try { renameSync(home + '/' + one, home + '/' + other); } catch {}
  }
}
`;

test.skipIf(process.platform !== 'linux')(
  'a session that exchanges folders for links meanwhile leads nobody out',
  async () => {
    const platform = await storagePlatform();
    const outside = temporaryDirectory();
    const base = onDisk(platform, 'home/adastra');
    mkdirSync(join(outside, 'sub'));
    writeFileSync(join(outside, 'sub/f'), 'secret');
    mkdirSync(join(base, 'way/sub'), { recursive: true });
    writeFileSync(join(base, 'way/sub/f'), 'inside');
    symlinkSync(outside, join(base, 'link'));
    const hostile = spawn(process.execPath, ['--input-type=module', '-e', swapper, base], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    onTestFinished(() => void hostile.kill('SIGKILL'));
    await new Promise((resolve) => hostile.once('message', resolve));
    const seen = new Set<string>();
    const wasBoth = () => seen.has('200') && seen.has('404');
    for (let round = 0; round < 20 || (round < 100 && !wasBoth()); round += 1) {
      const path = `${home}/way/sub`;
      const replies = await Promise.all([
        get(platform, `${path}/f`),
        put(platform, `${path}/f`, 'inside'),
        put(platform, `${path}/new${round}`, 'inside'),
        makeFolder(platform, `${path}/d${round}`),
        arc(platform, 'GET', `/nodes${path}`),
        arc(platform, 'DELETE', `/nodes${path}/new${round}`),
        change(platform, `${path}/f`, 'DataNode', { ispublic: 'false' }),
      ]);
      for (const { status } of replies) seen.add(String(status));
      for (const { body } of replies) expect(body).not.toContain('secret');
      if (round % 10 === 0) await removeAll(platform, `${home}/way/sub/d${round}`);
    }
    hostile.kill('SIGKILL');
    expect(readFileSync(join(outside, 'sub/f'), 'utf8')).toBe('secret');
    expect(readdirSync(join(outside, 'sub'))).toEqual(['f']);
    // The way was there often enough to try both, and nothing went wrong inside the platform.
    expect(wasBoth()).toBe(true);
    expect(seen.has('500')).toBe(false);
  },
  120_000,
);

test('another name of a file outside is not made by the service', async () => {
  const platform = await storagePlatform();
  await put(platform, `${home}/f`, 'x');
  linkSync(onDisk(platform, 'home/adastra/f'), onDisk(platform, 'home/adastra/g'));
  // New content has a file of its own, so that another name keeps the old one.
  await put(platform, `${home}/f`, 'new');
  expect((await get(platform, `${home}/g`)).body).toBe('x');
});
