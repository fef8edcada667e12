import { expect, test } from 'vitest';
import {
  chosen,
  countsOf,
  groupedLines,
  inOrder,
  keyOf,
  type ListedSession,
  plainLines,
  timeLeft,
  useOf,
} from '../src/session-list.js';

const noon = Date.parse('2026-08-06T12:00:00Z');
const hour = 3_600_000;

const session = (name: string, more: Partial<ListedSession> = {}): ListedSession => ({
  id: `id-${name}`,
  name,
  kind: 'headless',
  status: 'Running',
  requested: {},
  used: {},
  ...more,
});

const namesOf = (list: readonly ListedSession[]) => list.map(({ name }) => name);

test('sessions are found by all of the words, by status and by kind', () => {
  const list = [
    session('fit-r', { image: 'images.canfar.net/skaha/astroml:latest' }),
    session('fit-g', { status: 'Failed', image: 'images.canfar.net/skaha/terminal:1' }),
    session('lab', { kind: 'notebook', image: 'images.canfar.net/skaha/astroml:latest' }),
    session('old', { status: 'Succeeded' }),
  ];
  expect(namesOf(chosen(list, {}))).toEqual(['fit-r', 'fit-g', 'lab', 'old']);
  expect(namesOf(chosen(list, { words: ' FIT  astroml ' }))).toEqual(['fit-r']);
  expect(namesOf(chosen(list, { words: 'id-lab' }))).toEqual(['lab']);
  expect(namesOf(chosen(list, { status: 'failed' }))).toEqual(['fit-g']);
  expect(namesOf(chosen(list, { status: 'Completed' }))).toEqual(['old']);
  expect(namesOf(chosen(list, { kind: 'notebook', status: 'Running' }))).toEqual(['lab']);
});

test('each order puts first what is looked for, and equal ones by name, numbers by value', () => {
  const at = (hours: number) => new Date(noon + hours * hour);
  const list = [
    session('n10', { startTime: at(-1), expiryTime: at(9), used: { cores: 1, memoryGiB: 1 } }),
    session('n9', { startTime: at(-1), expiryTime: at(2), used: { cores: 1, memoryGiB: 7 } }),
    session('over', { startTime: at(-3), expiryTime: at(-2), status: 'Failed (DeadlineExceeded)' }),
    session('waits', { status: 'Pending' }),
    session('late', { startTime: at(0), status: 'Completed', used: { cores: 4 } }),
  ];
  const before = namesOf(list);
  expect(namesOf(inOrder(list, 'started'))).toEqual(['waits', 'late', 'n9', 'n10', 'over']);
  expect(namesOf(inOrder(list, 'name'))).toEqual(['late', 'n9', 'n10', 'over', 'waits']);
  expect(namesOf(inOrder(list, 'status'))).toEqual(['over', 'n9', 'n10', 'waits', 'late']);
  expect(namesOf(inOrder(list, 'left'))).toEqual(['n9', 'n10', 'late', 'over', 'waits']);
  expect(namesOf(inOrder(list, 'use'))).toEqual(['late', 'n9', 'n10', 'over', 'waits']);
  expect(namesOf(list)).toEqual(before);
});

test('apps of one desktop are told apart', () => {
  const [one, other] = [session('a', { appId: 'x1' }), session('a', { appId: 'x2' })];
  expect(keyOf(one)).not.toBe(keyOf(other));
  expect(plainLines([one, other]).map(({ key }) => key)).toEqual(['id-a/x1', 'id-a/x2']);
});

test('a batch is one line where its first would stand, and opens; one alone is no batch', () => {
  const list = [
    ...[session('fit-1'), session('lab-1', { kind: 'notebook' }), session('fit-2')],
    session('solo-1'),
  ];
  const closed = groupedLines(list, new Set());
  expect(closed.map(({ key }) => key)).toEqual(['group fit', 'id-lab-1', 'id-solo-1']);
  expect(closed[0]).toMatchObject({ members: [list[0], list[2]], isOpen: false });
  const opened = groupedLines(list, new Set(['fit']));
  expect(opened.map(({ key }) => key)).toEqual([
    ...['group fit', 'id-fit-1', 'id-fit-2'],
    ...['id-lab-1', 'id-solo-1'],
  ]);
  expect(opened[1]).toMatchObject({ isInGroup: true });
});

test('statuses are counted, those that need care first', () => {
  const list = ['Completed', 'Running', 'Unheard', 'Failed', 'Running'].map((status) => ({
    status,
  }));
  expect(countsOf(list)).toEqual([
    ['Failed', 1],
    ['Running', 2],
    ['Completed', 1],
    ['Unheard', 1],
  ]);
});

test('time left is told only of what runs, and never less than none', () => {
  const expiryTime = new Date(noon + hour);
  expect(timeLeft({ status: 'Running', expiryTime }, noon)).toBe(hour);
  expect(timeLeft({ status: 'Running', expiryTime }, noon + 2 * hour)).toBe(0);
  expect(timeLeft({ status: 'Failed (Error)', expiryTime }, noon)).toBe('over');
  expect(timeLeft({ status: 'Running' }, noon)).toBeUndefined();
});

test('what is used is compared with what was asked for, where both are known', () => {
  const used = { cores: 1.5, memoryGiB: 3 };
  expect(useOf({ used, requested: { cores: 2 } })).toEqual({
    cores: { used: 1.5, requested: 2, load: 0.75 },
    memoryGiB: { used: 3, requested: undefined, load: undefined },
  });
});
