import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { secondsOf } from '@skaha/platform-local/processes/usage.js';
import { probeSandbox, sandboxObstacle } from '@skaha/platform-local/sandbox/probe.js';
import { dataLayout, instanceOf, platformInstance, prepareData } from '@skaha/service/data.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runnerNames } from '../../src/runner-names.js';
import { chooseRunner, clearRuns } from '../../src/runners.js';
import {
  create,
  get,
  logs,
  temporaryDirectory,
  testPlatform,
  until,
  untilStatus,
} from '../fixtures.js';

const obstacle = await sandboxObstacle();
const reason = obstacle === undefined ? '' : ` (skipped: ${obstacle})`;

/** Lets programs be found in one directory only, as if no other were there. */
function onlyIn(path: string): void {
  const before = process.env['PATH'];
  process.env['PATH'] = path;
  onTestFinished(() => {
    process.env['PATH'] = before;
  });
}

describe('the choice of a runner', () => {
  test('without bubblewrap, processes are taken, and the reason is said', async () => {
    onlyIn(temporaryDirectory());
    const { notice } = await chooseRunner({ runner: 'auto' });
    expect(notice).toMatch(/^Sessions run as plain processes, because .*bubblewrap/s);
  });

  test('a sandbox that was asked for and cannot be is an error with the reason', async () => {
    const bin = temporaryDirectory();
    mkdirSync(bin, { recursive: true });
    const broken = join(bin, 'bwrap');
    writeFileSync(
      broken,
      '#!/bin/sh\necho "bwrap: No permissions to create new namespace" >&2\nexit 1\n',
    );
    chmodSync(broken, 0o755);
    onlyIn(bin);
    await expect(chooseRunner({ runner: 'sandbox' })).rejects.toMatchObject({
      code: 'platform.start_failed',
      message: expect.stringContaining(
        process.platform === 'linux' ? 'No permissions to create new namespace' : 'Linux',
      ),
    });
  });

  test('an old bubblewrap that lacks an option is used without it', async () => {
    const bin = temporaryDirectory();
    const old =
      '#!/bin/sh\nfor word; do case $word in --disable-userns) ' +
      'echo "bwrap: Unknown option --disable-userns" >&2; exit 1 ;; esac; done; exit 0\n';
    writeFileSync(join(bin, 'bwrap'), old);
    chmodSync(join(bin, 'bwrap'), 0o755);
    onlyIn(bin);
    const found = await probeSandbox();
    // Root makes sandboxes without that option.
    const disablesUsers = process.getuid?.() === 0;
    expect(found).toEqual(
      process.platform === 'linux'
        ? { tools: expect.objectContaining({ bwrap: join(bin, 'bwrap'), disablesUsers }) }
        : { obstacle: expect.any(String) },
    );
  });

  test('a start that is given up ends the search', async () => {
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    await expect(chooseRunner({ runner: 'sandbox' }, stop.signal)).rejects.toThrow(/enough|Linux/);
  });

  test('one of a package is loaded when it is asked for, and told what stands under its name', async () => {
    const told: unknown[] = [];
    const runner = {
      open: async (settings: unknown) => {
        told.push(settings);
        return { obstacle: 'no cluster answers' };
      },
      clear: async ({ instance }: { instance: string }, settings: () => unknown) => {
        told.push(settings(), instance);
        return 'no cluster answers';
      },
    };
    const asked: string[] = [];
    const load = async (specifier: string) => {
      asked.push(specifier);
      return { runner };
    };
    const runners = { elsewhere: { queue: 'q' }, other: 1 };
    await expect(
      chooseRunner({ runner: 'elsewhere', runners }, undefined, load),
    ).rejects.toMatchObject({
      code: 'platform.start_failed',
      message: 'The elsewhere runner cannot work here: no cluster answers.',
    });
    await chooseRunner({ runner: 'process' }, undefined, load);
    const layout = dataLayout(temporaryDirectory());
    await expect(clearRuns(layout, () => ({ runners }), 'elsewhere', load)).rejects.toMatchObject({
      code: 'platform.storage',
    });
    expect(asked).toEqual(['skaha-platform-elsewhere', 'skaha-platform-elsewhere']);
    expect(told).toEqual([{ queue: 'q' }, { queue: 'q' }, platformInstance(layout)]);
  });

  test('one that is not installed is told with the way to it, one that is none as such', async () => {
    const load = async (specifier: string) => {
      const message = `Cannot find package '${specifier}' imported from here`;
      throw Object.assign(new Error(message), { code: 'ERR_MODULE_NOT_FOUND' });
    };
    await expect(chooseRunner({ runner: 'kubernetes' }, undefined, load)).rejects.toMatchObject({
      code: 'platform.start_failed',
      hint: expect.stringContaining("'npm install -g skaha-platform-kubernetes'"),
    });
    await expect(chooseRunner({ runner: 'sanbox' }, undefined, load)).rejects.toMatchObject({
      code: 'config.invalid',
      message: 'There is no runner "sanbox".',
      hint: expect.stringContaining('sandbox'),
    });
    // A package that is there and does not load is another matter.
    const broken = async () => await Promise.reject(new Error('Unexpected token'));
    await expect(chooseRunner({ runner: 'sanbox' }, undefined, broken)).rejects.toThrow(
      'Unexpected token',
    );
  });

  test('two platforms whose folders have the same path are told apart', () => {
    const [one, other] = [temporaryDirectory(), temporaryDirectory()].map((root) => {
      const layout = dataLayout(join(root, 'data'));
      prepareData(layout);
      return { ...layout, root: '/data' };
    });
    if (one === undefined || other === undefined) throw new Error('no layouts');
    expect(platformInstance(one)).toBe(platformInstance({ ...one }));
    expect(platformInstance(one)).not.toBe(platformInstance(other));
    // Those of earlier versions are known by their paths.
    expect(platformInstance({ ...one, secrets: '/nowhere' })).toBe(instanceOf('/data'));
  });

  test('times of ps are read', () => {
    expect(['0:01.50', '02:03', '1:00:00', '2-00:00:01'].map(secondsOf)).toEqual([
      1.5, 123, 3600, 172_801,
    ]);
  });
});

test.skipIf(obstacle !== undefined)(
  `a platform with sandboxes runs, measures and tells${reason}`,
  async () => {
    const platform = await testPlatform({
      runner: 'sandbox',
      config: {
        capacity: { cores: 8, memoryGiB: 64 },
        projects: [{ name: 'survey' }, { name: 'others', users: ['guest'] }],
      },
    });
    expect(platform.runner).toMatchObject({ name: 'sandbox' });
    writeFileSync(
      join(platform.home, 'job.sh'),
      'ls /arc/projects; echo "$HOME"; echo data > /arc/projects/survey/file; while [ ! -e go ]; do sleep 0.05; done\n',
    );
    const id = await create(platform, { cmd: 'sh', args: 'job.sh' });
    const running = await until(async () => {
      const session = await get(platform, id);
      return session?.ramInUse !== undefined && session;
    });
    expect(running).toMatchObject({
      status: 'Running',
      ramInUse: expect.stringMatching(/^\d+\.\d\d$/),
      cpuCoresInUse: expect.stringMatching(/^\d+\.\d{3}$/),
    });
    writeFileSync(join(platform.home, 'go'), '');
    const over = await untilStatus(platform, id, 'Completed', 'Failed');
    expect(over.status).toBe('Completed');
    expect(over.ramInUse).toBeUndefined();
    expect(await logs(platform, id)).toBe('survey\n/arc/home/adastra\n');
  },
);

test('the names of runners are those of this machine, of known packages, and of installed ones', () => {
  const folder = temporaryDirectory();
  const packages = join(folder, 'node_modules');
  for (const name of ['skaha-platform-slurm', 'skaha-platform', 'other'])
    mkdirSync(join(packages, name, 'dist'), { recursive: true });
  const names = runnerNames(join(packages, 'skaha-platform', 'dist', 'runner-names.js'));
  expect(names.slice(0, 5)).toEqual(['auto', 'sandbox', 'process', 'container', 'kubernetes']);
  expect(names).toContain('slurm');
});
