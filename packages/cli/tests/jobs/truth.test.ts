import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jobStore } from 'skaha/internal/batch/journal-files.js';
import { afterAll, describe, expect, test } from 'vitest';
import { idsOf, type RunOptions, sharedPlatform } from '../harness.js';

const image = 'skaha/terminal:1.1.2';
const shell = sharedPlatform();
const folder = mkdtempSync(join(tmpdir(), 'skaha-cli-truth-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const skaha = (argv: readonly string[], options: RunOptions = {}) =>
  shell.skaha(argv, {
    ...options,
    services: { jobs: async () => jobStore(join(folder, 'jobs')), ...options.services },
  });

const unreachable: RunOptions = {
  services: { connect: () => Promise.reject(new Error('nobody may be asked')) },
};

/** A batch whose sessions end as their row says. */
async function launch(name: string, codes: readonly (number | string)[], ...words: string[]) {
  const path = join(folder, `${name}.csv`);
  writeFileSync(path, `CODE,SAME\n${codes.map((code) => `${code},x`).join('\n')}\n`);
  const script = 'echo "code $CODE"; case $CODE in wait) sleep 600;; *) exit $CODE;; esac';
  const made = await skaha([
    ...['create', 'headless', image, '-n', name, '--params', path, '-q', ...words],
    ...['--sh', script],
  ]);
  return { ...made, ids: idsOf(made) };
}

const listed = async (name: string, options?: RunOptions) => {
  const { stdout } = await skaha(['jobs', 'ls', '--json'], options);
  return JSON.parse(stdout).find(({ job }: { job: string }) => job === name);
};

const ended = (ids: readonly string[]) => skaha(['wait', ...ids, '--interval', '20ms']);

describe('what is said of a batch', () => {
  test('is what became of its sessions, and stays so when nobody can be asked', async () => {
    const { ids } = await launch('mixed', [0, 3, 0, 1]);
    expect(await skaha(['jobs', 'ls', '--offline', '--json'])).toMatchObject({ status: 0 });
    await ended(ids);
    const truth = { state: 'launched', sessions: 4, launched: 4, missing: 0 };
    const counts = { pending: 0, running: 0, completed: 2, failed: 2, gone: 0 };
    expect(await listed('mixed')).toMatchObject({ ...truth, ...counts });
    await skaha(['delete', '--yes', ...ids]);
    expect(await listed('mixed', unreachable)).toMatchObject({ ...truth, ...counts });
    const shown = await skaha(['jobs', 'show', 'mixed', '--offline']);
    expect(shown.stdout).toContain('2 completed, 2 failed');
  });

  test("what was not asked is '-', and null to programs", async () => {
    const { ids } = await launch('open', ['wait', 0]);
    const words = ['jobs', 'ls', '--offline', '--filter', 'job=open'];
    const [row] = JSON.parse((await skaha([...words, '--json'])).stdout);
    expect(row).toMatchObject({ state: 'launched', launched: 2, running: null, failed: null });
    expect((await skaha(words)).stdout).toMatch(/^open +launched +2 of 2 +- +- +- +-/m);
    await ended(ids.slice(1));
    const now = await listed('open');
    expect(now).toMatchObject({ completed: 1, failed: 0 });
    expect(now.pending + now.running).toBe(1);
    await skaha(['jobs', 'cancel', 'open', '--yes']);
    expect(await listed('open')).toMatchObject({ state: 'cancelled', completed: 1, removed: 1 });
  });

  test('cancelling what is over changes nothing', async () => {
    const { ids } = await launch('over', [0, 3]);
    await ended(ids);
    const before = await listed('over');
    const cancelled = await skaha(['jobs', 'cancel', 'over', '--yes']);
    expect(cancelled).toMatchObject({ status: 0, stdout: '' });
    expect(cancelled.stderr).toContain('The batch over has ended: there was nothing to cancel.');
    expect(await listed('over')).toEqual(before);
    expect((await skaha(['info', ...ids])).status).toBe(0);
  });

  test('show has columns for what varies, the exit status and the reason', async () => {
    const { ids } = await launch('why', [0, 3]);
    await ended(ids);
    const shown = await skaha(['jobs', 'show', 'why'], { terminal: { columns: 160 } });
    expect(shown.stdout).toMatch(/NUMBER +NAME +ID +CODE +OUTCOME +.*EXIT +REASON/);
    expect(shown.stdout).not.toContain('SAME');
    expect(shown.stdout).toMatch(/why-2 .* 3 +failed .* 3 +The command ended with exit status 3/);
    const { items } = JSON.parse((await skaha(['jobs', 'show', 'why', '--json'])).stdout);
    expect(items[1]).toMatchObject({
      parameters: { CODE: '3', SAME: 'x' },
      exitStatus: 3,
      reason: { reason: 'Failed', message: expect.stringContaining('exit status 3') },
    });
    expect(items[0]).toMatchObject({ exitStatus: null, reason: null });
  });

  test('parameters that look like secrets are not shown', async () => {
    const path = join(folder, 'secret.csv');
    writeFileSync(path, 'API_TOKEN\nhunter1\nhunter2\n');
    const words = ['create', 'headless', image, '-n', 'hidden', '--params', path, '--', 'true'];
    await skaha(words);
    const shown = await skaha(['jobs', 'show', 'hidden', '--json']);
    expect(shown.stdout).toContain('API_TOKEN');
    expect(shown.stdout).not.toContain('hunter');
  });
});

describe('jobs logs', () => {
  test('each line tells the parameters of its session', async () => {
    const { ids } = await launch('lines', [0, 3]);
    await ended(ids);
    const { stdout } = await skaha(['jobs', 'logs', 'lines']);
    expect(stdout).toBe(`lines-1/${ids[0]} CODE=0 │ code 0\nlines-2/${ids[1]} CODE=3 │ code 3\n`);
  });

  test('--save writes each to a file, and tells what could not be had', async () => {
    const { ids } = await launch('kept', [0, 3, 0]);
    await ended(ids);
    const into = join(folder, 'a', 'logs');
    const saved = await skaha(['jobs', 'logs', 'kept', '--save', into]);
    expect(saved).toMatchObject({ status: 0 });
    expect(saved.stderr).toContain('3 of 3 logs saved');
    expect(readdirSync(into).sort()).toEqual(['kept-1.log', 'kept-2.log', 'kept-3.log']);
    expect(readFileSync(join(into, 'kept-2.log'), 'utf8')).toBe('code 3\n');
    await skaha(['delete', '--yes', ids[0] ?? '']);
    const again = await skaha(['jobs', 'logs', 'kept', '--save', join(folder, 'b')]);
    expect(again.status).toBe(7);
    expect(readdirSync(join(folder, 'b')).sort()).toEqual(['kept-2.log', 'kept-3.log']);
    const both = await skaha(['jobs', 'logs', 'kept', '--save', into, '-f']);
    expect(both.status).toBe(2);
  });

  test('a folder that cannot be made is told', async () => {
    const { ids } = await launch('full', [0, 0]);
    await ended(ids);
    writeFileSync(join(folder, 'file'), '');
    const refused = await skaha(['jobs', 'logs', 'full', '--save', join(folder, 'file', 'x')]);
    expect(refused).toMatchObject({ status: 2, stdout: '' });
    expect(refused.stderr).toContain('cannot be written');
  });
});

describe('jobs wait', () => {
  const wait = (job: string, ...words: string[]) =>
    skaha(['jobs', 'wait', job, '--interval', '20ms', ...words]);

  test('ends with the batch: 0 when all went well, 8 when some failed', async () => {
    await launch('good', [0, 0]);
    const good = await wait('good');
    expect(good).toMatchObject({ status: 0, stdout: '' });
    expect(good.stderr).toContain('good: 2 completed.');
    const { ids } = await launch('bad', [0, 3, 1]);
    const bad = await wait('bad', '--json');
    expect(bad.status).toBe(8);
    expect(bad.stderr).toContain('2 of 3 sessions failed');
    // Also when the platform has forgotten them.
    await skaha(['delete', '--yes', ...ids]);
    expect((await wait('bad')).status).toBe(8);
    expect((await wait('nosuch')).status).toBe(4);
  });

  test('--any ends with the first, --timeout in time', async () => {
    await launch('slow', [0, 'wait']);
    expect(await wait('slow', '--any')).toMatchObject({ status: 0 });
    expect(await wait('slow', '--timeout', '300ms')).toMatchObject({ status: 6 });
    await skaha(['jobs', 'cancel', 'slow', '--yes']);
    expect(await wait('slow')).toMatchObject({ status: 0 });
  });

  test('tells of sessions that were never launched', async () => {
    shell.platform.faults.inject({ kind: 'reject-create', every: 2, message: 'no room' });
    await launch('part', [0, 0]);
    shell.platform.faults.clear();
    const part = await wait('part');
    expect(part.status).toBe(7);
    expect(part.stderr).toContain("skaha jobs resume part'");
  });

  test.runIf(process.platform !== 'win32')('--notify runs a command with what to say', async () => {
    const told = join(folder, 'told');
    const program = join(folder, 'tell.sh');
    writeFileSync(program, `for word; do printf '%s\\n' "$word" >> '${told}'; done\n`);
    await launch('loud', [0, 3]);
    expect((await wait('loud', '--notify', `sh ${program} first`)).status).toBe(8);
    const words = readFileSync(told, 'utf8').trimEnd().split('\n');
    expect(words.slice(0, 2)).toEqual(['first', 'skaha: loud']);
    expect(words[2]).toMatch(/^1 of 2 sessions failed: loud-2/);
    const broken = await wait('loud', '--notify', 'exit 5;:');
    expect(broken.stderr).toContain('The command of --notify failed (5).');
  });

  test('--notify desktop uses what the desktop has, else the bell', async () => {
    await launch('desk', [0, 0]);
    const ran: (readonly string[])[] = [];
    const runs = (status: number | undefined): RunOptions => ({
      services: {
        runProgram: async (program, args) => {
          ran.push([program, ...args]);
          return status;
        },
      },
    });
    const words = ['jobs', 'wait', 'desk', '--notify', 'desktop', '--interval', '20ms'];
    const shown = await skaha(words, runs(0));
    expect(shown.stderr).not.toContain('\u0007');
    if (process.platform !== 'win32') expect(ran[0]?.slice(-2)[0]).toBe('skaha: desk');
    expect((await skaha(words, runs(undefined))).stderr).toContain('\u0007');
    expect((await wait('desk', '--notify', 'bell')).stderr).toContain('\u0007');
  });
});

describe('sessions are chosen', () => {
  test('by pattern, batch and filter, wherever sessions are named', async () => {
    const { ids } = await launch('pick', [0, 0]);
    const other = await launch('pickle', ['wait', 'wait']);
    const both = [...ids].sort();
    expect((await skaha(['wait', 'pick', '--interval', '20ms', '-q'])).status).toBe(0);
    for (const word of ['pick', 'pick-*', 'PICK-?']) {
      expect(idsOf(await skaha(['info', word, '-o', 'name'])).sort()).toEqual(both);
      const waited = await skaha(['wait', word, '-q', '--interval', '20ms']);
      expect(idsOf(waited).sort()).toEqual(both);
      expect((await skaha(['logs', word])).stdout.match(/code 0/g)).toHaveLength(2);
    }
    for (const verb of ['info', 'wait'])
      expect(idsOf(await skaha([verb, '--filter', 'name=pick-*', '-o', 'name'])).sort()).toEqual(
        both,
      );
    expect((await skaha(['logs', '--filter', 'name=pick-1'])).stdout).toBe('code 0\n');
    // What has ended cannot be renewed: of a pattern only what runs is meant.
    await skaha(['wait', ...other.ids, '--for', 'running', '--interval', '20ms']);
    const renewed = await skaha(['renew', 'pick*', '-q']);
    expect(idsOf(renewed).sort()).toEqual([...other.ids].sort());
    const gone = await skaha(['delete', '--yes', 'pick', 'pickle-*', '-q']);
    expect(idsOf(gone).sort()).toEqual([...ids, ...other.ids].sort());
    const none = await skaha(['info', 'pick-*']);
    expect(none).toMatchObject({ status: 4, stdout: '' });
    expect(none.stderr).toContain("No session has a name that matches 'pick-*'");
    const forgotten = await skaha(['logs', 'pick']);
    expect(forgotten.stderr).toContain("skaha jobs show pick'");
    expect((await skaha(['wait', 'pick', '--all'])).status).toBe(2);
  });

  test('create --wait of jobs waits for their end', async () => {
    const good = await launch('awaited', [0, 0], '--wait');
    expect(good.status).toBe(0);
    expect(await listed('awaited')).toMatchObject({ completed: 2 });
    const bad = await launch('unlucky', [0, 3], '--wait');
    expect(bad.status).toBe(8);
    expect(bad.stderr).toContain('exit status 3');
    expect(bad.ids).toHaveLength(2);
    const late = await launch('late', ['wait', 0], '--wait', '--wait-timeout', '1s');
    expect(late.status).toBe(6);
    await skaha(['jobs', 'cancel', 'late', '--yes']);
  });
});
