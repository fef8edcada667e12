import type { Io } from '@skaha/terminal/io.js';
import { createProgress } from '@skaha/terminal/output/progress.js';
import { plainStyle } from '@skaha/terminal/output/style.js';
import { expect, test } from 'vitest';
import { captureTerminal } from '../harness.js';

function told(overrides: Partial<Io>): string {
  const captured = captureTerminal();
  const progress = createProgress({
    ...captured.terminal,
    format: 'table',
    style: plainStyle,
    errStyle: plainStyle,
    assumeYes: false,
    mayAsk: false,
    columns: 12,
    ...overrides,
  });
  progress.show('1 of 50 launched');
  progress.clear();
  progress.clear();
  return captured.errors();
}

test('a terminal sees one line, as wide as it is, that goes away', () => {
  expect(told({ errIsTty: true })).toBe('\r\u001B[K1 of 50 la…\r\u001B[K');
});

test('pipes and programs see nothing', () => {
  expect(told({})).toBe('');
  expect(told({ errIsTty: true, format: 'json' })).toBe('');
});
