import { describe, expect, test } from 'vitest';
import {
  checkFields,
  type DataFields,
  fieldText,
  project,
  readField,
  readFields,
  valueAt,
} from '../../src/output/field.js';

const known: DataFields = { names: ['id', 'type', 'startTime'], aliases: { kind: 'type' } };
const open: DataFields = { ...known, open: true };

describe('the name of a field', () => {
  test.each([
    ['id', ['id'], true],
    ['STARTTIME', ['startTime'], true],
    ['Kind', ['type'], true],
    ['.id', ['id'], true],
    ['type.inner.0', ['type', 'inner', '0'], true],
    ['newer', ['newer'], false],
  ])('%s', (text, path, isCertain) => {
    expect(readField(text, open)).toMatchObject({ path, isCertain });
  });

  test('is kept as typed', () => {
    expect(readFields('kind, Id', known).map(({ name }) => name)).toEqual(['kind', 'Id']);
  });

  test.each([
    ['knid', "Did you mean 'kind'? Valid fields: id, type, startTime."],
    ['nothing-like-it', 'Valid fields: id, type, startTime.'],
    ['constructor', 'Valid fields: id, type, startTime.'],
  ])('%s is refused', (text, hint) => {
    expect(() => readField(text, known)).toThrow(
      expect.objectContaining({
        code: 'command.usage',
        message: `There is no field '${text}'.`,
        hint,
      }),
    );
  });

  test.each(['', '.', 'a..b', 'a.'])('%j is none', (text) => {
    expect(() => readField(text, undefined)).toThrow('is not the name of a field');
  });
});

test('a field that only the data can tell is refused when no item has it', () => {
  const fields = readFields('id,newer', open);
  const names = () =>
    checkFields(
      fields,
      [
        { id: 1, odd: 2 },
        { id: 3, newest: 1 },
      ],
      open,
    );
  expect(names).toThrow(
    expect.objectContaining({
      message: "There is no field 'newer'.",
      hint: "Did you mean 'newest'? Valid fields: id, type, startTime, odd, newest.",
    }),
  );
  expect(() => checkFields(fields, [{ id: 1 }, { newer: null }], open)).not.toThrow();
  expect(() => checkFields(fields, [], open)).not.toThrow();
});

test('values are found by their path, and only among what the item itself has', () => {
  const item = { a: { b: [{ c: 1 }] } };
  expect(valueAt(item, ['a', 'b', '0', 'c'])).toBe(1);
  expect(valueAt(item, ['a', 'x', 'y'])).toBeUndefined();
  expect(valueAt(item, ['constructor'])).toBeUndefined();
  expect(project(item, readFields('a.b,z', undefined))).toEqual({ 'a.b': [{ c: 1 }], z: null });
});

test.each([
  [null, ''],
  [undefined, ''],
  ['a b', 'a b'],
  [0, '0'],
  [false, 'false'],
  [[1, 'x', null], '1,x,'],
  [[], ''],
  [{ a: [1] }, '{"a":[1]}'],
  [[{ a: 1 }], '[{"a":1}]'],
])('%j is %j as text', (value, text) => {
  expect(fieldText(value)).toBe(text);
});
