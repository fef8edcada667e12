import { describe, expect, test } from 'vitest';
import { batchState, memoryJournal, missingItems } from '../../src/batch/index.js';
import type { JournalRecord, RecordOf } from '../../src/batch/records.js';
import { BatchTracker } from '../../src/batch/state.js';
import type { BatchItem } from '../../src/batch/types.js';

const batch: RecordOf<'batch'> = {
  type: 'batch',
  version: 1,
  at: 1_000,
  server: 'https://host.example/skaha',
  image: 'host.example/a/b:1',
  spec: { name: 'Fit', image: 'a/b:1', replicas: 2 },
};
const intent = (at: number, attempt = 1, item = 1): JournalRecord => ({
  ...{ type: 'intent', at, item, attempt },
});
const outcome = (more: Partial<RecordOf<'outcome'>>): JournalRecord => ({
  ...{ type: 'outcome', at: 2_050, item: 1, attempt: 1, result: 'launched', id: 'a' },
  ...more,
});
const end = (status: 'completed' | 'failed' | 'gone', id = 'a'): JournalRecord => ({
  ...{ type: 'end', at: 3_000, item: 1, id, status },
});
const removed = (id = 'a'): JournalRecord => ({ type: 'removed', at: 3_100, item: 1, id });

const tracked = (...records: JournalRecord[]): BatchTracker => {
  const tracker = BatchTracker.of([batch, ...records]);
  if (tracker === undefined) throw new Error('there is a batch');
  return tracker;
};
const first = (...records: JournalRecord[]): BatchItem | undefined =>
  tracked(...records).snapshot().items[0];

describe('a batch that was only written down', () => {
  test('has all its items, none of them begun', () => {
    const fresh = { row: {}, phase: 'pending', attempts: 0, failures: 0, earlierIds: [] };
    expect(batchState([batch])).toEqual({
      name: 'Fit',
      server: 'https://host.example/skaha',
      image: 'host.example/a/b:1',
      spec: batch.spec,
      startedAt: 1_000,
      changedAt: 1_000,
      items: [
        { index: 1, name: 'Fit-1', ...fresh },
        { index: 2, name: 'Fit-2', ...fresh },
      ],
      cancelled: undefined,
      slowestLaunchMs: undefined,
    });
  });

  test('of one item has the name itself', () => {
    const { replicas: _, ...spec } = batch.spec;
    expect(batchState([{ ...batch, spec }])?.items).toMatchObject([{ index: 1, name: 'Fit' }]);
  });

  test('is none when nothing, or something else, was written', () => {
    expect(batchState([])).toBeUndefined();
    expect(batchState([intent(2_000)])).toBeUndefined();
  });
});

describe('a launch', () => {
  test('is unanswered until its answer is written', () => {
    expect(first(intent(2_000))).toEqual({
      ...{ index: 1, name: 'Fit-1', row: {}, phase: 'unanswered', attempts: 1, failures: 0 },
      ...{ earlierIds: [], id: undefined, error: undefined, sentAt: 2_000 },
    });
  });

  test.each<[Partial<RecordOf<'outcome'>>, string, string | undefined]>([
    [{ result: 'launched', id: 'a' }, 'launched', 'a'],
    [{ result: 'launched', id: undefined }, 'pending', undefined],
    [{ result: 'unknown', id: 'a' }, 'unknown', undefined],
    [{ result: 'absent', id: undefined }, 'pending', undefined],
    [{ result: 'refused', id: undefined }, 'rejected', undefined],
    [{ result: 'refused', passing: false, id: undefined }, 'rejected', undefined],
    [{ result: 'refused', passing: true, id: undefined }, 'pending', undefined],
  ])('with the answer %j is %s', (answer, phase, id) => {
    expect(first(intent(2_000), outcome(answer))).toMatchObject({ phase, id });
  });

  test('that was refused keeps why, until it is tried again', () => {
    const error = { code: 'quota.exceeded', message: 'full' };
    const refused = outcome({ result: 'refused', id: undefined, error });
    expect(first(intent(2_000), refused)?.error).toEqual(error);
    expect(first(intent(2_000), refused, intent(3_000, 2))?.error).toBeUndefined();
  });

  test('is not changed by an answer to another attempt, or by a second answer', () => {
    expect(first(intent(2_000, 2), outcome({ attempt: 1 }))).toMatchObject({
      phase: 'unanswered',
      id: undefined,
    });
    const twice = first(intent(2_000), outcome({}), outcome({ id: 'b', result: 'refused' }));
    expect(twice).toMatchObject({ phase: 'launched', id: 'a' });
    expect(first(outcome({}))).toMatchObject({ phase: 'pending' });
  });

  test('counts for the longest answer unless its session was found by name', () => {
    const { items } = batchState([batch]) ?? {};
    expect(items).toHaveLength(2);
    const slow = [intent(2_000), outcome({ at: 2_900 })];
    const quick = [intent(3_000, 1, 2), outcome({ at: 3_100, item: 2, id: 'b' })];
    expect(tracked(...slow, ...quick).snapshot().slowestLaunchMs).toBe(900);
    expect(tracked(...quick, ...slow).snapshot().slowestLaunchMs).toBe(900);
    const found = [intent(2_000), outcome({ at: 2_900, found: true })];
    expect(tracked(...found).snapshot().slowestLaunchMs).toBeUndefined();
  });

  test('makes its session one of the batch', () => {
    const tracker = tracked(
      intent(2_000),
      outcome({}),
      intent(3_000, 2),
      outcome({ attempt: 2, id: 'b' }),
    );
    expect([...tracker.claimed]).toEqual(['a', 'b']);
    expect([...tracked(intent(2_000), outcome({ result: 'unknown' })).claimed]).toEqual([]);
  });

  test('of an item that is not there changes nothing', () => {
    const { items, changedAt } = tracked(intent(2_000, 1, 3)).snapshot();
    expect(items).toEqual(batchState([batch])?.items);
    expect(changedAt).toBe(2_000);
  });
});

describe('an end', () => {
  const launched = [intent(2_000), outcome({})];

  test.each<['completed' | 'failed' | 'gone', number]>([
    ['completed', 0],
    ['failed', 1],
    ['gone', 0],
  ])('%s', (status, failures) => {
    expect(first(...launched, end(status))).toMatchObject({ phase: status, failures, id: 'a' });
  });

  test('of another session than the present one changes nothing', () => {
    expect(first(...launched, end('failed', 'z'))).toMatchObject({
      phase: 'launched',
      failures: 0,
    });
    expect(first(...launched, removed('z'))).toMatchObject({ phase: 'launched' });
  });

  test('by removal is told apart', () => {
    expect(first(...launched, removed())).toMatchObject({ phase: 'removed', failures: 0 });
  });

  test('that failed is followed by another attempt, and every former session is remembered', () => {
    const again = [intent(4_000, 2), outcome({ attempt: 2, id: 'b' }), end('failed', 'b')];
    const item = first(...launched, end('failed'), ...again, intent(5_000, 3));
    expect(item).toMatchObject({ attempts: 3, failures: 2, earlierIds: ['a', 'b'], id: undefined });
  });
});

describe('what is not of the batch', () => {
  test('are sessions of its names that are older than the launch, and its own former ones', () => {
    const known = (name: string, ids: string[]): JournalRecord => ({
      ...{ type: 'run', at: 1_500, known: { [name]: ids } },
    });
    const tracker = tracked(
      known('fit-1', ['x']),
      known('fit-1', ['y']),
      known('fit-2', ['other']),
      intent(2_000),
      outcome({}),
      intent(3_000, 2),
    );
    expect([...(tracker.item(1)?.old ?? [])]).toEqual(['x', 'y', 'a']);
    expect([...(tracker.item(2)?.old ?? [])]).toEqual([]);
    expect(tracker.item(3)).toBeUndefined();
  });
});

test('the first reason to launch nothing more stays', () => {
  const cancel = (reason: 'asked' | 'atomic'): JournalRecord => ({
    ...{ type: 'cancel', at: 4_000, reason },
  });
  const state = tracked(cancel('atomic'), cancel('asked')).snapshot();
  expect(state).toMatchObject({ cancelled: 'atomic', changedAt: 4_000 });
});

test('a clock that was set back does not set the batch back', () => {
  expect(tracked(intent(9_000), outcome({ at: 2 })).snapshot().changedAt).toBe(9_000);
  expect(tracked(batch).snapshot().changedAt).toBe(1_000);
});

test('a snapshot does not change with the batch', () => {
  const tracker = tracked(intent(2_000), outcome({}));
  const { items } = tracker.snapshot();
  tracker.apply(intent(3_000, 2));
  expect(items[0]).toMatchObject({ id: 'a', earlierIds: [] });
  const later = tracker.snapshot();
  expect(later.items[0]?.earlierIds).toEqual(['a']);
  expect(later.items[0]?.earlierIds).not.toBe(tracker.snapshot().items[0]?.earlierIds);
});

test('missing are the items without a session', () => {
  const phases = ['pending', 'rejected', 'unanswered', 'unknown', 'launched', 'completed'] as const;
  const more = ['failed', 'gone', 'removed'] as const;
  const items = [...phases, ...more].map(
    (phase, at): BatchItem => ({
      ...{ index: at + 1, name: 'x', row: {}, phase, attempts: 0, failures: 0, earlierIds: [] },
    }),
  );
  expect(missingItems({ items }).map(({ phase }) => phase)).toEqual(phases.slice(0, 4));
});

test('a journal in memory begins with what it is given, and keeps what comes', async () => {
  const given = [batch];
  const journal = memoryJournal(given);
  await journal.append(intent(2_000));
  expect(await journal.read()).toEqual([batch, intent(2_000)]);
  expect(given).toEqual([batch]);
  expect(await memoryJournal().read()).toEqual([]);
});
