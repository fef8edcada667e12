import { expect, test } from 'vitest';
import { Tally } from '../../src/output/tally.js';

test('only the latest of each item counts', () => {
  const tally = new Tally<number, string>(String);
  expect(tally.summary).toBe('');
  for (const [key, state] of ['Pending', 'Pending', 'Running'].entries()) tally.set(key, state);
  tally.set(0, 'Failed');
  expect(tally.summary).toBe('1 Pending, 1 Running, 1 Failed');
  tally.set(1, 'Running');
  expect(tally.summary).toBe('2 Running, 1 Failed');
  expect(tally.items).toEqual(['Failed', 'Running', 'Running']);
  expect([tally.size, tally.count('Running'), tally.count('Pending')]).toEqual([3, 2, 0]);
});

test('states that were named come first, in their order', () => {
  const tally = new Tally<string, string>(String, ['done', 'failed']);
  for (const state of ['other', 'failed', 'done']) tally.set(state, state);
  expect(tally.summary).toBe('1 done, 1 failed, 1 other');
});
