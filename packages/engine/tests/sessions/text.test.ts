import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Refusal } from '../../src/sessions/refusal.js';
import { parseEnvironmentEntry, render, splitDroppingTrailing } from '../../src/sessions/text.js';

test.each([
  ['a b', ['a', 'b']],
  ['a  b', ['a', '', 'b']],
  [' a', ['', 'a']],
  ['a  ', ['a']],
  ['', ['']],
  ['  ', []],
])('39: args %j becomes %j', (text, parts) => {
  expect(splitDroppingTrailing(text, ' ')).toEqual(parts);
});

test.each([
  ['A=b', ['A', 'b']],
  ['A=b=', ['A', 'b']],
  ['=b', ['', 'b']],
  ['A=b=c', undefined],
  ['A=', undefined],
  ['A', undefined],
])('39: env %j is kept as %j', (entry, pair) => {
  expect(parseEnvironmentEntry(entry)).toEqual(pair);
});

test('values without backslash, dollar and quote pass unchanged', () => {
  const plain = fc.string().filter((value) => !/[\\$"]/.test(value));
  fc.assert(
    fc.property(plain, (value) => {
      expect(render(value)).toBe(value);
    }),
  );
});

test('a backslash escapes what follows it', () => {
  expect(render('a\\b\\\\c')).toBe('ab\\c');
});

test.each([
  ['a\\', 400, 'character to be escaped is missing'],
  ['$', 400, 'Illegal group reference'],
  ['$HOME', 400, 'Illegal group reference'],
  [`\${x}`, 400, 'No group with name {x}'],
  ['$1', 500, 'unexpected exception: java.lang.IndexOutOfBoundsException: No group 1'],
])('%j is refused with %i', (value, status, message) => {
  const caught = (() => {
    try {
      return render(value);
    } catch (error) {
      return error;
    }
  })();
  expect(caught).toBeInstanceOf(Refusal);
  expect(caught).toMatchObject({ status, message });
});
