import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryDirectory } from '../../../../scripts/tests/temporary-directory.js';
import type { EventRow } from '../../src/sessions/event-table.js';
import type { SessionRecord } from '../../src/sessions/record.js';
import { SessionStore } from '../../src/store/session-store.js';
import { sessionRecord } from '../fixtures.js';

const record = (key: string, sequence = 1): SessionRecord =>
  sessionRecord(sequence, {
    key,
    workload: { cmd: 'echo', args: ['', 'ü "\n'], env: [['A', 'b']] },
  });
const event = (reason: string): EventRow => ({ level: 'Normal', reason, message: 'm', first: 1 });

function open(path = join(temporaryDirectory(), 'skaha.db')) {
  const store = SessionStore.open(path);
  let closed = false;
  const close = () => {
    if (!closed) store.close();
    closed = true;
  };
  onTestFinished(close);
  return { store, path, close };
}

test('sessions and their events come back as they were, in order of creation', () => {
  const { store, path, close } = open();
  store.save(record('b', 2), [event('one')], 0);
  store.save(record('a', 1), [], 0);
  store.save({ ...record('b', 2), name: 'y' }, [event('one'), event('two')], 1);
  store.setFact('port', '7');
  close();
  const { store: again } = open(path);
  expect(again.load()).toEqual([
    { record: record('a', 1), events: [] },
    { record: { ...record('b', 2), name: 'y' }, events: [event('one'), event('two')] },
  ]);
  expect(again.fact('port')).toBe('7');
  expect(again.fact('nothing')).toBeUndefined();
  again.remove('b');
  expect(again.load()).toHaveLength(1);
});

test('a second user of the same file is turned away', () => {
  const { path, close } = open();
  expect(() => SessionStore.open(path)).toThrow(
    expect.objectContaining({ name: 'SkahaError', code: 'platform.already_running' }),
  );
  close();
  open(path);
});

test('a session that cannot be written leaves nothing half-made behind', () => {
  const { store } = open();
  store.save(record('a'), [], 0);
  const events = [event('one'), { ...event('two'), first: 1n as unknown as number }];
  expect(() => store.save(record('b', 2), events, 0)).toThrow();
  expect(store.load().map(({ record: { key } }) => key)).toEqual(['a']);
  store.save(record('b', 2), [event('one')], 0);
  expect(store.load()[1]?.events).toHaveLength(1);
});

test('a file that is no database, or of a newer platform, is refused', () => {
  const path = join(temporaryDirectory(), 'skaha.db');
  writeFileSync(path, 'not a database at all, but long enough to look like one '.repeat(50));
  expect(() => SessionStore.open(path)).toThrow();
  const { store, path: newer, close } = open();
  store.setFact('schema', '99');
  close();
  expect(() => SessionStore.open(newer)).toThrow('written by a newer platform');
});
