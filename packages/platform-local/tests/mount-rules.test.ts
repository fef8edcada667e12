import { mkdirSync, symlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { checkMounts } from '@skaha/platform-local/mount-rules.js';
import type { Mount } from '@skaha/platform-local/mounts.js';
import { describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../../platform/tests/fixtures.js';

/** A data folder with what a platform makes in it, and folders beside it. */
function ground() {
  const root = temporaryDirectory();
  const path = (name: string) => join(root, name);
  for (const name of ['data/private/users', 'data/arc/home/ada', 'shared/part', 'other']) {
    mkdirSync(path(name), { recursive: true });
  }
  const check = (mounts: readonly Mount[], more = {}) =>
    checkMounts(mounts, 'sandbox.mounts', { data: path('data'), projects: ['survey'], ...more });
  return { root, path, check };
}

const refused = (reason: string) =>
  expect.objectContaining({
    code: 'config.invalid',
    message: expect.stringContaining(reason),
    hint: expect.stringContaining('Give a folder'),
  });

describe('mounts that show what no session may see', () => {
  const sources = [
    ['the root', () => '/', 'it contains'],
    ['what holds the data folder', ({ root }: { root: string }) => root, 'the data folder'],
    ['the data folder', ({ root }) => join(root, 'data'), 'it is the data folder'],
    ['its private part', ({ root }) => join(root, 'data/private'), 'the data folder'],
    ['what lies in that', ({ root }) => join(root, 'data/private/users'), 'it is in the data'],
    ['a home of a user', ({ root }) => join(root, 'data/arc/home/ada'), 'it is in the data'],
    ['what will be there', ({ root }) => join(root, 'data/later/x'), 'it is in the data'],
    ['the way round', ({ root }) => `${root}/other/../data/private`, 'the data folder'],
    ['the owner\u2019s home', () => homedir(), 'the home'],
    ['what holds that', () => dirname(homedir()), 'it contains'],
    ['all homes', () => '/home', 'home'],
    ['a home that only the network knows', () => '/home/nobody-here', 'home'],
  ] satisfies [string, (at: { root: string }) => string, string][];

  test.each(sources)('%s', (_, source, reason) => {
    const { root, check } = ground();
    for (const readOnly of [true, false]) {
      const mounts = [{ source: source({ root }), target: '/data/x', readOnly }];
      let thrown: unknown;
      try {
        check(mounts);
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toEqual(refused(reason));
    }
  });

  test('links are followed first, also those on the way', () => {
    const { path, check } = ground();
    symlinkSync(path('data/private'), path('innocent'));
    symlinkSync(path('data'), path('other/way'));
    for (const source of [path('innocent'), path('innocent/users'), path('other/way/private')]) {
      expect(() => check([{ source, target: '/data/x' }])).toThrow(refused('the data folder'));
    }
  });

  test('the same folder by a second path is the same folder', async () => {
    const { path, check } = ground();
    mkdirSync(path('second'));
    const { execFileSync } = await import('node:child_process');
    try {
      execFileSync('mount', ['--bind', path('data/private'), path('second')], { stdio: 'ignore' });
    } catch {
      // Without the right to mount there is no second path.
      return;
    }
    try {
      expect(() => check([{ source: path('second/users'), target: '/x' }])).toThrow(
        refused('the data folder'),
      );
    } finally {
      execFileSync('umount', [path('second')]);
    }
  });
});

describe('mounts that sessions could lead elsewhere, or that have no place', () => {
  test('what lies in a folder that sessions change is refused', () => {
    const { path, check } = ground();
    const outer = { source: path('shared'), target: '/data/shared' };
    const inner = { source: path('shared/part'), target: '/data/part' };
    expect(() => check([inner, outer])).toThrow(refused('which sessions can change'));
    expect(check([inner, { ...outer, readOnly: true }])).toHaveLength(2);
    const nested = { source: path('other'), target: '/data/shared/other' };
    expect(() => check([nested, outer])).toThrow(refused('is a place that sessions can change'));
    expect(() => check([{ ...nested, target: outer.target }, outer])).toThrow(
      refused('same place'),
    );
  });

  test.each([
    '/',
    '/arc',
    '/arc/home',
    '/arc/home/ada/data',
    '/arc/projects/survey/x',
    '/scratch/x',
    '/tmp',
    '/var/tmp/x',
    '/run',
    '/run/skaha/x',
    '/skaha-system/start.sh',
    '/proc/self',
    '/dev/shm',
    '/usr',
    '/etc/',
    '/data/../etc',
  ])('%s is no place for one', (target) => {
    const { path, check } = ground();
    expect(() => check([{ source: path('other'), target }])).toThrow(
      expect.objectContaining({ code: 'config.invalid' }),
    );
  });

  test('what is left is taken without links, outer ones first', () => {
    const { path, check } = ground();
    symlinkSync(path('other'), path('link'));
    const mounts = [
      { source: path('other'), target: '/data/shared/part', readOnly: true },
      { source: path('shared'), target: '/data/shared/', readOnly: true },
      { source: path('link'), target: '/cvmfs' },
    ];
    expect(check(mounts).map(({ source, target }) => [source, target])).toEqual([
      [path('other'), '/cvmfs'],
      [path('shared'), '/data/shared'],
      [path('other'), '/data/shared/part'],
    ]);
  });
});
