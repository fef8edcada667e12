import { expect, test } from 'vitest';
import { parametersOf, queryParameters } from '../../src/http/parameters.js';

test('names are alike in any case, values keep their order', () => {
  const parameters = parametersOf(
    [['ENV', 'a']],
    [
      ['env', 'b'],
      ['env', 'c'],
      ['name', 'fit'],
    ],
  );
  expect(parameters.all('Env')).toEqual(['a', 'b', 'c']);
  expect(parameters.get('env')).toBe('a');
  expect([parameters.get('image'), parameters.all('image')]).toEqual([undefined, []]);
});

test('two spellings of a name in one source are refused', () => {
  expect(() => queryParameters('name=a&NAME=b')).toThrow(
    expect.objectContaining({ status: 400, message: 'null' }),
  );
});

// With time that grows with the square of their number this would not end.
test('a name may come as often as a body has room for', () => {
  expect(queryParameters('a&'.repeat(500_000)).all('a')).toHaveLength(500_000);
});
