import { describe, expect, test } from 'vitest';
import type { SchedulingRules, UserShare } from '../../src/sessions/capacity.js';
import type { Phase, SessionRecord } from '../../src/sessions/record.js';
import { neverFits } from '../../src/sessions/scheduling.js';
import { admissible, gib, sessionRecord, rules as sized, waitingFor } from '../fixtures.js';

const rules = (more: Partial<UserShare> = {}, cores = 100, memoryGiB = 100) =>
  sized(cores, memoryGiB, more);

const session = (sequence: number, owner: string, phase: Phase = 'queued'): SessionRecord =>
  sessionRecord(sequence, { owner, life: { phase, deadlineSeconds: 1 } });
const queue = (...owners: string[]) => owners.map((owner, index) => session(index + 1, owner));
const chosen = (all: readonly SessionRecord[], by: SchedulingRules) =>
  admissible(all, by).map(({ session: { key } }) => key);

describe('what starts in one go', () => {
  const five = queue('ada', 'ada', 'ada', 'ada', 'ada');

  test.each<[string, SchedulingRules, number]>([
    ['cores', rules({}, 3), 3],
    ['memory', rules({}, 100, 3), 3],
    ['cores of a user', rules({ cores: 2 }), 2],
    ['memory of a user', rules({ memory: 2 * gib }), 2],
    ['sessions of a user', rules({ sessions: 2 }), 2],
  ])('is no more than there are %s', (_what, by, count) => {
    expect(chosen(five, by)).toEqual(five.slice(0, count).map(({ key }) => key));
  });

  test('counts with what the user holds already, and not with what others hold', () => {
    const running = [session(8, 'ada', 'running'), session(9, 'eve', 'running')];
    expect(chosen([...running, ...five], rules({ sessions: 3 }))).toEqual(['s1', 's2']);
  });

  test('passes over a user whose share is used up', () => {
    const both = queue('ada', 'ada', 'ada', 'eve', 'eve', 'eve');
    expect(chosen(both, rules({ sessions: 1 })).sort()).toEqual(['s1', 's4']);
  });
});

describe('a session that can never start', () => {
  const [large] = queue('ada');
  if (large === undefined) throw new Error('there is one');
  const asks = 'It asks for 1 cores and 1 GiB of memory: ';

  test.each<[SchedulingRules, string | undefined]>([
    [rules({}, 1, 1), undefined],
    [rules({}, 0.5, 4), `${asks}this platform has 0.5 cores and 4 GiB of memory`],
    [rules({ cores: 0.5 }), `${asks}a user of this platform may have 0.5 cores`],
    [rules({ memory: gib / 2 }), `${asks}a user of this platform may have 0.5 GiB`],
    [
      rules({ cores: 0.5, memory: 4 * gib }),
      `${asks}a user of this platform may have 0.5 cores and 4 GiB`,
    ],
  ])('says why: %#', (by, words) => {
    expect(neverFits(large, by)).toBe(words);
  });
});

test('a user who waits is told of the own share, whatever others hold', () => {
  const [mine] = queue('ada');
  if (mine === undefined) throw new Error('there is one');
  const others = [7, 8, 9].map((sequence) => session(sequence, 'eve', 'running'));
  const own = session(6, 'ada', 'running');
  const words = (all: SessionRecord[], by: SchedulingRules) => waitingFor(mine, all, by);
  expect(words([mine, own, ...others], rules({ sessions: 1 }))).toBe(
    'waiting for 1 cores and 1 GiB of memory: your running sessions have 1 sessions, which is your share',
  );
  expect(words([mine, own, ...others], rules({ sessions: 2, cores: 1.5 }))).toBe(
    'waiting for 1 cores and 1 GiB of memory: your running sessions have 1 cores and 1 GiB of memory, which is your share',
  );
  expect(words([mine, ...others], rules({ sessions: 3 }, 3, 8))).toBe(
    'waiting for 1 cores and 1 GiB of memory: 3 of 3 cores and 3 GiB of 8 GiB are taken',
  );
  expect(words([mine, ...others], rules())).toContain('waiting for its turn');
});
