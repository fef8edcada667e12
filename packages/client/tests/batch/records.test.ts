import { describe, expect, test } from 'vitest';
import {
  errorRecord,
  type JournalRecord,
  journalVersion,
  readRecords,
  writeRecord,
} from '../../src/batch/records.js';
import { SkahaError } from '../../src/errors/index.js';

const batch = {
  ...{ type: 'batch', version: journalVersion, at: 1, server: 'https://h/skaha', image: 'h/a/b:1' },
  spec: { name: 'job', image: 'a/b:1', replicas: 3 },
};
const lines = (...records: unknown[]) => records.map((one) => `${JSON.stringify(one)}\n`).join('');

/** Every type of record in every form there is. */
const all: unknown[] = [
  batch,
  { type: 'run', at: 2, known: { 'job-1': ['a', 'b'], 'job-2': [] } },
  { type: 'intent', at: 3, item: 1, attempt: 1 },
  ...['launched', 'refused', 'absent', 'unknown'].map((result) => ({
    ...{
      type: 'outcome',
      at: 4,
      item: 1,
      attempt: 2,
      result,
      id: 'a',
      found: true,
      passing: false,
    },
    error: { code: 'quota.exceeded', message: 'full', hint: 'wait' },
  })),
  ...['completed', 'failed', 'gone'].map((status) => ({
    ...{ type: 'end', at: 5, item: 1, id: 'a', status },
  })),
  { type: 'removed', at: 6, item: 2, id: 'b' },
  ...['asked', 'atomic'].map((reason) => ({ type: 'cancel', at: 7, reason })),
];

describe('a journal', () => {
  test('gives every type of record back, with fields of later versions', () => {
    const more = all.map((record) => ({ ...(record as object), later: { yes: 1 } }));
    expect(readRecords(lines(...more), 'j')).toEqual(more);
    expect(readRecords(more.map((one) => `${writeRecord(one as never)}\n`).join(''), 'j')).toEqual(
      more,
    );
  });

  test.each([[{ array: '1-5' }], [{ array: [1, 2, 5] }], [{ rows: [{ BAND: 'r' }, {}] }]])(
    'may be of a batch with %j',
    (items) => {
      const record = {
        ...batch,
        spec: { name: 'job', image: 'a/b:1', ...items },
        options: { x: 1 },
      };
      expect(readRecords(lines(record), 'j')).toEqual([record]);
    },
  );

  test('that is empty, or of a first line cut short, says nothing', () => {
    expect(readRecords('', 'j')).toEqual([]);
    expect(readRecords(JSON.stringify(batch), 'j')).toEqual([]);
  });

  test('ends with its last complete line', () => {
    const text = lines(batch, { type: 'intent', at: 3, item: 1, attempt: 1 });
    expect(readRecords(`${text}{"type":"int`, 'j')).toHaveLength(2);
    expect(readRecords(text.slice(0, -1), 'j')).toHaveLength(1);
  });
});

describe('refused, with the number of the line, is', () => {
  const intent = { type: 'intent', at: 3, item: 1, attempt: 1 };
  test.each<[string, unknown[], number]>([
    ['a journal that does not begin with its batch', [intent], 1],
    ['a second batch', [batch, intent, batch], 3],
    ['a batch without server', [{ ...batch, server: undefined }], 1],
    ['a batch without name', [{ ...batch, spec: { image: 'a' } }], 1],
    ['a batch with half a replica', [{ ...batch, spec: { ...batch.spec, replicas: 0.5 } }], 1],
    ['an array of words', [{ ...batch, spec: { ...batch.spec, array: ['a'] } }], 1],
    ['rows of numbers', [{ ...batch, spec: { ...batch.spec, rows: [{ A: 1 }] } }], 1],
    ['item zero', [batch, { ...intent, item: 0 }], 2],
    ['attempt zero', [batch, { ...intent, attempt: 0 }], 2],
    ['half an item', [batch, { ...intent, item: 1.5 }], 2],
    ['no time', [batch, { ...intent, at: '3' }], 2],
    ['an unknown type', [batch, { ...intent, type: 'other' }], 2],
    ['an unknown outcome', [batch, { ...intent, type: 'outcome', result: 'perhaps' }], 2],
    ['an error without words', [batch, { ...(all[3] as object), error: { code: 'x' } }], 2],
    ['an end without session', [batch, { type: 'end', at: 5, item: 1, status: 'gone' }], 2],
    ['an unknown end', [batch, { type: 'end', at: 5, item: 1, id: 'a', status: 'lost' }], 2],
    ['a removal of nothing', [batch, { type: 'removed', at: 5, item: 1 }], 2],
    ['an unknown reason', [batch, { type: 'cancel', at: 5, reason: 'mood' }], 2],
    ['a run that knows no names', [batch, { type: 'run', at: 5, known: ['a'] }], 2],
    ['a list', [batch, []], 2],
  ])('%s', (_what, records, line) => {
    expect(() => readRecords(lines(...records), 'FILE')).toThrow(
      expect.objectContaining({
        code: 'batch.journal_invalid',
        message: `Line ${line} of the journal FILE cannot be read.`,
        hint: expect.stringContaining('corrected by hand'),
      }),
    );
  });

  test('what is no JSON', () => {
    expect(() => readRecords(`${lines(batch)}{"type"\n`, 'FILE')).toThrow('Line 2 of the journal');
  });

  test('an empty line', () => {
    expect(() => readRecords(`${lines(batch)}\n`, 'FILE')).toThrow('Line 2 of the journal');
  });
});

test('a journal of a newer version is left to a newer program', () => {
  expect(() => readRecords(lines({ ...batch, version: journalVersion + 1 }), 'FILE')).toThrow(
    expect.objectContaining({
      code: 'batch.journal_invalid',
      message: 'The journal FILE was written by a newer version of skaha.',
      hint: expect.stringContaining('newer one'),
    }),
  );
  const older = lines({ ...batch, version: 0 });
  expect(readRecords(older, 'FILE')).toHaveLength(1);
});

test('an error is written down by code, message and hint', () => {
  const error = new SkahaError('quota.exceeded', 'full', { hint: 'Wait.' });
  const record: JournalRecord = {
    ...{ type: 'outcome', at: 4, item: 1, attempt: 1, result: 'refused' },
    error: errorRecord(error),
  };
  expect(errorRecord(error)).toMatchObject({ code: 'quota.exceeded', message: 'full' });
  expect(readRecords(lines(batch, record), 'j')[1]).toMatchObject({ error: errorRecord(error) });
});
