import { expect, test } from 'vitest';
import { nextDue, transition } from '../../src/sessions/lifecycle.js';
import type { Life, Phase } from '../../src/sessions/record.js';

const life = (phase: Phase, more: Partial<Life> = {}): Life => ({
  phase,
  deadlineSeconds: 100,
  ...more,
});
const times = { admittedAt: 1_000, startedAt: 5_000, finishedAt: 9_000 };

test.each<[Phase, number]>([
  ['queued', Number.POSITIVE_INFINITY],
  ['starting', 101_000],
  ['running', 105_000],
  ['stopping', Number.POSITIVE_INFINITY],
  ['deleting', Number.POSITIVE_INFINITY],
  ['completed', 39_000],
  ['failed', 39_000],
  ['gone', Number.POSITIVE_INFINITY],
])('what time alone brings to a session that is %s', (phase, due) => {
  expect(nextDue(life(phase, times), 30)).toBe(due);
  // As records of older versions may be.
  expect(nextDue(life(phase), 30)).toBe(Number.POSITIVE_INFINITY);
});

test.each([
  [128, ''],
  [129, ' (signal 1)'],
  [164, ' (signal 36)'],
  [165, ''],
])('an exit status of %d is that of a signal or not', (status, words) => {
  const { effects } = transition(life('running', times), { type: 'exited', at: 9_000, status });
  expect(effects).toMatchObject([
    { message: `The command ended with exit status ${status}${words}` },
  ]);
});

test('what is noted for the owner', () => {
  const words = (one: Life, type: 'started' | 'expired' | 'stopped') =>
    transition(one, { type, at: 9_000 }).effects.filter((effect) => effect.type === 'note');
  const failed = { type: 'note', level: 'Warning' };
  expect(words(life('starting', times), 'started')).toEqual([
    { type: 'note', level: 'Normal', reason: 'Started', message: 'Started the command' },
  ]);
  expect(words(life('running', times), 'expired')).toEqual([
    {
      ...failed,
      reason: 'DeadlineExceeded',
      message: 'The session reached the end of its lifetime',
    },
  ]);
  expect(words(life('starting', times), 'stopped')).toEqual([
    { ...failed, reason: 'Killing', message: 'The platform was stopped' },
  ]);
  expect(words(life('queued'), 'stopped')).toEqual([
    {
      ...failed,
      reason: 'Failed',
      message: 'The platform was stopped before the session could start',
    },
  ]);
});

test('a session that was being ended says why, and a reason that was not kept is made up for', () => {
  const exited = { type: 'exited', at: 9_000, status: 0 } as const;
  const reason = (more: Partial<Life>) => transition(life('stopping', more), exited).effects;
  expect(reason({ ending: 'because' })).toMatchObject([{ reason: 'Failed', message: 'because' }]);
  expect(reason({})).toMatchObject([{ message: 'The platform ended the session' }]);
});

test('what makes no sense has no effect', () => {
  for (const phase of ['completed', 'failed', 'gone', 'deleting'] as const) {
    const before = life(phase, times);
    const renewed = transition(before, { type: 'renewed', at: 9_000, lifetimeSeconds: 10 });
    expect(renewed).toEqual({ life: before, effects: [] });
    expect(transition(before, { type: 'stopped', at: 9_000 })).toEqual({
      life: before,
      effects: [],
    });
  }
  const deleting = transition(life('stopping', times), { type: 'deleted', at: 9_000 });
  expect(deleting).toMatchObject({ life: { phase: 'deleting' }, effects: [] });
  const running = transition(life('running', times), {
    type: 'renewed',
    at: 9_000,
    lifetimeSeconds: 500,
  });
  expect(running).toMatchObject({ life: { deadlineSeconds: 504 }, effects: [] });
});
