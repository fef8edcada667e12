import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryDirectory } from '../../../../scripts/tests/temporary-directory.js';
import type { SessionRecord } from '../../src/sessions/record.js';
import { SessionStore } from '../../src/store/session-store.js';
import { sessionRecord } from '../fixtures.js';

function ended(index: number, more: Partial<SessionRecord> = {}): SessionRecord {
  const startedAt = 1_000 * (index >> 1);
  return sessionRecord(index, {
    key: `k${String(index).padStart(7, '0')}`,
    keepSeconds: 10,
    life: { phase: 'completed', deadlineSeconds: 1, startedAt, finishedAt: startedAt, turn: index },
    ...more,
  });
}

function setUp(records: readonly SessionRecord[]): SessionStore {
  const store = SessionStore.open(join(temporaryDirectory(), 'skaha.db'));
  onTestFinished(() => store.close());
  store.together(() => {
    for (const record of records) store.save(record, [], 0);
  });
  return store;
}

const all = Array.from({ length: 1_201 }, (_, index) => ended(index));
const keys = (records: readonly SessionRecord[]) => records.map(({ key }) => key);

test('what is over is not loaded, and is found all the same', () => {
  const waits: SessionRecord = {
    ...ended(5_000),
    life: { phase: 'queued', deadlineSeconds: 1 },
  };
  const store = setUp([...all, waits]);
  expect(keys(store.load('alive').map(({ record }) => record))).toEqual([waits.key]);
  expect(store.load()).toHaveLength(1_202);
  expect(store.ended.lastSequence()).toBe(5_000);
  expect(store.ended.get('k0000007')).toEqual(all[7]);
  expect(store.ended.counts()).toEqual([{ kind: 'headless', phase: 'completed', count: 1_201 }]);
  expect([...store.ended.batches('adastra')].flat()).toEqual(all);
  expect([...store.ended.batches('nobody')].flat()).toEqual([]);
});

test('everybody’s are read user by user', () => {
  const store = setUp([ended(1), ended(2, { owner: 'bea' }), ended(3)]);
  expect(keys([...store.ended.batches(undefined)].flat()).sort()).toEqual(
    keys([ended(1), ended(2), ended(3)]),
  );
});

test('what is due is told in time, the first of it first', () => {
  const store = setUp([ended(9), ended(2), ended(4, { keepSeconds: Number.POSITIVE_INFINITY })]);
  expect(store.ended.nextDue()).toBe(11_000);
  expect(keys(store.ended.due(10_999))).toEqual([]);
  expect(keys(store.ended.due(1e12))).toEqual(keys([ended(2), ended(9)]));
  store.remove(ended(2).key);
  expect(store.ended.nextDue()).toBe(14_000);
});

test('the first to start come with all of the same second', () => {
  const store = setUp(all);
  expect(keys(store.ended.firstStarted('adastra', 3, true))).toEqual(keys(all.slice(0, 4)));
  expect(store.ended.firstStarted('adastra', 5_000, true)).toHaveLength(1_201);
});

test('apps of desktops take no place where they are not asked for', () => {
  const app = ended(0, { kind: 'desktop-app', appId: 'abc' });
  const store = setUp([app, ...all.slice(2, 8)]);
  expect(keys(store.ended.firstStarted('adastra', 1, true))).toEqual([app.key]);
  expect(keys(store.ended.firstStarted('adastra', 1, false))).toEqual(keys(all.slice(2, 4)));
});

test('each user goes on from the last turn there was', () => {
  const waits: SessionRecord = { ...ended(20), life: { phase: 'queued', deadlineSeconds: 1 } };
  const store = setUp([ended(3), ended(8), ended(5, { owner: 'bea' }), waits]);
  expect(keys(store.ended.lastTurns()).sort()).toEqual(keys([ended(5), ended(8)]));
});
