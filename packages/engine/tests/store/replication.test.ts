import { join } from 'node:path';
import { silentLogger } from '@skaha/base/logger.js';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryDirectory } from '../../../../scripts/tests/temporary-directory.js';
import { ManualClock } from '../../../base/tests/manual-clock.js';
import { BackingLost, BackingUnreachable } from '../../src/ports/backing.js';
import { SessionStore } from '../../src/store/session-store.js';
import { Memory } from './memory-backing.js';

async function opened(memory: Memory, path = join(temporaryDirectory(), 'copy.db')) {
  const backing = memory.open();
  const clock = new ManualClock();
  const store = await SessionStore.openBacked(path, backing, silentLogger, { clock });
  onTestFinished(() => store.close());
  return { store, backing, path, clock };
}

test('what was written before is there once the disk is reached, rows that are gone too', async () => {
  const memory = new Memory();
  const { store } = await opened(memory);
  store.setFact('port', '1');
  store.setFact('port', '2');
  store.setFact('user', 'ada');
  await store.reachDisk();
  expect(memory.facts).toMatchObject({ port: '2', user: 'ada', schema: '3' });
  store.database.exec("DELETE FROM facts WHERE name = 'user'");
  store.database.exec("UPDATE facts SET name = 'door' WHERE name = 'port'");
  await store.reachDisk();
  expect(memory.facts).toEqual({ door: '2', schema: '3' });
});

test('a transaction is written as a whole, and what was rolled back is not', async () => {
  const memory = new Memory();
  const { store } = await opened(memory);
  await store.reachDisk();
  memory.transactions.length = 0;
  expect(() =>
    store.together(() => {
      store.setFact('half', '1');
      throw new Error('no');
    }),
  ).toThrow('no');
  store.together(() => {
    store.setFact('one', '1');
    store.setFact('two', '2');
  });
  await store.reachDisk();
  expect(memory.transactions).toEqual([['facts one', 'facts two']]);
});

test('a row that takes the place of another one ends that one', async () => {
  const memory = new Memory();
  const { store } = await opened(memory);
  store.database.exec('CREATE TABLE members (name TEXT PRIMARY KEY, subject TEXT UNIQUE)');
  await store.keepAll();
  const put = store.database.prepare('INSERT OR REPLACE INTO members VALUES (?, ?)');
  put.run('ada', 's1');
  await store.reachDisk();
  put.run('eve', 's1');
  await store.reachDisk();
  expect([...(memory.rows.get('members')?.values() ?? [])]).toEqual([['eve', 's1']]);
});

test('those who wait at the same time share a transaction', async () => {
  const memory = new Memory();
  const { store } = await opened(memory);
  await store.reachDisk();
  memory.transactions.length = 0;
  const waiting: Promise<void>[] = [];
  for (let number = 0; number < 50; number += 1) {
    store.setFact(`n${number}`, '1');
    waiting.push(store.reachDisk());
  }
  await Promise.all(waiting);
  expect(Object.keys(memory.facts)).toHaveLength(51);
  // The first is on its way when the others come.
  expect(memory.transactions).toHaveLength(2);
});

test('while it is away nobody is told that something is kept; later all of it is', async () => {
  const memory = new Memory();
  const { store, clock } = await opened(memory);
  memory.isAway = true;
  store.setFact('one', '1');
  await expect(store.reachDisk()).rejects.toThrow(BackingUnreachable);
  expect(store.backing).toMatchObject({ name: 'memory', trouble: 'it is away', pending: 1 });
  expect(() => store.refuseInTrouble()).toThrow('it is away');
  store.setFact('two', '2');
  const back = new Promise<void>((resolve) => store.whenBack(resolve));
  memory.isAway = false;
  await clock.advance(5_000);
  await back;
  expect(memory.facts).toMatchObject({ one: '1', two: '2' });
  expect(store.backing).toMatchObject({ trouble: undefined, pending: 0 });
});

test('what nobody waits for is sent soon', async () => {
  const memory = new Memory();
  const { store, clock } = await opened(memory);
  store.setFact('later', '1');
  await clock.advance(250);
  expect(memory.facts).toMatchObject({ later: '1' });
});

test('whoever writes no more writes nothing, and the next one goes on with what was there', async () => {
  const memory = new Memory();
  const { store: first, backing } = await opened(memory);
  first.setFact('one', '1');
  await first.reachDisk();
  const { store: second } = await opened(memory);
  first.setFact('one', 'overwritten');
  await expect(first.reachDisk()).rejects.toThrow(BackingLost);
  expect(backing.lost.aborted).toBe(true);
  expect(second.fact('one')).toBe('1');
  expect(memory.facts).toMatchObject({ one: '1' });
  await expect(first.reachDisk()).rejects.toThrow(BackingLost);
});

test('one that is idle learns that another writes', async () => {
  const memory = new Memory();
  const { backing, clock } = await opened(memory);
  memory.term += 1;
  await clock.advance(2_000);
  expect(backing.lost.aborted).toBe(false);
  await clock.advance(500);
  expect(backing.lost.aborted).toBe(true);
});
