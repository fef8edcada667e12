import { describe, expect, test } from 'vitest';
import type { RunOptions } from '../harness.js';
import { lists, type StandInShell, session, standIn } from '../stand-in.js';

const { Interruption } = await import('../../src/exit.js');

/** Runs a command until it has written so much, and cancels it then. */
async function until(
  { skaha }: Pick<StandInShell, 'skaha'>,
  argv: readonly string[],
  isEnough: (text: string) => boolean,
  options: RunOptions = {},
) {
  const controller = new AbortController();
  return skaha(argv, {
    ...options,
    terminal: { ...options.terminal, signal: controller.signal },
    onOut: (text) => {
      if (isEnough(text)) controller.abort(new Interruption('SIGINT'));
    },
  });
}

const linesOf = (text: string): unknown[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

const one = (status: string, fields = {}) => session('aaa11111', { status, ...fields });
const two = session('bbb22222', { type: 'notebook' });

describe('ps -w', () => {
  test('tells programs each change in a line, to the end of what was shown', async () => {
    const shell = await lists(
      [one('Pending'), session('old00000', { status: 'Failed' })],
      [one('Pending', { ramInUse: '1G' })],
      [one('Running'), two],
      [one('Completed'), two],
      [two],
    );
    const watched = await until(shell, ['ps', '-w'], (text) => text.includes('DELETED'));
    expect(watched.status).toBe(130);
    expect(
      linesOf(watched.stdout).map((line) => {
        const { type, object } = line as { type: string; object: Record<string, unknown> };
        return `${type} ${object['id']} ${object['status']}`;
      }),
    ).toEqual([
      'ADDED aaa11111 Pending',
      'MODIFIED aaa11111 Running',
      'ADDED bbb22222 Running',
      'MODIFIED aaa11111 Completed',
      'DELETED aaa11111 Completed',
    ]);
    expect(watched.stdout).toContain('"appid":null');
    expect(shell.clock.pauses).toEqual([5000, 5000, 5000, 5000]);
  });

  test('tells only of what was asked for', async () => {
    const shell = await lists([one('Running'), two]);
    const words = ['ps', '-w', '--kind', 'notebook', '-o', 'jsonl', '--interval', '1s'];
    const { stdout } = await until(shell, words, (text) => text.includes('\n'));
    expect(linesOf(stdout)).toMatchObject([{ type: 'ADDED', object: { id: 'bbb22222' } }]);
  });

  test('draws over what it drew on a terminal, and gives the cursor back', async () => {
    const shell = await lists([one('Pending')], [one('Running')], []);
    const terminal = { isTty: true, columns: 80, rows: 24 };
    const words = ['ps', '-w', '--color', 'never'];
    const watched = await until(shell, words, (text) => text.includes('No sessions'), { terminal });
    expect(watched.status).toBe(130);
    const [first, second, third] = watched.stdout.split('\u001B[2A\r');
    const shown = first?.replaceAll('\u001B', '<');
    expect(shown).toMatch(/^<\[\?25lID +NAME.+<\[K\naaa11111 .+Pending.+<\[K\n/);
    expect(second).toContain('Running');
    expect(third).toBe('No sessions found.\u001B[K\n\u001B[J\u001B[?25h');
  });

  test('a dumb terminal gets the list again when it has changed', async () => {
    const shell = await lists([one('Pending')], [one('Pending')], [one('Running')]);
    const terminal = { isTty: true, columns: 80, env: { TERM: 'dumb' } };
    const watched = await until(shell, ['ps', '-w'], (text) => text.includes('Running'), {
      terminal,
    });
    expect(watched.stdout).not.toContain('\u001B');
    expect(watched.stdout.match(/^ID /gm)).toHaveLength(2);
  });

  test.each([429, 503])('looks less often while the server answers %d', async (status) => {
    let isBusy = false;
    const shell = await standIn(() =>
      isBusy ? { status, headers: { 'retry-after': '1' } } : { body: JSON.stringify([two]) },
    );
    const sleep = shell.clock.sleep.bind(shell.clock);
    // The first look succeeds, then all fail for two pauses.
    const clock = {
      now: () => shell.clock.now(),
      sleep: async (milliseconds: number, signal?: AbortSignal) => {
        isBusy = shell.clock.pauses.length < 2;
        await sleep(milliseconds, signal);
      },
    };
    const terminal = { isTty: true, columns: 80 };
    const words = ['ps', '-w', '--color', 'never'];
    const enough = () => shell.clock.pauses.length >= 4;
    const { stdout } = await until(shell, words, enough, { terminal, services: { clock } });
    expect(shell.clock.pauses.slice(0, 4)).toEqual([5000, 10_000, 20_000, 5000]);
    expect(stdout).toContain('Trying again in 20 s.');
  });

  test('what will not pass ends it', async () => {
    const shell = await lists([two], { status: 500, body: 'broken' });
    const watched = await shell.skaha(['ps', '-w']);
    expect(watched.status).toBe(1);
    expect(linesOf(watched.stdout)).toHaveLength(1);
    expect(watched.stderr).toContain('Error: ');
  });
});

describe('top', () => {
  const busy = session('bbb22222', {
    cpuCoresInUse: '1.5',
    requestedCPUCores: '2',
    ramInUse: '1G',
    requestedRAM: '4G',
    expiryTime: '2026-08-07T15:00:00Z',
  });
  const idle = session('aaa11111', {
    cpuCoresInUse: '0.1',
    requestedCPUCores: '1',
    ramInUse: '3G',
  });
  const waiting = session('ccc33333', { status: 'Pending' });

  test('shows the busiest first', async () => {
    const { skaha } = await lists([idle, waiting, busy]);
    const { stdout } = await skaha(['top']);
    expect(stdout.split('\n')).toEqual([
      'ID        NAME           KIND      STATUS   CORES  CPU   MEMORY  MEM  GPUS  LEFT',
      'bbb22222  name-bbb22222  headless  Running  1.5/2  75%  1/4 GiB  25%     0   27h',
      'aaa11111  name-aaa11111  headless  Running  0.1/1  10%  3/- GiB    -     0     -',
      '',
    ]);
    const sorted = await skaha(['top', '-q', '--sort-by', '-memoryGiB.used', '--limit', '1']);
    expect(sorted.stdout).toBe('aaa11111\n');
  });

  test('has numbers for programs', async () => {
    const { skaha } = await lists([busy]);
    expect(JSON.parse((await skaha(['top', '--json'])).stdout)).toEqual([
      {
        id: 'bbb22222',
        name: 'name-bbb22222',
        kind: 'headless',
        status: 'Running',
        cores: { used: 1.5, requested: 2, load: 0.75 },
        memoryGiB: { used: 1, requested: 4, load: 0.25 },
        gpus: 0,
        gpuUtilization: null,
      },
    ]);
  });

  test('of named sessions, whatever they do; a missing one is named', async () => {
    const { skaha } = await lists([idle, waiting, busy]);
    const some = await skaha(['top', '-q', 'ccc33333', 'no-such-session']);
    expect(some).toMatchObject({ status: 7, stdout: 'ccc33333\n' });
    expect(some.stderr).toContain('no-such-session');
    expect(await skaha(['top', 'no-such-session'])).toMatchObject({ status: 4, stdout: '' });
  });

  test('-w prints a line for each look, or draws', async () => {
    const shell = await lists([busy], []);
    const twice = (text: string) => text.split('\n').length > 2;
    const watched = await until(shell, ['top', '-w', '--interval', '2s'], twice);
    expect(linesOf(watched.stdout)).toMatchObject([
      { time: '2026-08-06T12:00:00Z', sessions: [{ id: 'bbb22222' }] },
      { time: '2026-08-06T12:00:02Z', sessions: [] },
    ]);
    const terminal = { isTty: true, columns: 80 };
    const drawn = await until(
      await lists([busy], []),
      ['top', '-w'],
      (text) => text.includes('No '),
      {
        terminal,
      },
    );
    expect(drawn.stdout).toContain('75%');
    expect(drawn.stdout).toContain('No sessions are running.');
  });
});

describe('stats', () => {
  const stats = (cores: number) => ({
    body: JSON.stringify({
      cores: {
        requestedCPUCores: cores,
        cpuCoresAvailable: 100,
        maxCPUCores: { cpuCores: 16, withRam: '64G' },
      },
      ram: {
        requestedRAM: '100G',
        ramAvailable: '400G',
        maxRAM: { ram: '192G', withCPUCores: 8 },
      },
    }),
  });

  test('35: uses what the server says is the largest', async () => {
    const { skaha } = await lists(stats(75));
    const { stdout } = await skaha(['stats']);
    expect(stdout).toContain('75 of 100 cores in use (75%)');
    expect(stdout).toMatch(/Largest session +16 cores with .+ GiB, or .+ GiB with 8 cores/);
    expect(stdout).not.toContain('█');
  });

  test('35: HTTP 503 is server.unavailable', async () => {
    const { skaha } = await lists({ status: 503, body: 'no metrics' });
    const failed = await skaha(['stats', '--json']);
    expect(failed).toMatchObject({ status: 6, stdout: '' });
    expect(JSON.parse(failed.stderr)).toMatchObject({ code: 'server.unavailable' });
  });

  test('-w draws bars, and tells programs the figures with their time', async () => {
    const terminal = { isTty: true, columns: 80 };
    const words = ['stats', '-w', '--color', 'never', '--interval', '30s'];
    const shell = await lists(stats(10), stats(100));
    const drawn = await until(shell, words, (text) => text.includes('100%'), { terminal });
    expect(drawn.status).toBe(130);
    expect(drawn.stdout).toContain('██░░░░░░░░░░░░░░░░░░  10 of 100 cores in use (10%)');
    expect(drawn.stdout).toContain('2026-08-06T12:00:30Z');
    const piped = await until(await lists(stats(10)), ['stats', '-w'], () => true);
    expect(linesOf(piped.stdout)).toMatchObject([
      { time: '2026-08-06T12:00:00Z', cores: { requested: 10, capacity: 100, load: 0.1 } },
    ]);
  });
});
