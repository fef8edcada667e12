import { chmod, mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../../client/tests/config/fixtures.js';
import { runChild } from './child.js';

/** Runs the shipped command with a home of its own, and tells where it keeps compiled code. */
async function world() {
  const home = await temporaryDirectory();
  const above = join(home, '.cache/skaha/code');
  const run = (env: Readonly<Record<string, string>> = {}) =>
    runChild(['--help'], { HOME: home, ...env });
  const builds = () => readdir(above).catch(() => []);
  return { home, above, run, builds };
}

describe('compiled code', () => {
  test('is kept where only its owner can write, and used again', async () => {
    const { above, run, builds } = await world();
    const first = await run();
    expect(first.status).toBe(0);
    const [build = '', ...others] = await builds();
    expect(others).toEqual([]);
    expect(build).toMatch(new RegExp(`^[0-9a-f]{16}-${process.version}-${process.arch}$`));
    const folder = join(above, build);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect(await readdir(folder)).toEqual(['front']);
    const file = join(folder, 'front');
    const before = await stat(file);
    expect(before.mode & 0o777).toBe(0o600);
    expect(await run()).toEqual(first);
    // It was good, so it was not written again.
    expect((await stat(file)).ino).toBe(before.ino);
  });

  test.each([
    ['nothing', () => Buffer.alloc(0)],
    ['the half of it', (code: Buffer) => code.subarray(0, code.length / 2)],
    ['something else', () => Buffer.from('no code at all, but long enough to be taken for some')],
    [
      'damaged code',
      (code: Buffer) => Buffer.from(code.map((byte, at) => (at > 500 ? byte ^ 1 : byte))),
    ],
  ])('that is %s is made again', async (_what, damage) => {
    const { above, run, builds } = await world();
    const first = await run();
    const file = join(above, (await builds())[0] ?? '', 'front');
    const good = await readFile(file);
    await writeFile(file, damage(good));
    expect(await run()).toEqual(first);
    expect((await readFile(file)).length).toBeGreaterThan(good.length / 2);
  });

  test('that others could have written is not used', async () => {
    const { above, run, builds } = await world();
    const first = await run();
    const file = join(above, (await builds())[0] ?? '', 'front');
    await chmod(file, 0o666);
    expect(await run()).toEqual(first);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  test('is not kept where Node is told not to, nor where there is no home', async () => {
    const { run, builds } = await world();
    expect((await run({ NODE_DISABLE_COMPILE_CACHE: '1' })).status).toBe(0);
    expect(await builds()).toEqual([]);
    expect((await run({ HOME: '' })).status).toBe(0);
    expect((await run({ HOME: '', XDG_CACHE_HOME: 'relative' })).status).toBe(0);
  });

  test('that cannot be kept does no harm', async () => {
    const { home, run } = await world();
    await writeFile(join(home, '.cache'), 'a file');
    expect(await run()).toMatchObject({ status: 0, stderr: '' });
  });

  test('of builds of long ago is removed', async () => {
    const { above, run, builds } = await world();
    await mkdir(join(above, 'old'), { recursive: true });
    await mkdir(join(above, 'recent'));
    await utimes(join(above, 'old'), 0, 0);
    await run();
    expect(await builds()).toHaveLength(2);
    expect(await builds()).not.toContain('old');
  });
});
