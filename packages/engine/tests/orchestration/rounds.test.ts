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
  const finished = rounds.finish();
  expect(done).toEqual(['kept a', 'changed 1', 'made']);
  await Promise.all([arrival, change, finished]);
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

/** Rounds on a disk that takes its time. */
function onSlowDisk() {
  const done: string[] = [];
  const disk: PromiseWithResolvers<void>[] = [];
  const rounds = new Rounds({
    accept: (records) => done.push(`kept ${records.map(({ key }) => key).join(' ')}`),
    change: (changes) => {
      for (const change of changes) change();
    },
    settle: async () => {
      const flush = withResolvers();
      disk.push(flush);
      await flush.promise;
    },
    withdraw: (records) => done.push(`took back ${records.map(({ key }) => key).join(' ')}`),
  });
  const arrive = async (key: string) => {
    await rounds.arrive(record(key)).then(
      () => done.push(`told ${key}`),
      () => done.push(`refused ${key}`),
    );
  };
  return { rounds, done, disk, arrive };
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(reason: unknown): void;
}

function withResolvers(): PromiseWithResolvers<void> {
  let [resolve, reject]: [() => void, (reason: unknown) => void] = [() => {}, () => {}];
  const promise = new Promise<void>((yes, no) => {
    [resolve, reject] = [yes, no];
  });
  return { promise, resolve: () => resolve(), reject: (reason) => reject(reason) };
}

test('nobody is told before the disk has it; what comes meanwhile shares the next wait', async () => {
  const { rounds, done, disk, arrive } = onSlowDisk();
  const all = [arrive('a')];
  await nextTurn();
  all.push(arrive('b'), arrive('c'));
  let isSettled = false;
  const settled = rounds.settled().then(() => {
    isSettled = true;
  });
  for (let turn = 0; turn < 5; turn += 1) await nextTurn();
  expect([done, disk.length, isSettled]).toEqual([['kept a'], 1, false]);
  disk[0]?.resolve();
  await settled;
  while (done.length < 3) {
    await nextTurn();
    disk[1]?.resolve();
  }
  expect(done.slice(0, 3)).toEqual(['kept a', 'told a', 'kept b c']);
  for (let turn = 0; turn < 5; turn += 1) {
    await nextTurn();
    for (const flush of disk) flush.resolve();
  }
  await Promise.all(all);
  expect(done.slice(3)).toEqual(['told b', 'told c']);
});

test('changes go on while the disk takes in changes, but not while it takes in new sessions', async () => {
  const { rounds, disk, arrive } = onSlowDisk();
  const made: string[] = [];
  const change = async (name: string) => {
    await rounds.happen(() => made.push(name));
    made.push(`${name} is kept`);
  };
  const first = change('first');
  await nextTurn();
  const second = change('second');
  await nextTurn();
  expect([made, disk.length]).toEqual([['first', 'second'], 2]);
  disk[1]?.resolve();
  await second;
  expect(made).toEqual(['first', 'second', 'second is kept']);
  const arrival = arrive('a');
  await nextTurn();
  expect(disk.length).toBe(3);
  const third = change('third');
  for (let turn = 0; turn < 5; turn += 1) await nextTurn();
  expect(made).not.toContain('third');
  disk[2]?.resolve();
  await arrival;
  for (let turn = 0; turn < 5; turn += 1) await nextTurn();
  expect(made).toContain('third');
  for (const flush of disk) flush.resolve();
  await Promise.all([first, third]);
});

test('what the disk did not take is refused, and taken back', async () => {
  const { done, disk, arrive } = onSlowDisk();
  const arrival = arrive('a');
  await nextTurn();
  disk[0]?.reject(new Error('the disk is gone'));
  await arrival;
  expect(done).toEqual(['kept a', 'took back a', 'refused a']);
});
