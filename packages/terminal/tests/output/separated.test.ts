import fc from 'fast-check';
import { expect, test } from 'vitest';
import { separated } from '../../src/output/separated.js';

test('CSV puts in quotes what needs it', () => {
  const rows = [['1', 'a,b', 'say "x"', 'two\nlines', ' edge', '']];
  expect(separated('csv', ['id', 'a', 'b', 'c', 'd', 'e'], rows)).toBe(
    'id,a,b,c,d,e\n1,"a,b","say ""x""","two\nlines"," edge",\n',
  );
});

test('TSV writes tabs and line ends with a backslash', () => {
  expect(separated('tsv', undefined, [['a\tb', 'c\nd', 'e\\f']])).toBe('a\\tb\tc\\nd\te\\\\f\n');
});

/** Reads CSV, character by character. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let [cell, row, isQuoted] = ['', [] as string[], false];
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index] ?? '';
    if (isQuoted && character === '"' && text[index + 1] === '"') {
      cell += '"';
      index += 1;
    } else if (character === '"') isQuoted = !isQuoted;
    else if (character === ',' && !isQuoted) {
      row.push(cell);
      cell = '';
    } else if (character === '\n' && !isQuoted) {
      rows.push([...row, cell]);
      [cell, row] = ['', []];
    } else cell += character;
  }
  return rows;
}

test('what is written as CSV is read the same', () => {
  const table = fc.array(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 2, maxLength: 4 }));
  fc.assert(
    fc.property(table, (rows) => {
      expect(readCsv(separated('csv', undefined, rows))).toEqual(rows);
    }),
  );
});
