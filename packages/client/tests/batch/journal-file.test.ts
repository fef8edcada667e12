import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  jobStore,
  journalDirectory,
  listJobs,
  openJournal,
  openNewJournal,
  readJob,
  recordJobEnds,
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
  test('that must exist is not made', async () => {
    const at = await place();
    const error = await rejection(openJournal('job', { ...at, mustExist: true }));
    expect(error).toMatchObject({ code: 'batch.not_found', id: 'job' });
    expect(existsSync(join(at.directory, 'job'))).toBe(false);
    await (await openJournal('job', at)).close();
    await using journal = await openJournal('job', { ...at, mustExist: true });
    expect(await journal.read()).toEqual([]);
  });

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
    await writeFile(fileOf(at), `${JSON.stringify({ ...batch, version: 3 })}\n`);
    const error = await rejection(readJob('job', at));
    expect(error).toMatchObject({ code: 'batch.journal_invalid' });
    expect((error as Error).message).toContain('newer');
  });

  test('one that cannot be written says so', async () => {
    const at = await place();
    await writeFile(join(at.directory, 'job'), 'a file where a directory must be');
    const error = await rejection(openJournal('job', at));
    expect(error).toMatchObject({
      code: 'batch.journal_unwritable',
      message: `The directory ${join(at.directory, 'job')} cannot be written.`,
      hint: expect.stringContaining('XDG_STATE_HOME'),
      cause: expect.any(Error),
    });
  });

  test('one that is a directory cannot be opened or read, and the lock is let go', async () => {
    const at = await place();
    await mkdir(fileOf(at), { recursive: true });
    expect(await rejection(openJournal('job', at))).toMatchObject({
      code: 'batch.journal_unwritable',
      message: `The journal ${fileOf(at)} cannot be written.`,
      hint: expect.stringContaining('free space'),
    });
    expect(await rejection(readJob('job', at))).toMatchObject({
      code: 'batch.journal_invalid',
      message: `The journal ${fileOf(at)} cannot be read.`,
      hint: expect.stringContaining('permissions'),
    });
    await rm(fileOf(at), { recursive: true });
    await (await openJournal('job', at)).close();
  });

  test('what was read does not change with the journal', async () => {
    const at = await place();
    await using journal = await openJournal('job', at);
    await journal.append(batch);
    const before = await journal.read();
    await journal.append(intent(1));
    expect(before).toEqual([batch]);
    expect(journal.path).toBe(fileOf(at));
  });

  test('after it is closed nothing can be written, and closing again does no harm', async () => {
    const at = await place();
    const journal = await openJournal('job', at);
    await journal.append(batch);
    await Promise.all([journal.close(), journal.close()]);
    const error = await rejection(journal.append(intent(1)));
    expect(error).toMatchObject({ code: 'batch.journal_unwritable' });
    expect(await rejection(journal.append(intent(2)))).toBe(error);
    expect((await readJob('job', at)).state?.items[0]).toMatchObject({ phase: 'pending' });
  });

  test('what waits to be written is written before it is closed', async () => {
    const at = await place();
    const journal = await openJournal('job', at);
    const writing = Promise.all([batch, intent(1), intent(2)].map((one) => journal.append(one)));
    await journal.close();
    await writing;
    expect((await readFile(fileOf(at), 'utf8')).split('\n')).toHaveLength(4);
  });
});

describe('one writer at a time', () => {
  test('a second one is told who writes, and gets its turn afterwards', async () => {
    const at = await place();
    const first = await openJournal('job', at);
    const error = await rejection(openJournal('job', at));
    expect(error).toMatchObject({ code: 'batch.locked' });
    expect(error).toMatchObject({
      message: `Another program is working on the batch job: process ${process.pid}.`,
      hint: 'Wait until it has finished, or stop it.',
    });
    await first.append(batch);
    expect((await readJob('job', at)).owner).toMatchObject({
      pid: process.pid,
      host: hostname(),
      // Where the system tells it: what no later process of this number has.
      birth: existsSync('/proc/self/stat') ? expect.stringMatching(/^[\da-f-]{36}\/\d+$/) : '',
    });
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
    expect(error).toMatchObject({
      code: 'batch.locked',
      message: 'Another program is working on the batch job: process 1 on elsewhere.',
      hint: expect.stringContaining(`remove ${join(at.directory, 'job', 'lock')}`),
    });
  });

  test.each([
    ['torn', '{"pid": 1, "ho'],
    ['of another form', JSON.stringify({ pid: '1', host: 'elsewhere', birth: '', id: 'x' })],
    ['without host', JSON.stringify({ pid: 1, birth: '', id: 'x' })],
    ['without id', JSON.stringify({ pid: 1, host: 'elsewhere', birth: '' })],
  ])('a lock that is %s holds nobody up', async (_what, text) => {
    const at = await place();
    await mkdir(join(at.directory, 'job'));
    await writeFile(join(at.directory, 'job', 'lock'), text);
    await (await openJournal('job', at)).close();
  });

  test('the lock of this very process is its own, whether or not it tells its birth', async () => {
    const at = await place();
    await mkdir(join(at.directory, 'job'));
    const own = { pid: process.pid, host: hostname(), birth: '', id: 'own' };
    await writeFile(join(at.directory, 'job', 'lock'), JSON.stringify(own));
    expect(await rejection(openJournal('job', at))).toMatchObject({ code: 'batch.locked' });
  });

  test('a lock that another has taken meanwhile is not let go', async () => {
    const at = await place();
    const path = join(at.directory, 'job', 'lock');
    const journal = await openJournal('job', at);
    const other = JSON.stringify({ pid: 1, host: 'elsewhere', birth: '', id: 'other' });
    await writeFile(path, other);
    await journal.close();
    expect(await readFile(path, 'utf8')).toBe(other);
  });

  test('whoever does not want to wait any more gets no lock', async () => {
    const reason = new Error('enough');
    const given = { ...(await place()), signal: AbortSignal.abort(reason) };
    expect(await rejection(openJournal('job', given))).toBe(reason);
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
    expect(error).toMatchObject({
      code: 'request.invalid',
      message: `'${job.slice(0, 100)}' cannot be the name of a batch.`,
      hint: expect.stringContaining('begin with a letter or digit'),
    });
  });

  test('whose journal is damaged are listed with the reason, what is no job is not', async () => {
    const at = await place();
    await (await openJournal('empty', at)).close();
    await mkdir(join(at.directory, '.hidden'));
    await writeFile(join(at.directory, 'file'), '');
    await mkdir(join(at.directory, 'broken'));
    await writeFile(join(at.directory, 'broken', 'journal.jsonl'), 'no journal\n');
    {
      await using journal = await openJournal('good', at);
      await journal.append(batch);
    }
    expect(await listJobs(at)).toMatchObject([
      { job: 'broken', state: undefined, error: { code: 'batch.journal_invalid' } },
      { job: 'good', state: { startedAt: 1_000 } },
    ]);
  });

  test('are all reached through a store', async () => {
    const at = await place();
    const store = jobStore(at.directory);
    {
      await using journal = await store.open('job');
      await journal.append(batch);
    }
    expect((await store.list()).map(({ job }) => job)).toEqual(['job']);
    expect((await store.read('job')).path).toBe(fileOf(at));
    await store.remove('job');
    expect(await rejection(store.read('job'))).toMatchObject({
      code: 'batch.not_found',
      message: "There is no batch 'job'.",
      id: 'job',
    });
    await store.remove('job');
  });

  test('get a number where their name was used before', async () => {
    const at = await place();
    {
      await using journal = await openNewJournal('job', at);
      expect(journal.job).toBe('job');
      await journal.append(batch);
      const locked = await rejection(openNewJournal('job', { ...at, mustBeNew: true }));
      expect(locked).toMatchObject({ code: 'batch.locked' });
      await using second = await openNewJournal('job', at);
      expect(second.job).toBe('job.2');
      await second.append(batch);
    }
    await using third = await openNewJournal('job', at);
    expect(third.job).toBe('job.3');
    const taken = await rejection(openNewJournal('job', { ...at, mustBeNew: true }));
    expect(taken).toMatchObject({ code: 'batch.exists', id: 'job' });
  });

  test('record how sessions ended, unless a program works on them', async () => {
    const at = await place();
    const sessions = [
      { id: 'id1', status: 'Completed' },
      { id: 'id2', status: 'Running' },
      { id: 'other', status: 'Failed' },
    ];
    {
      await using journal = await openJournal('job', at);
      for (const record of [batch, intent(1), launched(1), intent(2), launched(2)])
        await journal.append(record);
      const busy = await readJob('job', at);
      expect(await recordJobEnds(busy, sessions, { at: 3_000, ...at })).toBe(busy);
    }
    const before = await readJob('job', at);
    expect(await recordJobEnds(before, sessions.slice(1), { at: 3_000, ...at })).toBe(before);
    const { state } = await recordJobEnds(before, sessions, { at: 3_000, ...at });
    const phases = state.items.map(({ phase }) => phase);
    expect(phases).toEqual(['completed', 'launched', 'pending']);
    expect((await readJob('job', at)).state).toEqual(state);
  });

  test('are kept where the desktop rules say', () => {
    expect(journalDirectory({ XDG_STATE_HOME: '/state', HOME: '/home/ada' })).toBe(
      '/state/skaha/jobs',
    );
    expect(journalDirectory({ XDG_STATE_HOME: ' /state ', HOME: '/home/ada' })).toBe(
      '/state/skaha/jobs',
    );
    for (const XDG_STATE_HOME of ['state', undefined]) {
      expect(journalDirectory({ XDG_STATE_HOME, HOME: '/home/ada' })).toBe(
        '/home/ada/.local/state/skaha/jobs',
      );
    }
  });
});
