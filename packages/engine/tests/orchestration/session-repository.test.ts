import { join } from 'node:path';
import { silentLogger } from '@skaha/base/logger.js';
import { lineLogger } from '@skaha/service/logger.js';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryDirectory } from '../../../../scripts/tests/temporary-directory.js';
import {
  mostEvents,
  SessionRepository,
  type Store,
} from '../../src/orchestration/session-repository.js';
import type { EventRow } from '../../src/sessions/event-table.js';
import type { SessionRecord } from '../../src/sessions/record.js';
import { SessionStore } from '../../src/store/session-store.js';
import { sessionRecord } from '../fixtures.js';

const record = (key: string, sequence: number): SessionRecord => sessionRecord(sequence, { key });
const event = (reason: string): EventRow => ({ level: 'Normal', reason, message: 'm' });

/** A real store on a disk that is full whenever the test says so. */
function setUp() {
  const store = SessionStore.open(join(temporaryDirectory(), 'skaha.db'));
  onTestFinished(() => store.close());
  const disk = { full: false };
  const full = () => {
    if (disk.full) throw Object.assign(new Error('disk is full'), { code: 'SQLITE_FULL' });
  };
  const fickle: Store = {
    ended: store.ended,
    load: () => store.load(),
    aheadOfDisk: (work) => store.aheadOfDisk(work),
    reachDisk: () => store.reachDisk(),
    save: (...given) => {
      full();
      store.save(...given);
    },
    remove: (key) => {
      full();
      store.remove(key);
    },
    together: (work) => store.together(work),
  };
  return { store, disk, fickle };
}

test('a new session that cannot be written is refused and not kept', () => {
  const { store, disk, fickle } = setUp();
  const stored = new SessionRepository(fickle, silentLogger);
  disk.full = true;
  expect(() => stored.put(record('a', 1), [])).toThrow('disk is full');
  expect(stored.all()).toEqual([]);
  expect(stored.isDirty()).toBe(false);
  disk.full = false;
  stored.put(record('a', 1), []);
  expect(store.load()).toHaveLength(1);
});

test('a change that cannot be written is kept, told, and written later', () => {
  const { store, disk, fickle } = setUp();
  const lines: string[] = [];
  const stored = new SessionRepository(
    fickle,
    lineLogger((line) => lines.push(line)),
  );
  stored.put(record('a', 1), [event('one')]);
  stored.put(record('b', 2), []);
  disk.full = true;
  stored.put({ ...record('a', 1), name: 'new' }, [event('one'), event('two')]);
  stored.remove('b');
  expect(lines.join('')).toContain('cannot store a session: no space left on the disk');
  expect(stored.isDirty()).toBe(true);
  expect(stored.all().map(({ name }) => name)).toEqual(['new']);
  expect(store.load()).toHaveLength(2);
  disk.full = false;
  stored.flush();
  expect(stored.isDirty()).toBe(false);
  expect(store.load()).toEqual([
    { record: { ...record('a', 1), name: 'new' }, events: [event('one'), event('two')] },
  ]);
});

test('the order of creation goes on after a restart', () => {
  const { fickle } = setUp();
  const first = new SessionRepository(fickle, silentLogger);
  first.put(record('a', first.nextSequence()), []);
  first.put(record('b', first.nextSequence()), [event('one')]);
  const second = new SessionRepository(fickle, silentLogger);
  expect(second.nextSequence()).toBe(3);
  expect(second.get('b')?.events).toEqual([event('one')]);
});

test('the same reason is noted once', () => {
  const { fickle } = setUp();
  const stored = new SessionRepository(fickle, silentLogger);
  stored.put(record('a', 1), []);
  stored.noteOnce('a', event('waiting'));
  stored.noteOnce('a', event('waiting'));
  stored.noteOnce('nothing', event('waiting'));
  expect(stored.get('a')?.events).toHaveLength(1);
});

test('the first events of new sessions are written with them, in one step', () => {
  const { store, fickle } = setUp();
  let steps = 0;
  const together = (work: () => void) => {
    steps += 1;
    store.together(work);
  };
  const stored = new SessionRepository({ ...fickle, together }, silentLogger);
  stored.add([record('a', 1), record('b', 2)], (key) => [event(key)]);
  expect(steps).toBe(1);
  const reasons = store.load().map(({ events }) => events.map(({ reason }) => reason));
  expect(reasons).toEqual([['a'], ['b']]);
});

test('of very many events the newest are kept, in memory and on disk', () => {
  const { store, fickle } = setUp();
  const repository = new SessionRepository(fickle, silentLogger);
  repository.put(record('a', 1), [event('first')]);
  repository.put(record('b', 2), [event('other')]);
  for (let number = 1; number <= mostEvents + 5; number += 1)
    repository.note('a', event(`${number}`));
  const expected = Array.from({ length: mostEvents }, (_, index) => `${index + 6}`);
  const reasons = (events: readonly EventRow[] = []) => events.map(({ reason }) => reason);
  expect(reasons(repository.get('a')?.events)).toEqual(expected);
  const stored = () => new Map(store.load().map((one) => [one.record.key, reasons(one.events)]));
  expect(stored()).toEqual(
    new Map([
      ['a', expected],
      ['b', ['other']],
    ]),
  );
  repository.note('a', event('last'));
  expect(stored().get('a')).toEqual([...expected.slice(1), 'last']);
});
