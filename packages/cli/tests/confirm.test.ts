import { confirm } from '@skaha/terminal/confirm.js';
import type { Io } from '@skaha/terminal/io.js';
import { plainStyle } from '@skaha/terminal/output/style.js';
import { describe, expect, test } from 'vitest';
import { captureTerminal } from './harness.js';

function asking(stdin: string, overrides: Partial<Io> = {}) {
  const captured = captureTerminal({ stdin });
  const io: Io = {
    ...captured.terminal,
    format: 'table',
    style: plainStyle,
    errStyle: plainStyle,
    assumeYes: false,
    mayAsk: true,
    ...overrides,
  };
  return { io, asked: captured.errors };
}

describe('confirm', () => {
  test.each([
    ['y\n', true],
    ['YES\n', true],
    ['n\n', false],
    ['\n', false],
    ['', false],
  ])('the answer %j means %s', async (stdin, expected) => {
    const { io, asked } = asking(stdin);
    expect(await confirm(io, 'Delete it?')).toBe(expected);
    expect(asked()).toMatch(/^Delete it\? \[y\/N\] /);
  });

  test('anything else asks again', async () => {
    const { io, asked } = asking('maybe\ny\n');
    expect(await confirm(io, 'Sure?')).toBe(true);
    expect(asked()).toBe('Sure? [y/N] Please answer y or n.\nSure? [y/N] ');
  });

  test('--yes answers without a question', async () => {
    const { io, asked } = asking('', { assumeYes: true, mayAsk: false });
    expect(await confirm(io, 'Sure?')).toBe(true);
    expect(asked()).toBe('');
  });

  test('nobody to ask is wrong usage that names the option', async () => {
    const { io } = asking('y\n', { mayAsk: false });
    await expect(confirm(io, 'Sure?')).rejects.toMatchObject({
      code: 'command.usage',
      hint: expect.stringContaining('--yes'),
    });
  });
});
