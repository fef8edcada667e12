import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DueTimes } from '../../src/orchestration/due-times.js';

const step = fc.oneof(
  fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e'), at: fc.integer({ min: 0, max: 9 }) }),
  fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e'), at: fc.constant(Infinity) }),
  fc.record({ take: fc.integer({ min: 0, max: 9 }) }),
);

test('whatever is set and taken, what is due comes once, the first of them first', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const due = new DueTimes();
      const known = new Map<string, number>();
      for (const one of steps) {
        if ('take' in one) {
          const ripe = [...known].filter(([, at]) => at <= one.take);
          const taken = due.take(one.take);
          expect([...taken].sort()).toEqual(ripe.map(([key]) => key).sort());
          expect(taken.map((key) => known.get(key))).toEqual(ripe.map(([, at]) => at).sort());
          for (const key of taken) known.delete(key);
        } else {
          due.set(one.key, one.at);
          if (one.at === Infinity) known.delete(one.key);
          else known.set(one.key, one.at);
        }
        expect(due.first()).toBe(Math.min(Infinity, ...known.values()));
      }
    }),
  );
});
