import { count, pad, plain, truncate, width, wrap } from '@skaha/terminal/output/text.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';

test('truncated text fits and says that something is missing', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }),
      fc.integer({ min: 1, max: 40 }),
      (raw, columns) => {
        const text = plain(raw);
        const short = truncate(text, columns);
        expect(width(short)).toBeLessThanOrEqual(Math.max(columns, 1));
        if (short !== text) expect(short.endsWith('…')).toBe(true);
      },
    ),
  );
});

test('an accent stays with its letter', () => {
  expect(truncate(' A\u0300', 1)).toBe('…');
  expect(truncate('re\u0301duire', 4)).toBe('re\u0301d…');
});

test('the number of a replica survives shortening', () => {
  expect(truncate('reduce-the-night-17', 11, 'middle')).toBe('reduc…ht-17');
  expect(truncate('images.canfar.net/skaha/astroml', 10, 'start')).toBe('…a/astroml');
  expect(truncate('reduce-the-night-17', 8)).toBe('reduce-…');
});

test('wrapping loses no word and keeps lines short', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z]{1,12}$/)), (words) => {
      const lines = wrap(words.join(' '), 12);
      expect(lines.join(' ')).toBe(words.join(' '));
      for (const line of lines) expect(width(line)).toBeLessThanOrEqual(12);
    }),
  );
});

test('pad fills on either side', () => {
  expect(pad('ab', 4)).toBe('ab  ');
  expect(pad('ab', 4, 'left')).toBe('  ab');
  expect(pad('abcdef', 4)).toBe('abcdef');
});

test('nouns follow their number', () => {
  expect([count(0, 'session'), count(1, 'session'), count(2, 'session')]).toEqual([
    '0 sessions',
    '1 session',
    '2 sessions',
  ]);
});

test.each([
  ['plain', 5],
  ['é', 1],
  ['e\u0301', 1],
  ['星', 2],
  ['𠮷', 2],
  ['한글', 4],
  ['✅', 2],
  ['🚀', 2],
  ['🇨🇦', 2],
  ['👩‍🔬', 2],
  ['❤️', 2],
  ['→', 1],
  ['ｶ', 1],
  ['\u001B[31m星\u001B[0m', 2],
])('%s takes %d columns', (text, columns) => {
  expect(width(text)).toBe(columns);
});
