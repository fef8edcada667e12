import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileSize, openLog, readNote, removeTree } from '@skaha/service/held.js';
import { giveAway } from '@skaha/service/ownership.js';
import { describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../../platform/tests/fixtures.js';

const isLinux = process.platform === 'linux';

/** A folder to work in, and one beside it whose content must stay. */
function ground() {
  const root = temporaryDirectory();
  const [own, foreign] = [join(root, 'own'), join(root, 'foreign')];
  mkdirSync(own);
  mkdirSync(join(foreign, 'deep'), { recursive: true });
  for (const path of ['kept', 'deep/kept']) writeFileSync(join(foreign, path), 'kept');
  const isWhole = () =>
    ['kept', 'deep/kept'].every((path) => readFileSync(join(foreign, path), 'utf8') === 'kept');
  return { root, own, foreign, isWhole };
}

describe('removing what sessions made', () => {
  test('links are removed, and what they lead to stays', async () => {
    const { root, own, foreign, isWhole } = ground();
    mkdirSync(join(own, 'a/b'), { recursive: true });
    for (const path of ['link', 'a/link', 'a/b/link']) symlinkSync(foreign, join(own, path));
    symlinkSync(join(foreign, 'kept'), join(own, 'a/b/file'));
    await removeTree(own);
    expect(existsSync(own)).toBe(false);
    expect(isWhole()).toBe(true);
    symlinkSync(foreign, own);
    await removeTree(own);
    expect(readdirSync(root)).toEqual(['foreign']);
    expect(isWhole()).toBe(true);
  });

  test('a folder that is exchanged for a link meanwhile leads nowhere', async () => {
    const { own, foreign, isWhole } = ground();
    let isOver = false;
    const exchange = async () => {
      for (let turn = 0; turn < 400 && !isOver; turn += 1) {
        const path = join(own, `d${turn % 12}`);
        await rename(path, join(own, `moved${turn}`)).catch(() => undefined);
        await symlink(foreign, path).catch(() => undefined);
      }
    };
    for (let folder = 0; folder < 12; folder += 1) {
      const path = join(own, `d${folder}`, 'deep');
      mkdirSync(path, { recursive: true });
      for (let file = 0; file < 6; file += 1) writeFileSync(join(path, `${file}`), '');
    }
    const turning = exchange();
    await removeTree(own).catch(() => undefined);
    isOver = true;
    await turning;
    expect(isWhole()).toBe(true);
    await removeTree(own);
    expect(existsSync(own)).toBe(false);
  });

  test.runIf(isLinux)('no depth and no closed folder is too much', async () => {
    const { own } = ground();
    const script =
      "for (let i = 0; i < 450; i += 1) { fs.mkdirSync('0123456789'); process.chdir('0123456789') }";
    execFileSync(process.execPath, ['-e', script], { cwd: own });
    const closed = join(own, 'closed');
    mkdirSync(join(closed, 'inner'), { recursive: true });
    writeFileSync(join(closed, 'inner/file'), '');
    chmodSync(join(closed, 'inner'), 0o555);
    chmodSync(closed, 0);
    await removeTree(own);
    expect(existsSync(own)).toBe(false);
  });

  test('what is not there is no error', async () => {
    const { own } = ground();
    await removeTree(join(own, 'nothing'));
    await removeTree(join(own, 'no/where'));
    expect(readdirSync(own)).toEqual([]);
  });
});

describe('reading what sessions may have put there', () => {
  test('neither links, pipes, folders nor large files are read', async () => {
    const { own, foreign } = ground();
    const path = (name: string) => join(own, name);
    writeFileSync(path('note'), '7\n');
    symlinkSync(join(foreign, 'kept'), path('link'));
    mkdirSync(path('folder'));
    execFileSync('/usr/bin/mkfifo', [path('pipe')]);
    writeFileSync(path('large'), Buffer.alloc(70_000, 0x30));
    expect(await readNote(path('note'))).toMatchObject({ text: '7\n' });
    for (const name of ['link', 'folder', 'pipe', 'large', 'nothing']) {
      expect([name, await readNote(path(name))]).toEqual([name, undefined]);
    }
    expect(await fileSize(path('note'))).toBe(2);
    for (const name of ['link', 'pipe', 'nothing']) expect(await fileSize(path(name))).toBe(0);
  });

  test('a log is a file, or it is not opened', () => {
    const { own, foreign } = ground();
    symlinkSync(join(foreign, 'kept'), join(own, 'link'));
    execFileSync('/usr/bin/mkfifo', [join(own, 'pipe')]);
    expect(() => openLog(join(own, 'link'))).toThrow();
    expect(() => openLog(join(own, 'pipe'))).toThrow();
    openLog(join(own, 'log'));
    expect(lstatSync(join(own, 'log')).mode & 0o777).toBe(0o600);
  });
});

// Nobody else can give files away.
describe.runIf(isLinux && process.getuid?.() === 0)('giving to a session', () => {
  const ownerOf = (path: string) => lstatSync(path).uid;

  test('what root put there changes hands, and nothing that only seems to be there', async () => {
    const { own, foreign } = ground();
    mkdirSync(join(own, 'a'));
    writeFileSync(join(own, 'a/file'), '');
    symlinkSync(foreign, join(own, 'a/link'));
    execFileSync('ln', [join(foreign, 'kept'), join(own, 'second')]);
    await giveAway(own, 61_000);
    expect(['', 'a', 'a/file'].map((path) => ownerOf(join(own, path)))).toEqual(
      Array(3).fill(61_000),
    );
    for (const path of ['', 'kept', 'deep', 'deep/kept']) {
      expect(ownerOf(join(foreign, path))).toBe(0);
    }
  });
});
