import { expect, test } from 'vitest';
import { t, textsFor, wordFor } from '../app/text.js';
import { english } from '../app/texts/en.js';
import { writingIn } from '../app/texts/writing.js';

test('each language counts by its own rules', () => {
  const { plural, percent } = writingIn('fr');
  const forms = { one: 'séance', other: 'séances' };
  expect([0, 1, 2].map((count) => plural(count, forms))).toEqual([
    ...['0 séance', '1 séance', '2 séances'],
  ]);
  expect(plural(1234, forms).replace(/\s/gu, ' ')).toBe('1 234 séances');
  expect(percent(0.256).replace(/\s/gu, ' ')).toBe('26 %');
  expect(english.sessions.count(0)).toBe('0 sessions');
});

test('a browser gets the first language that it reads, and English where there is none', () => {
  expect(textsFor(['tlh', 'en-CA', 'fr'])).toBe(english);
  expect(textsFor(['tlh'])).toBe(english);
  expect(textsFor(['constructor'])).toBe(english);
  expect(t.language).toBe('en');
});

test('a name that nobody foresaw has no word, whatever it is', () => {
  expect(wordFor(english.status, 'Running')).toBe('Running');
  expect(wordFor(english.status, 'constructor')).toBeUndefined();
  expect(wordFor(english.kinds, 'toString')).toBeUndefined();
});

/** All texts, by their place; sentences said with numbers and words that stand for any. */
function allOf(value: unknown, place: string): [place: string, text: string][] {
  if (typeof value === 'string') return [[place, value]];
  if (typeof value === 'function') return [[place, String(value(3, 4, 5))]];
  return Object.entries(value ?? {}).flatMap(([name, inner]) => allOf(inner, `${place}.${name}`));
}

test('no text is empty, and none says that something is not defined', () => {
  for (const [place, text] of allOf(english, 'english')) {
    expect([place, text.trim()]).not.toEqual([place, '']);
    expect([place, text]).not.toEqual([place, expect.stringMatching(/undefined|NaN|\[object/)]);
  }
});
