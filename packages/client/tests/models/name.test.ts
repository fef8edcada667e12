import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nameProblem } from '../../src/models/name.js';

test('names of letters, digits and inner hyphens are good up to 63 characters', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/), (name) => {
      expect(nameProblem(name)).toBeUndefined();
    }),
  );
});

test('whatever is called good can be a host name', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-z_.-]{0,70}$/)), (name) => {
      if (nameProblem(name) !== undefined) return;
      expect(name).toMatch(/^(?=.{1,63}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$/);
    }),
  );
});

test.each([
  ['', 'needs a name'],
  ['a_b', 'letters, digits and hyphens'],
  ['a b', 'letters, digits and hyphens'],
  ['é', 'letters, digits and hyphens'],
  ['-a', 'begin and end'],
  ['a-', 'begin and end'],
  ['a'.repeat(64), 'at most 63'],
])('%j: %s', (name, words) => {
  expect(nameProblem(name)).toContain(words);
});

test('the number of a replica takes room', () => {
  expect(nameProblem('a'.repeat(59), 4)).toBeUndefined();
  expect(nameProblem('a'.repeat(60), 4)).toContain('at most 59 characters, as the number');
});
