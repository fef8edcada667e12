import { chmodSync, chownSync, lchownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startDetached } from '../src/control/detached.js';
import { startPlatform } from '../src/platform.js';
import { temporaryDirectory, testPlatform } from './fixtures.js';

// As `ssh` refuses keys that others could have changed.

const refused = async (data: string, why: string | RegExp) => {
  for (const start of [startPlatform, startDetached]) {
    await expect(start({ data, port: 0 })).rejects.toMatchObject({
      code: 'platform.storage',
      message: expect.stringMatching(why),
      hint: expect.stringContaining('--data'),
    });
  }
};

function folder(mode = 0o700): string {
  const path = join(temporaryDirectory(), 'data');
  mkdirSync(path);
  chmodSync(path, mode);
  return path;
}

const isRoot = process.getuid?.() === 0;

describe.skipIf(process.getuid === undefined)('a data directory is refused', () => {
  test.each([0o777, 0o770, 0o702])('that others may write to: %o', async (mode) => {
    const data = folder(mode);
    await refused(data, `other users can write to ${data}`);
  });

  test('below one that others may write to, however deep, and also when it is not there yet', async () => {
    const open = folder(0o777);
    await refused(join(open, 'a', 'b'), `other users can write to ${open}`);
    mkdirSync(join(open, 'a'), { mode: 0o700 });
    await refused(join(open, 'a', 'b'), `other users can write to ${open}`);
  });

  test('that is reached by a link which others may replace, or that leads to an open one', async () => {
    const open = folder(0o777);
    const own = folder();
    symlinkSync(own, join(open, 'link'));
    await refused(join(open, 'link'), `other users can write to ${open}`);
    symlinkSync(open, join(own, 'out'));
    await refused(join(own, 'out'), `other users can write to ${open}`);
  });

  test('whose way leads through a link in an open folder, at whatever point', async () => {
    const open = folder(0o777);
    const own = folder();
    symlinkSync(own, join(open, 'second'));
    symlinkSync(join(open, 'second'), join(own, 'first'));
    await refused(join(own, 'first', 'data'), `other users can write to ${open}`);
  });

  test.each(['arc', 'private', 'platform.yaml', 'scratch', 'sessions', 'skaha.db'])(
    'in which a link leads %s to where others may change it',
    async (name) => {
      const data = folder();
      const open = folder(0o777);
      writeFileSync(join(data, '.skaha-platform'), '');
      const target = join(open, name);
      if (name.includes('.')) writeFileSync(target, '');
      else mkdirSync(target, { mode: 0o700 });
      symlinkSync(target, join(data, name));
      await refused(data, `other users can write to ${open}`);
    },
  );

  test.skipIf(!isRoot)('that a link of somebody else leads to (skipped: needs root)', async () => {
    const shared = join(temporaryDirectory(), 'tmp');
    mkdirSync(shared);
    chmodSync(shared, 0o1777);
    const link = join(shared, 'link');
    symlinkSync(folder(), link);
    lchownSync(link, 12_345, 12_345);
    await refused(link, `${link}, on the way to it, belongs to another user .12345.`);
    await refused(
      join(link, 'inner'),
      `${link}, on the way to it, belongs to another user .12345.`,
    );
  });

  test.each(['arc', 'private', 'platform.yaml', 'scratch', 'sessions', 'skaha.db'])(
    'in which others may change %s',
    async (name) => {
      const data = folder();
      writeFileSync(join(data, '.skaha-platform'), '');
      if (name.includes('.')) writeFileSync(join(data, name), '');
      else mkdirSync(join(data, name));
      chmodSync(join(data, name), 0o777);
      await refused(data, `other users can write to ${join(data, name)}`);
    },
  );

  test.skipIf(!isRoot)('of somebody else, or below theirs (skipped: needs root)', async () => {
    const data = folder();
    chownSync(data, 12_345, 12_345);
    await refused(
      data,
      `${data} belongs to another user (12345, and you are 0)`.replace(/[()]/g, '.'),
    );
    await refused(join(data, 'inner'), 'who could replace it');
    const own = folder();
    mkdirSync(join(own, 'private'));
    chownSync(join(own, 'private'), 12_345, 12_345);
    await refused(own, 'private belongs to another user');
    // Somebody was there while it was open, and it no longer is.
    const shut = folder();
    mkdirSync(join(shut, 'private', 'users'), { recursive: true, mode: 0o700 });
    const planted = join(shut, 'private', 'users', 'root.token');
    writeFileSync(planted, 'token\n', { mode: 0o600 });
    chownSync(planted, 12_345, 12_345);
    await refused(shut, `${planted} belongs to another user`);
  });
});

test('one of the user in a directory for everybody with the sticky bit is in order', async () => {
  const shared = join(temporaryDirectory(), 'tmp');
  mkdirSync(shared);
  chmodSync(shared, 0o1777);
  const platform = await testPlatform({ data: join(shared, 'data') });
  expect(platform.data).toBe(join(shared, 'data'));
  expect(platform.data.startsWith(tmpdir())).toBe(true);
});
