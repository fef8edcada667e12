import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatPath, masked, parsePath, putAt, valueAt } from '../../src/config/dotted.js';

const key = fc
  .string({ minLength: 1 })
  .filter((text) => !['__proto__', 'constructor', 'prototype'].includes(text));

test('any keys survive being written as a path and read back', () => {
  fc.assert(
    fc.property(fc.array(key, { minLength: 1, maxLength: 5 }), (segments) => {
      expect(parsePath(formatPath(segments))).toEqual(segments);
    }),
  );
});

test('what is put at a path is found there, and nothing else changes', () => {
  fc.assert(
    fc.property(fc.array(key, { minLength: 1, maxLength: 4 }), fc.integer(), (segments, value) => {
      const root = { untouched: { deep: 1 } };
      fc.pre(segments[0] !== 'untouched');
      putAt(root, segments, value);
      expect(valueAt(root, segments)).toBe(value);
      expect(root.untouched).toEqual({ deep: 1 });
      putAt(root, segments, undefined);
      expect(valueAt(root, segments)).toBeUndefined();
    }),
  );
});

test.each([
  '',
  '.',
  'a.',
  '.a',
  'a..b',
  'a b',
  '"open',
  '"a"b',
  'a"b',
  '__proto__.x',
  'a.constructor',
  'a."prototype"',
])('the path %j is refused', (path) => {
  expect(() => parsePath(path)).toThrow(/path/);
});

test('quotes make a key of dots and digits', () => {
  expect(parsePath('registries."images.canfar.net".username')).toEqual([
    'registries',
    'images.canfar.net',
    'username',
  ]);
  expect(parsePath('"a\\"b\\\\"')).toEqual(['a"b\\']);
});

test('digits count as a place where there is a list', () => {
  const root = { list: ['a', 'b'], map: { 0: 'zero' } };
  expect(valueAt(root, ['list', '1'])).toBe('b');
  expect(valueAt(root, ['list', 'length'])).toBeUndefined();
  expect(valueAt(root, ['map', '0'])).toBe('zero');
  putAt(root, ['list', '2'], 'c');
  putAt(root, ['list', '0'], undefined);
  expect(root.list).toEqual(['b', 'c']);
  expect(() => putAt(root, ['list', '9'], 'x')).toThrow(/not a place/);
  expect(() => putAt(root, ['list', 'x'], 'x')).toThrow(/not a place/);
  expect(() => putAt(root, ['list', '0', 'x'], 'x')).toThrow(/single value/);
});

test('inherited names are no settings', () => {
  expect(valueAt({}, ['toString'])).toBeUndefined();
  expect(valueAt({ a: 'text' }, ['a', 'length'])).toBeUndefined();
});

test('S9: secrets are masked wherever they stand, other values are not', () => {
  const stars = '**********';
  expect(
    masked({
      a: { secret: 'x', access: 'y', refresh: '', refresh_token: 'z', token_type: 'Bearer' },
      token: { access: 'y', scope: 'openid' },
      list: [{ password: 'p' }],
      expiry: { access: 1785000000 },
      path: '/x',
    }),
  ).toEqual({
    a: { secret: stars, access: stars, refresh: '', refresh_token: stars, token_type: 'Bearer' },
    token: { access: stars, scope: 'openid' },
    list: [{ password: stars }],
    expiry: { access: 1785000000 },
    path: '/x',
  });
  expect(masked('x', ['registries', 'h', 'secret'])).toBe(stars);
  expect(masked(null, ['token'])).toBeNull();
});
