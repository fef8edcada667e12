import { spawn } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  journalDirectory,
  listJobs,
  openJournal,
  readJob,
  removeJob,
} from '../../src/batch/journal-files.js';
import type { JournalRecord } from '../../src/batch/records.js';
import { rejection } from '../fixtures.js';

const batch: JournalRecord = {
  type: 'batch',
  version: 1,
  at: 1_000,
  server: 'https://host.example/skaha',
  image: 'host.example/a/b:1',
  spec: { name: 'job', image: 'a/b:1', cmd: 'true', replicas: 3 },
};
const intent = (item: number): JournalRecord => ({ type: 'intent', at: 2_000, item, attempt: 1 });
const launched = (item: number): JournalRecord => ({
  ...{ type: 'outcome', at: 2_050, item, attempt: 1, result: 'launched', id: `id${item}` },
});

async function place(): Promise<{ directory: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'skaha-jobs-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return { directory };
}

const fileOf = ({ directory }: { directory: string }) => join(directory, 'job', 'journal.jsonl');

describe('a journal in a file', () => {
  test('keeps what was written, one record a line, for its owner only', async () => {
    const at = await place();
    {
      await using journal = await openJournal('job', at);
      await journal.append(batch);
      await Promise.all([1, 2, 3].map((item) => journal.append(intent(item))));
    }
    await using again = await openJournal('job', at);
    expect(await again.read()).toEqual([batch, intent(1), intent(2), intent(3)]);
    expect((await readFile(fileOf(at), 'utf8')).split('\n')).toHaveLength(5);
    expect((await stat(fileOf(at))).mode & 0o777).toBe(0o600);
    expect((await stat(join(at.directory, 'job'))).mode & 0o777).toBe(0o700);
  });

  test('what a crash tore off the last line is dropped, and the next line is whole', async () => {
    const at = await place();
    {
      await using journal = await openJournal('job', at);
      for (const record of [batch, intent(1), launched(1)]) await journal.append(record);
    }
    const whole = await readFile(fileOf(at), 'utf8');
    for (const cut of [1, 5, 40]) {
      await writeFile(fileOf(at), whole.slice(0, -cut));
      const read = await readJob('job', at);
      expect(read.state?.items[0]).toMatchObject({ phase: 'unanswered' });
      await using journal = await openJournal('job', at);
      await journal.append(launched(1));
      expect(await readFile(fileOf(at), 'utf8')).toBe(whole);
    }
  });

  test('a damaged line is named, and nothing is changed', async () => {
    const at = await place();
    {
      await using journal = await openJournal('job', at);
      await journal.append(batch);
    }
    await appendFile(fileOf(at), '{"type":"intent","item":0}\n');
    const before = await readFile(fileOf(at), 'utf8');
    const error = await rejection(openJournal('job', at));
    expect(error).toMatchObject({ code: 'batch.journal_invalid', hint: expect.any(String) });
    expect((error as Error).message).toContain('Line 2');
    expect(await readFile(fileOf(at), 'utf8')).toBe(before);
    const [listed] = await listJobs(at);
    expect(listed).toMatchObject({ job: 'job', state: undefined });
  });

  test('one of a newer version is left alone', async () => {
    const at = await place();
    await mkdir(join(at.directory, 'job'));
    await writeFile(fileOf(at), `${JSON.stringify({ ...batch, version: 2 })}\n`);
    const error = await rejection(readJob('job', at));
    expect(error).toMatchObject({ code: 'batch.journal_invalid' });
    expect((error as Error).message).toContain('newer');
  });

  test('one that cannot be written says so', async () => {
    const at = await place();
    await writeFile(join(at.directory, 'job'), 'a file where a directory must be');
    const error = await rejection(openJournal('job', at));
    expect(error).toMatchObject({ code: 'batch.journal_unwritable' });
  });
});

describe('one writer at a time', () => {
  test('a second one is told who writes, and gets its turn afterwards', async () => {
    const at = await place();
    const first = await openJournal('job', at);
    const error = await rejection(openJournal('job', at));
    expect(error).toMatchObject({ code: 'batch.locked' });
    expect((error as Error).message).toContain(`process ${process.pid}`);
    await first.append(batch);
    expect((await readJob('job', at)).owner).toMatchObject({ pid: process.pid });
    expect(await rejection(removeJob('job', at))).toMatchObject({ code: 'batch.locked' });
    await first.close();
    expect((await readJob('job', at)).owner).toBeUndefined();
    await (await openJournal('job', at)).close();
  });

  test('the lock of a dead process is taken over, by exactly one', async () => {
    const at = await place();
    const child = spawn(process.execPath, ['-e', '']);
    await new Promise((resolve) => child.once('close', resolve));
    await mkdir(join(at.directory, 'job'));
    const dead = { pid: child.pid, host: hostname(), birth: '', id: 'dead' };
    await writeFile(join(at.directory, 'job', 'lock'), JSON.stringify(dead));
    const takers = await Promise.allSettled([1, 2, 3].map(() => openJournal('job', at)));
    const winners = takers.filter((taker) => taker.status === 'fulfilled');
    expect(winners).toHaveLength(1);
    for (const { value } of winners) await value.close();
  });

  test('a process that merely has the number of a dead one does not hold its lock', async () => {
    const at = await place();
    await mkdir(join(at.directory, 'job'));
    const earlier = { pid: process.pid, host: hostname(), birth: 'another boot/1', id: 'earlier' };
    await writeFile(join(at.directory, 'job', 'lock'), JSON.stringify(earlier));
    await (await openJournal('job', at)).close();
  });

  test('a lock of another machine is respected', async () => {
    const at = await place();
    await mkdir(join(at.directory, 'job'));
    const far = { pid: 1, host: 'elsewhere', birth: '', id: 'far' };
    await writeFile(join(at.directory, 'job', 'lock'), JSON.stringify(far));
    const error = await rejection(openJournal('job', at));
    expect(error).toMatchObject({ code: 'batch.locked', hint: expect.stringContaining('remove') });
  });
});

describe('jobs', () => {
  test('are listed oldest first, without those that never began', async () => {
    const at = await place();
    for (const [job, time] of [
      ['later', 5_000],
      ['sooner', 3_000],
    ] as const) {
      await using journal = await openJournal(job, at);
      await journal.append({ ...batch, at: time });
    }
    await (await openJournal('empty', at)).close();
    expect((await listJobs(at)).map(({ job }) => job)).toEqual(['sooner', 'later']);
    await removeJob('sooner', at);
    expect((await listJobs(at)).map(({ job }) => job)).toEqual(['later']);
    expect(await rejection(readJob('sooner', at))).toMatchObject({ code: 'batch.not_found' });
    expect(await listJobs({ directory: join(at.directory, 'nowhere') })).toEqual([]);
  });

  test.each(['', '.', '..', '../x', 'a/b', '-x', 'x'.repeat(101)])('%j names none', async (job) => {
    const error = await rejection(openJournal(job, await place()));
    expect(error).toMatchObject({ code: 'request.invalid' });
  });

  test('are kept where the desktop rules say', () => {
    expect(journalDirectory({ XDG_STATE_HOME: '/state', HOME: '/home/ada' })).toBe(
      '/state/skaha/jobs',
    );
    expect(journalDirectory({ XDG_STATE_HOME: 'state', HOME: '/home/ada' })).toBe(
      '/home/ada/.local/state/skaha/jobs',
    );
  });
});
