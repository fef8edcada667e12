import fc from 'fast-check';
import { expect, test } from 'vitest';
import { glob } from '../src/glob.js';

test('a pattern without wildcards fits itself and nothing else', () => {
  const text = fc.string().filter((word) => !/[*?]/.test(word));
  fc.assert(
    fc.property(text, text, (pattern, other) => {
      expect(glob(pattern).test(pattern)).toBe(true);
      expect(glob(pattern).test(other)).toBe(pattern === other);
      expect(glob('*').test(other)).toBe(true);
      expect(glob(`*${pattern}`).test(other + pattern)).toBe(true);
    }),
  );
});

test('it says what a regular expression would say', () => {
  const few = (letters: string[]) => fc.string({ unit: fc.constantFrom(...letters), maxLength: 8 });
  fc.assert(
    fc.property(few(['a', 'b', '*', '?']), few(['a', 'b', '\n', '🔭']), (pattern, text) => {
      const source = pattern.replace(/\*+/g, '.*').replace(/\?/g, '.');
      expect(glob(pattern).test(text)).toBe(new RegExp(`^${source}$`, 'su').test(text));
    }),
  );
});

test('case matters unless it is told not to', () => {
  expect(glob('RUN*').test('running')).toBe(false);
  expect(glob('RUN*', { caseless: true }).test('Running')).toBe(true);
});

test('nothing but the wildcards has a meaning of its own', () => {
  expect(glob('a.c|d').test('abc')).toBe(false);
  expect(glob('(a)+[b]\\').test('(a)+[b]\\')).toBe(true);
});

// As regular expressions these would not end, or could not be made.
test.each([
  ['many stars in a row', `${'*'.repeat(60)}b`],
  ['many stars', `${'a*'.repeat(40)}b`],
  ['a very long pattern', `${'x'.repeat(100_000)}`],
])('%s are no trouble', (_what, pattern) => {
  expect(glob(pattern).test('a'.repeat(2_000))).toBe(false);
});
