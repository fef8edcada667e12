import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseArray, parseCsv, parseJsonLines, planBatch } from '../../src/batch/index.js';

describe('arrays', () => {
  test.each<[string, number[]]>([
    ['7', [7]],
    ['0-3', [0, 1, 2, 3]],
    ['1,5,9-12', [1, 5, 9, 10, 11, 12]],
    ['0-10:5', [0, 5, 10]],
    [' 1 , 3 ', [1, 3]],
  ])('%s', (text, values) => {
    expect(parseArray(text)).toEqual(values);
  });

  test.each([
    ['', /neither a number nor a range/],
    ['a-b', /neither a number nor a range/],
    ['3-1', /runs backwards/],
    ['0-4:0', /at least 1/],
    ['0-10000', /at most 10,000/],
    ['1-999999999', /at most 10,000/],
  ])('%j is refused', (text, message) => {
    expect(() => parseArray(text)).toThrow(message);
  });

  test('a value twice is refused', () => {
    const spec = { name: 'job', image: 'a/b', array: '1-3,2' };
    expect(() => planBatch(spec)).toThrow(/2 is in the array twice/);
  });
});

describe('tables as CSV', () => {
  test.each<[string, Record<string, string>[]]>([
    [
      'A,B\n1,2\n3,4\n',
      [
        { A: '1', B: '2' },
        { A: '3', B: '4' },
      ],
    ],
    ['A,B\r\n1,2', [{ A: '1', B: '2' }]],
    ['\uFEFFA\n1\n\n2\n', [{ A: '1' }, { A: '2' }]],
    ['A,B\n"x, y","say ""hi"""\n', [{ A: 'x, y', B: 'say "hi"' }]],
    ['A,B\n1,\n,2\n', [{ A: '1' }, { B: '2' }]],
    ['A\n"two\nlines"\n3\n', [{ A: 'two\nlines' }, { A: '3' }]],
  ])('%j', (text, rows) => {
    expect(parseCsv(text)).toEqual(rows);
  });

  test.each([
    ['', /is empty/],
    ['A,A\n', /Two columns are called A/],
    ['A,\n1,2\n', /Column 2 .* no name/],
    ['A,B\n1\n', /Line 2 has 1 values, but there are 2 columns/],
    ['A\n"x\ny"\n1,2\n', /Line 4 has 2 values/],
    ['A\nx"y\n', /Line 2 has a quote/],
    ['A\n"open\n', /Line 2 has a quote/],
  ])('%j is refused', (text, message) => {
    expect(() => parseCsv(text)).toThrow(message);
  });

  test('whatever is written with quotes is read back', () => {
    const cell = fc.string({ minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 5 }), (rows) => {
        const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
        const lines = rows.map((row) => row.map(quote).join(','));
        const read = parseCsv(`A,B\n${lines.join('\n')}\n`);
        expect(read).toEqual(rows.map(([A, B]) => ({ A, B })));
      }),
    );
  });
});

describe('tables as JSON Lines', () => {
  test('texts, numbers and truth values; nothing is left of nulls', () => {
    const text = '{"A":"x","B":1.5,"C":true}\n\n{"A":null,"B":"","C":false}\r\n';
    expect(parseJsonLines(text)).toEqual([{ A: 'x', B: '1.5', C: 'true' }, { C: 'false' }]);
  });

  test('a name that means something to the language is a name like any other', () => {
    const [row] = parseJsonLines('{"__proto__":"x","constructor":1}\n');
    expect(Object.entries(row ?? {})).toEqual([
      ['__proto__', 'x'],
      ['constructor', '1'],
    ]);
  });

  test.each([
    ['{"A":1}\nnope\n', /Line 2 is not JSON/],
    ['[1]\n', /Line 1 is not an object/],
    ['{"A":{"b":1}}\n', /the value of A must be/],
  ])('%j is refused', (text, message) => {
    expect(() => parseJsonLines(text)).toThrow(message);
  });
});

test('a plan holds the form of each item, whatever the caller changes afterwards', () => {
  const spec = { name: 'job', image: 'a/b', cmd: 'run', args: ['-x'], env: { BAND: 'r' } };
  const rows = [{ SEED: '04' }, { SEED: '05' }];
  const plan = planBatch({ ...spec, rows });
  rows[1] = { SEED: '06' };
  Object.assign(rows[0] ?? {}, { SEED: '07' });
  spec.args[0] = '-y';
  spec.env.BAND = 'g';
  const second = {
    index: 2,
    name: 'job-2',
    form: [
      ['name', 'job-2'],
      ['image', plan.image],
      ['type', 'headless'],
      ['cmd', 'run'],
      ['args', '-x'],
      ['env', 'BAND=r'],
      ['env', 'SEED=05'],
      ['env', 'REPLICA_ID=2'],
      ['env', 'REPLICA_COUNT=2'],
    ],
  };
  expect(plan.requests[1]?.form).toEqual(second.form);
  expect(plan.requests[0]?.form).toContainEqual(['env', 'SEED=04']);
  expect(JSON.parse(JSON.stringify(plan)).requests[1]).toEqual(second);
});

describe('names', () => {
  test('a single item has the name itself, several have numbers', () => {
    const names = (array: string) =>
      planBatch({ name: 'job', image: 'a/b', array }).requests.map(({ name }) => name);
    expect(names('4')).toEqual(['job']);
    expect(names('4,6')).toEqual(['job-1', 'job-2']);
  });

  test('leave room for the longest number', () => {
    const spec = { name: 'n'.repeat(60), image: 'a/b', cmd: 'true' };
    expect(() => planBatch({ ...spec, array: '1-99' })).not.toThrow();
    expect(() => planBatch({ ...spec, array: '1-1000' })).toThrow(/at most/);
  });
});
