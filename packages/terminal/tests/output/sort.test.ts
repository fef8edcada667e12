import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readSortKeys, sorted } from '../../src/output/sort.js';

const order = (text: string, values: readonly unknown[]) =>
  sorted(
    values.map((value) => ({ value })),
    readSortKeys(text, undefined),
    (item) => item,
  ).map(({ value }) => value);

test.each<[string, unknown[], unknown[]]>([
  ['value', ['b', 'a', null, 'C'], ['a', 'b', 'C', null]],
  ['-value', ['b', null, 'a', 'C'], ['C', 'b', 'a', null]],
  ['value:desc', [1, 3, 2], [3, 2, 1]],
  ['value:ASC', [1, 3, 2], [1, 2, 3]],
  ['value', ['r-10', 'r-9', 'r-1'], ['r-1', 'r-9', 'r-10']],
  ['value', ['2G', '512M', '1.5Gi', '16'], ['16', '512M', '1.5Gi', '2G']],
  ['value', ['10', '9', ''], ['9', '10', '']],
  ['-value', [undefined, true, false], [true, false, undefined]],
  [
    'value',
    ['2026-11-23T12:00:00Z', '2026-01-01T00:00:00Z'],
    ['2026-01-01T00:00:00Z', '2026-11-23T12:00:00Z'],
  ],
])('by %s: %j', (text, values, expected) => {
  expect(order(text, values)).toEqual(expected);
});

test('versions count up, though they look like numbers', () => {
  const items = ['1.10', '1.9', '1.2'].map((tag) => ({ tag }));
  const keys = readSortKeys('tag', undefined);
  expect(sorted(items, keys, (item) => item).map(({ tag }) => tag)).toEqual(['1.2', '1.9', '1.10']);
});

test('several keys, and what is equal stays as it was', () => {
  const items = [
    { id: 1, a: 'x', b: 1 },
    { id: 2, a: 'y', b: 1 },
    { id: 3, a: 'x', b: 2 },
    { id: 4, a: 'x', b: 2 },
  ];
  const keys = readSortKeys('a,-b', undefined);
  expect(sorted(items, keys, (item) => item).map(({ id }) => id)).toEqual([3, 4, 1, 2]);
  expect(items.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
});

test('falling is the reverse of rising, whatever the values', () => {
  const numbers = fc.array(fc.integer(), { minLength: 1 });
  fc.assert(
    fc.property(numbers, (values) => {
      expect(order('-value', values)).toEqual(order('value', values).reverse());
    }),
  );
});

test.each(['name:up', 'name:desc:asc', '-'])('%s is refused', (text) => {
  expect(() => readSortKeys(text, undefined)).toThrow(
    expect.objectContaining({ code: 'command.usage' }),
  );
});
