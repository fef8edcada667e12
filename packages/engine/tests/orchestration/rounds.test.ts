import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Rounds } from '../../src/orchestration/rounds.js';
import type { SessionRecord } from '../../src/sessions/record.js';

const record = (key: string) => ({ key }) as SessionRecord;

/** Rounds that write down what they were given, and cannot keep a session called `bad`. */
function setUp() {
  const done: string[] = [];
  const rounds = new Rounds({
    accept: (records) => {
      const keys = records.map(({ key }) => key);
      if (keys.includes('bad')) throw new Error('disk is full');
      done.push(`kept ${keys.join(' ')}`);
    },
    change: (changes) => {
      done.push(`changed ${changes.length}`);
      for (const change of changes) change();
    },
  });
  return { rounds, done };
}

test('what arrives together is written together, and is acknowledged after that alone', async () => {
  const { rounds, done } = setUp();
  const arrivals = ['a', 'b', 'c'].map(async (key) => {
    await rounds.arrive(record(key));
    done.push(`told ${key}`);
  });
  expect(done).toEqual([]);
  await Promise.all(arrivals);
  expect(done.slice(0, 4)).toEqual(['kept a b c', 'told a', 'told b', 'told c']);
  await nextTurn();
  expect(done[4]).toBe('changed 0');
});

test('one that cannot be kept is refused alone', async () => {
  const { rounds, done } = setUp();
  const outcomes = await Promise.allSettled(
    ['a', 'bad', 'c'].map(async (key) => rounds.arrive(record(key))),
  );
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(done.slice(0, 2)).toEqual(['kept a', 'kept c']);
});

test('however many go on arriving, changes are made', async () => {
  const { rounds } = setUp();
  let isMade = false;
  const change = rounds.happen(() => {
    isMade = true;
  });
  for (let turn = 0; turn < 4; turn += 1) {
    void rounds.arrive(record(`s${turn}`));
    await nextTurn();
  }
  expect(isMade).toBe(true);
  await change;
});

test('what was gathered is done before the end', async () => {
  const { rounds, done } = setUp();
  const arrival = rounds.arrive(record('a'));
  const change = rounds.happen(() => done.push('made'));
  rounds.finish();
  expect(done).toEqual(['kept a', 'changed 1', 'made']);
  await Promise.all([arrival, change]);
});

test('what is in no hurry is written with what comes next, and by itself when nothing does', async () => {
  const { rounds, done } = setUp();
  const patient = rounds.happenSoon(() => done.push('first'));
  const hasty = rounds.happen(() => done.push('second'));
  await Promise.all([patient, hasty]);
  expect(done).toEqual(['changed 2', 'first', 'second']);
  await rounds.happenSoon(() => done.push('third'));
  expect(done.slice(3)).toEqual(['changed 1', 'third']);
});
