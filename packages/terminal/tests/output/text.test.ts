import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { count, pad, plain, reflow, truncate, width, wrap } from '../../src/output/text.js';

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

test.each([
  // Letters that are joined have a cell each; marks above and below have none.
  ['नमस्ते', 4],
  ['สวัสดี', 4],
  ['\u1112\u1161\u11AB', 2],
  ['\uA960\u1161', 2],
  ['︐', 2],
  ['1️⃣', 2],
  ['👨‍👩‍👧‍👦', 2],
  ['e\u0301\u0302', 1],
  ['\u{1AFF0}', 2],
  ['a\u200Bb', 2],
])('%s takes %d columns in a terminal', (text, columns) => {
  expect(width(text)).toBe(columns);
});

describe('words of ours on a terminal', () => {
  test('break between words, and never inside of a command that fits a line', () => {
    const hint =
      "Hint: See what there is with 'skaha image ls -k headless'. If it is private, give --registry-user, or save your login with 'skaha registry login images.canfar.net'.";
    const lines = reflow(hint, 60, 'skaha').split('\n');
    for (const line of lines) expect(width(line)).toBeLessThanOrEqual(60);
    expect(lines.join(' ')).toBe(hint);
    for (const command of hint.match(/'skaha [^']*'/g) ?? [])
      expect(lines.some((line) => line.includes(command))).toBe(true);
  });

  test('keep their indent, lose no word, and are never longer than the terminal', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.stringMatching(/^[a-z]{1,12}$/), fc.constant('星の名前'))),
        fc.integer({ min: 0, max: 4 }),
        fc.integer({ min: 16, max: 40 }),
        (words, indent, columns) => {
          const text = ' '.repeat(indent) + words.join(' ');
          const lines = reflow(text, columns, 'skaha').split('\n');
          expect(lines.map((line) => line.trim()).join(' ')).toBe(words.join(' '));
          for (const line of lines) {
            expect(width(line)).toBeLessThanOrEqual(columns);
            if (words.length > 0) expect(line).toMatch(new RegExp(`^ {${indent}}\\S`));
          }
        },
      ),
    );
  });

  test('leave what is longer than a line to the terminal, so that it can be copied', () => {
    const address = `http://127.0.0.1:38759/enter/${'x'.repeat(80)}`;
    expect(reflow(`In a browser: ${address} (opens once)`, 40, 'skaha').split('\n')).toContain(
      address,
    );
  });
});
