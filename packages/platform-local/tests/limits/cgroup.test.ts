import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RunGroups } from '@skaha/platform-local/limits/cgroup.js';
import { cgroupV1 } from '@skaha/platform-local/limits/cgroup-v1.js';
import { cgroupV2, placesFrom, v2Settings } from '@skaha/platform-local/limits/cgroup-v2.js';
import { chooseLimiter } from '@skaha/platform-local/limits/choose.js';
import { findHierarchy } from '@skaha/platform-local/limits/mounts.js';
import { describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../../../platform/tests/fixtures.js';

const gib = 2 ** 30;

/** Writes files below a directory, which the kernel would make by itself. */
function put(root: string, files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
}

/** The files of a version 2 tree, at the place where a user may divide it. */
function fakeTree() {
  const root = temporaryDirectory();
  const place = 'user.slice/app.slice';
  const group = { 'memory.max': 'max\n', 'cgroup.procs': '' };
  const below = (name: string, files: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(files).map(([file, text]) => [`${name}/${file}`, text]));
  put(root, {
    'cgroup.controllers': 'cpu io memory pids\n',
    ...below(place, {
      'cgroup.controllers': 'cpu memory pids\n',
      'cgroup.subtree_control': 'cpu memory pids\n',
    }),
    ...below(`${place}/skaha.scope`, { 'cgroup.controllers': '', 'cgroup.procs': '1\n2\n' }),
    ...below(`${place}/skaha-abc`, {
      'cgroup.controllers': 'cpu memory pids\n',
      'cgroup.subtree_control': 'cpu memory pids\n',
    }),
    ...below(`${place}/skaha-abc/probe`, group),
    ...below(`${place}/skaha-abc/run1`, {
      ...group,
      'memory.swap.max': 'max\n',
      'cpu.max': 'max 100000\n',
      'pids.max': 'max\n',
    }),
  });
  const texts = {
    mounts: `30 23 0:26 / ${root.replaceAll(' ', '\\040')} rw,nosuid - cgroup2 cgroup2 rw\n`,
    groups: `0::/${place}/skaha.scope\n`,
  };
  return { root, texts, base: join(root, place, 'skaha-abc') };
}

describe('version 2', () => {
  test('a run gets what the kernel understands', () => {
    expect(v2Settings({ cores: 1.5, memory: 2 * gib, processes: 100 })).toEqual([
      ['memory.max', '2147483648'],
      ['memory.swap.max', '0'],
      ['memory.oom.group', '1'],
      ['cpu.max', '150000 100000'],
      ['pids.max', '100'],
    ]);
    const little = v2Settings({ cores: 0.001, memory: 1, processes: 1 });
    expect(little).toContainEqual(['cpu.max', '1000 100000']);
  });

  test('the nearest group above that may be divided is used', () => {
    const { texts, base } = fakeTree();
    const limiter = cgroupV2(texts, 'abc');
    expect(limiter?.holds).toEqual(['memory', 'cores', 'number of processes']);
    expect(limiter?.lacks).toEqual([]);
    const plan = limiter?.prepare('run1', { cores: 2, memory: gib, processes: 64 });
    expect(plan).toEqual({ join: [join(base, 'run1', 'cgroup.procs')], ulimits: [] });
    expect(readFileSync(join(base, 'run1', 'memory.max'), 'utf8')).toContain('1073741824');
    expect(readFileSync(join(base, 'run1', 'cpu.max'), 'utf8')).toContain('200000 100000');
    // One that this kernel does not have is not made.
    expect(existsSync(join(base, 'run1', 'memory.oom.group'))).toBe(false);
  });

  test('without a place to divide there is no limiter', () => {
    const { texts } = fakeTree();
    expect(cgroupV2(texts, 'other')).toBeUndefined();
    expect(cgroupV2({ mounts: '', groups: '' }, 'abc')).toBeUndefined();
    expect(placesFrom({ root: '/a', own: '/a/b/c' })).toEqual(['/a/b/c', '/a/b', '/a']);
  });

  test('usage and want of memory are read', async () => {
    const directory = temporaryDirectory();
    put(directory, {
      'cpu.stat': 'usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\n',
      'memory.current': '5000\n',
      'memory.stat': 'anon 3000\ninactive_file 1000\nactive_file 1000\n',
      'memory.peak': '9000\n',
      'memory.events': 'low 0\nhigh 0\nmax 7\noom 1\noom_kill 1\n',
      'pids.current': '3\n',
    });
    const groups = new RunGroups([join(directory, 'cgroup.procs')]);
    expect(await groups.usage()).toEqual({
      cpuSeconds: 2.5,
      memory: 4000,
      peakMemory: 9000,
      processes: 3,
    });
    expect(await groups.ranOutOfMemory()).toBe(true);
  });
});

describe('version 1', () => {
  test('usage and want of memory are read from several groups', async () => {
    const root = temporaryDirectory();
    put(root, {
      'memory/memory.usage_in_bytes': '5000\n',
      'memory/memory.stat': 'inactive_file 5\ntotal_inactive_file 2000\n',
      'memory/memory.max_usage_in_bytes': '8000\n',
      'memory/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 0\n',
      'cpu/cpu.stat': 'nr_periods 0\nnr_throttled 0\nthrottled_time 0\n',
      'cpuacct/cpuacct.usage': '1500000000\n',
      'pids/pids.current': '2\n',
    });
    const procs = ['memory', 'cpu', 'cpuacct', 'pids'].map((name) =>
      join(root, name, 'cgroup.procs'),
    );
    const groups = new RunGroups(procs);
    expect(await groups.usage()).toEqual({
      cpuSeconds: 1.5,
      memory: 3000,
      peakMemory: 8000,
      processes: 2,
    });
    expect(await groups.ranOutOfMemory()).toBe(false);
  });

  test('without the memory controller there is no limiter', () => {
    expect(cgroupV1({ mounts: '', groups: '' }, 'abc')).toBeUndefined();
  });
});

describe('where control groups are', () => {
  const mounts = [
    '31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755',
    '32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct',
    '35 31 0:32 /docker/abc /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory',
    '41 31 0:38 / /tmp rw - cgroup2 cgroup2 rw',
  ].join('\n');
  const groups = ['3:cpu,cpuacct:/', '2:memory:/docker/abc', '0::/'].join('\n');

  test.each([
    ['cpu', '/sys/fs/cgroup/cpu,cpuacct'],
    ['memory', '/sys/fs/cgroup/memory'],
    ['', '/tmp'],
  ])('the hierarchy of "%s" is found', (controller, root) => {
    expect(findHierarchy({ mounts, groups }, controller)?.root).toBe(root);
  });

  test('one that is not mounted is not found', () => {
    expect(findHierarchy({ mounts, groups }, 'pids')).toBeUndefined();
    expect(findHierarchy({ mounts: '', groups }, 'memory')).toBeUndefined();
  });

  test('the choice for this machine leaves nothing behind', () => {
    const limiter = chooseLimiter(`choice${process.pid}`);
    expect(['cgroup v2', 'cgroup v1', 'rlimits', 'none']).toContain(limiter.name);
    limiter.close();
    const { join: joined } = limiter.prepare('x', { cores: 1, memory: gib, processes: 64 });
    return Promise.all([new RunGroups(joined).remove(), limiter.tidy(() => false)]).then(() => {
      limiter.close();
      expect(joined.filter((path) => existsSync(dirname(path)))).toEqual([]);
    });
  });
});
