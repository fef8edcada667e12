import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jobStore } from 'skaha/internal/batch/journal-files.js';
import { afterAll, describe, expect, test } from 'vitest';
import { JumpingClock } from '../../../client/tests/fixtures.js';
import { ownPlatform, type RunOptions } from '../harness.js';
import { session, standIn } from '../stand-in.js';

const image = 'skaha/terminal:1.1.2';
const folder = mkdtempSync(join(tmpdir(), 'skaha-cli-waiting-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A platform on which nothing starts, and a command line whose pauses are over at once. */
async function full() {
  const { platform, skaha } = await ownPlatform();
  platform.faults.inject({ kind: 'slow-queue' });
  const jobs = mkdtempSync(join(folder, 'jobs-'));
  const told: string[] = [];
  const err = (text: string) => {
    told.push(text);
    // Whoever has read why it waits sees it start.
    if (/waiting for the queue|FailedScheduling/.test(text)) platform.faults.clear();
  };
  const options = (): RunOptions => ({
    terminal: { err },
    services: {
      clock: new JumpingClock(700_000),
      jobs: async () => jobStore(jobs),
    },
  });
  return {
    platform,
    told: () => told.join(''),
    skaha: (argv: readonly string[]) => skaha(argv, options()),
  };
}

const reason = 'FailedScheduling: 0/1 nodes are available: waiting for the queue';

describe('a session that waits says why', () => {
  test('to create --attach, on standard error, and when it starts', async () => {
    const { skaha, told } = await full();
    const words = ['create', 'headless', image, '-n', 'att', '--attach', '--', 'echo', 'hello'];
    const { status, stdout } = await skaha(words);
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'hello\n' });
    expect(told()).toMatch(new RegExp(`att \\([a-z0-9]{8}\\): Pending, ${reason}`));
    expect(told().match(/waiting for the queue/g)).toHaveLength(1);
  });

  test.each([
    ['create --wait', ['create', 'headless', image, '-n', 'one', '--wait', '--', 'true']],
    ['a batch', ['create', 'headless', image, '-n', 'two', '-r', '2', '--wait', '--', 'true']],
    [
      'a batch that waits for its ends',
      ['create', 'headless', image, '-n', 'ret', '-r', '2', '--retries', '1', '--', 'true'],
    ],
  ])('to %s', async (_what, words) => {
    const { skaha, told } = await full();
    expect((await skaha(words)).status).toBe(0);
    expect(told()).toMatch(new RegExp(`\\([a-z0-9]{8}\\): Pending, ${reason}`));
  });

  test('to jobs wait, and to programs', async () => {
    const { skaha, told } = await full();
    await skaha([
      'create',
      'headless',
      image,
      '-n',
      'bat',
      '-r',
      '2',
      '--progress',
      'none',
      '--',
      'true',
    ]);
    const waiting = await skaha(['jobs', 'wait', 'bat', '--progress', 'json']);
    expect(waiting.status).toBe(0);
    const steps = told()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
    expect(steps).toContainEqual(
      expect.objectContaining({ event: 'wait', phase: 'Pending', reason: 'FailedScheduling' }),
    );
  });
});

/** A server in the words of the real one, on which a session comes to its end step by step. */
async function real(moments: readonly { status: string; events: readonly string[] }[]) {
  let looks = 0;
  const head = 'TYPE   REASON   MESSAGE   FIRST-TIME   LAST-TIME\n';
  return standIn(({ path }) => {
    const now = moments[Math.min(looks, moments.length - 1)];
    if (!path.includes('view=events')) {
      return { body: JSON.stringify([session('aaa11111', { name: 'fit', status: now?.status })]) };
    }
    looks += 1;
    return { body: `${head}${now?.events.join('\n')}\n` };
  });
}

const noRoom = (nodes: number) =>
  `Warning  FailedScheduling  0/${nodes} nodes are available: ${nodes} Insufficient cpu.  <nil>  <nil>`;
const placed = 'Normal  Scheduled  Successfully assigned  <nil>  <nil>';
const pull = (minute: number) => [
  `Warning  Failed  Failed to pull image "a/b:c": not found  2026-08-06T11:01:00Z  2026-08-06T11:0${minute}:00Z`,
  `Warning  Failed  Error: ErrImagePull  2026-08-06T11:01:00Z  2026-08-06T11:0${minute}:00Z`,
];

describe('in the words of the real server', () => {
  test('each reason is told once, repeated rows or not, and again when it changes', async () => {
    const { skaha } = await real([
      { status: 'Pending', events: [noRoom(1), noRoom(1), noRoom(1)] },
      { status: 'Pending', events: [noRoom(1), noRoom(1), noRoom(1), noRoom(1)] },
      { status: 'Pending', events: [noRoom(1), placed, ...pull(1)] },
      { status: 'Pending', events: [noRoom(1), placed, ...pull(2)] },
      { status: 'Failed', events: [noRoom(1), placed, ...pull(3)] },
    ]);
    const waited = await skaha(['wait', 'fit']);
    expect(waited.status).toBe(8);
    const lines = waited.stderr.split('\n').filter((line) => line.startsWith('fit '));
    expect(lines).toEqual([
      'fit (aaa11111): Pending',
      'fit (aaa11111): Pending, FailedScheduling: 0/1 nodes are available: 1 Insufficient cpu.',
      'fit (aaa11111): Pending, Failed: Failed to pull image "a/b:c": not found',
      'fit (aaa11111): Failed',
    ]);
    // The error itself says why.
    expect(waited.stderr).toMatch(
      /fit \(aaa11111\) failed\. Failed: Failed to pull image "a\/b:c"/,
    );
  });

  test('top and info say why sessions wait: each of a few, one that stands for many', async () => {
    const ids = ['aaa11111', 'bbb22222', 'ccc33333', 'ddd44444', 'eee55555', 'fff66666'];
    let all = ids.slice(0, 1).map((id) => session(id, { name: 'fit', status: 'Pending' }));
    const head = 'TYPE   REASON   MESSAGE   FIRST-TIME   LAST-TIME\n';
    const { skaha } = await standIn(({ path }) => {
      if (path.includes('view=events')) return { body: `${head}${noRoom(3)}\n` };
      return { body: JSON.stringify(/session\/./.test(path) ? all[0] : all) };
    });
    const why = 'FailedScheduling: 0/3 nodes are available: 3 Insufficient cpu.';
    expect(await skaha(['top'])).toMatchObject({
      status: 0,
      stdout: '',
      stderr: `No sessions are running.\nfit (aaa11111): Pending, ${why}\n`,
    });
    expect(await skaha(['top', '--json'])).toMatchObject({ stdout: '[]\n', stderr: '' });
    expect((await skaha(['info', 'aaa11111'])).stdout).toMatch(/^Reason +FailedScheduling: 0\/3/m);
    const [told] = JSON.parse((await skaha(['info', 'aaa11111', '--json'])).stdout);
    expect(told).toMatchObject({ status: 'Pending', reason: why, endTime: null });
    all = ids.map((id) => session(id, { name: 'fit', status: 'Pending' }));
    expect((await skaha(['top'])).stderr).toBe(
      `No sessions are running.\n6 sessions: Pending, such as fit (aaa11111), ${why}\n`,
    );
  });

  test('a wait for what runs says why it failed', async () => {
    const { skaha } = await real([{ status: 'Failed', events: pull(1) }]);
    const waited = await skaha(['wait', 'fit', '--for', 'running']);
    expect(waited.status).toBe(8);
    expect(waited.stderr).toContain('Failed to pull image "a/b:c": not found');
  });

  test('that events cannot be read ends no wait', async () => {
    let looks = 0;
    const { skaha } = await standIn(({ path }) => {
      if (path.includes('view=events')) {
        looks += 1;
        return { status: 500, body: 'broken' };
      }
      const status = looks > 2 ? 'Completed' : 'Pending';
      return { body: JSON.stringify([session('aaa11111', { name: 'fit', status })]) };
    });
    expect(await skaha(['wait', 'fit'])).toMatchObject({ status: 0 });
  });
});

describe('what failed is not hidden', () => {
  test.each(['carta', 'firefly', 'notebook'])(
    'create %s says at once that it cannot run here, and ps that it did',
    async (kind) => {
      const { skaha } = await ownPlatform();
      const made = await skaha(['create', kind, image, '-n', 'page']);
      expect(made.status).toBe(8);
      expect(made.stdout).toMatch(/^created [a-z0-9]{8} \(page\)\n$/);
      expect(made.stderr).toMatch(/The session page \([a-z0-9]{8}\) failed\. \w+: ./);
      const listed = await skaha(['ps']);
      expect(listed.stderr).toContain("Not shown: 1 failed. See them with 'skaha ps --all'.");
    },
  );

  test('ps counts what ended, of what was asked for, and only for people', async () => {
    const all = [
      session('aaa11111', { status: 'Running' }),
      session('bbb22222', { status: 'Completed' }),
      session('ccc33333', { status: 'Failed' }),
      session('ddd44444', { status: 'Succeeded', type: 'notebook' }),
    ];
    const { skaha } = await standIn(() => ({ body: JSON.stringify(all) }));
    const words = (text: string) => `Not shown: ${text}. See them with 'skaha ps --all'.\n`;
    expect((await skaha(['ps'])).stderr).toBe(words('2 completed, 1 failed'));
    expect((await skaha(['ps', '-k', 'headless'])).stderr).toBe(words('1 completed, 1 failed'));
    for (const line of [['--all'], ['--status', 'Failed'], ['--json'], ['-q'], ['-o', 'csv']])
      expect((await skaha(['ps', ...line])).stderr).toBe('');
  });
});
