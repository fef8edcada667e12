import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ansiStyle, plainStyle } from '../../src/output/style.js';
import { type Column, fields, table } from '../../src/output/table.js';
import { width } from '../../src/output/text.js';

interface Row {
  id: string;
  image: string;
  age: string;
}

const columns: Column<Row>[] = [
  { header: 'ID', value: (row) => row.id },
  { header: 'IMAGE', value: (row) => row.image, shrinkTo: 8 },
  { header: 'AGE', value: (row) => row.age, align: 'right' },
];
const rows: Row[] = [
  { id: 'ab12cd34', image: 'images.canfar.net/skaha/astroml:latest', age: '3 days' },
  { id: 'x', image: 'short', age: '1 hour' },
];
const pipe = { isTty: false, columns: 20, style: plainStyle };

describe('table', () => {
  test('a pipe gets everything, however narrow the terminal is said to be', () => {
    expect(table(pipe, columns, rows)).toBe(
      [
        'ID        IMAGE                                      AGE',
        'ab12cd34  images.canfar.net/skaha/astroml:latest  3 days',
        'x         short                                   1 hour',
        '',
      ].join('\n'),
    );
  });

  test('a terminal gets lines of its width', () => {
    expect(table({ ...pipe, isTty: true, columns: 36 }, columns, rows)).toBe(
      [
        'ID        IMAGE                  AGE',
        'ab12cd34  images.canfar.net…  3 days',
        'x         short               1 hour',
        '',
      ].join('\n'),
    );
  });

  test('no line is wider than the terminal unless nothing more can be shortened', () => {
    const smallest = 8 + 2 + 8 + 2 + 6;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 120 }), (terminal) => {
        const text = table({ ...pipe, isTty: true, columns: terminal }, columns, rows);
        for (const line of text.split('\n'))
          expect(width(line)).toBeLessThanOrEqual(Math.max(terminal, smallest));
      }),
    );
  });

  test('escape sequences in data never reach the output', () => {
    const hostile = [{ id: '\u001B[31mred', image: 'a\nb\tc', age: '\u0007' }];
    const text = table(pipe, columns, hostile);
    expect(text).toContain('[31mred');
    expect(text).toContain('a b c');
    expect(text).not.toContain('\u0007');
    expect(text).not.toContain('\u001B');
  });

  test('colours do not disturb the columns', () => {
    const inked = columns.map((column) => ({ ...column, ink: () => 'green' as const }));
    const colored = table({ ...pipe, style: ansiStyle }, inked, rows);
    expect(colored).toContain('\u001B[32mab12cd34\u001B[39m');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: removes our own escape sequences
    expect(colored.replace(/\u001B\[\d+m/g, '')).toBe(table(pipe, columns, rows));
  });

  test('a cell that holds replacement patterns stays as it is', () => {
    expect(table(pipe, columns, [{ id: '$&', image: "$'", age: '$1' }])).toContain("$&  $'");
  });

  test('what may be left out goes, the largest number first', () => {
    const optional: Column<Row>[] = [
      { header: 'ID', value: (row) => row.id },
      { header: 'AGE', value: (row) => row.age, dropFirst: 1 },
      { header: 'IMAGE', value: () => 'x'.repeat(30), dropFirst: 2 },
    ];
    const at = (width: number) =>
      table({ ...pipe, isTty: true, columns: width }, optional, rows).split('\n')[0];
    expect([at(60), at(30), at(10)]).toEqual(['ID        AGE     IMAGE', 'ID        AGE', 'ID']);
    expect(table(pipe, optional, rows).split('\n')[0]).toBe('ID        AGE     IMAGE');
  });

  test('a column that wraps loses nothing', () => {
    const message = 'Back-off pulling image-with-a-very-long-name again and again';
    const wrapping: Column<Row>[] = [
      { header: 'ID', value: (row) => row.id },
      { header: 'MESSAGE', value: () => message, shrinkTo: 10, wraps: true },
    ];
    const text = table({ ...pipe, isTty: true, columns: 25 }, wrapping, rows.slice(0, 1));
    for (const line of text.split('\n')) expect(width(line)).toBeLessThanOrEqual(25);
    const shown = text
      .split('\n')
      .slice(1)
      .map((line) => line.slice(10));
    expect(shown.join('').replaceAll(' ', '')).toBe(message.replaceAll(' ', ''));
    expect(table(pipe, wrapping, rows.slice(0, 1))).toContain(message);
  });

  test('where nothing else helps, all but what a row is known by is shortened', () => {
    const stubborn: Column<Row>[] = [
      { header: '', value: () => '*' },
      { header: 'NAME', value: () => 'n'.repeat(20) },
      { header: 'URL', value: () => 'u'.repeat(40) },
      { header: 'ID', value: (row) => row.id },
    ];
    const text = table({ ...pipe, isTty: true, columns: 43 }, stubborn, rows.slice(0, 1));
    expect(text.split('\n')[1]).toBe(`*  ${'n'.repeat(20)}  ${'u'.repeat(7)}…  ab12cd34`);
  });

  test('wide characters take two columns', () => {
    const text = table(pipe, columns, [{ id: '観測', image: 'x', age: '1' }]);
    expect(text.split('\n')[1]).toBe('観測  x        1');
  });
});

test('fields leaves out what has no value', () => {
  const text = fields({ style: plainStyle }, [
    ['Name', 'fit'],
    ['URL', undefined],
    ['Session', 'ab12cd34'],
    ['App', ''],
  ]);
  expect(text).toBe('Name     fit\nSession  ab12cd34\n');
});
