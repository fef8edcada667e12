import type { Io } from '@skaha/terminal/io.js';
import { createSteps, type StepsOptions } from '@skaha/terminal/output/steps.js';
import { plainStyle } from '@skaha/terminal/output/style.js';
import { expect, test } from 'vitest';
import { captureTerminal } from '../harness.js';

function told(overrides: Partial<Io>, options: Partial<StepsOptions> = {}): string {
  const captured = captureTerminal();
  const io: Io = {
    ...captured.terminal,
    format: 'table',
    style: plainStyle,
    errStyle: plainStyle,
    assumeYes: false,
    mayAsk: false,
    ...overrides,
  };
  const now = () => Date.UTC(2026, 0, 2);
  const steps = createSteps(io, { mode: 'auto', now, fewItems: 2, reportsAll: true, ...options });
  const common = { event: 'wait', total: 3 };
  steps.step({ ...common, id: 'a', phase: 'Running', done: 1, text: 'A runs', summary: '1 of 3' });
  steps.step({
    ...common,
    phase: 'rejected',
    done: 1,
    text: 'B: no',
    summary: '1 of 3',
    isTrouble: true,
  });
  steps.end();
  return captured.errors();
}

test('a terminal sees one line of sums, and troubles above it', () => {
  expect(told({ errIsTty: true })).toBe(
    '\r\u001B[K1 of 3\r\u001B[KB: no\n\r\u001B[K1 of 3\r\u001B[K',
  );
});

test('few items are told one by one', () => {
  expect(told({ errIsTty: true }, { fewItems: 3 })).toBe('A runs\nB: no\n');
});

test('a pipe gets every step, or troubles only', () => {
  expect(told({})).toBe('A runs\nB: no\n');
  expect(told({}, { reportsAll: false })).toBe('B: no\n');
  expect(told({ errIsTty: true, env: { TERM: 'dumb' } })).toBe('A runs\nB: no\n');
});

test('programs are told nothing unless they ask', () => {
  expect(told({ format: 'json' })).toBe('');
  expect(told({ format: 'json' }, { mode: 'plain' })).toBe('A runs [1/3]\nB: no [1/3]\n');
});

test('none says nothing; json says one object a line', () => {
  expect(told({ errIsTty: true }, { mode: 'none' })).toBe('');
  const lines = told({ errIsTty: true }, { mode: 'json' }).trimEnd().split('\n');
  const time = '2026-01-02T00:00:00.000Z';
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { event: 'wait', id: 'a', phase: 'Running', done: 1, total: 3, time },
    { event: 'wait', id: null, phase: 'rejected', done: 1, total: 3, time },
  ]);
});
