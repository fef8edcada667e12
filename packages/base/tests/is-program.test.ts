import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isProgram } from '../src/is-program.js';

test('a program is a file that may be executed, not a folder, nor something that is not there', () => {
  const folder = mkdtempSync(join(tmpdir(), 'skaha-program-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'program');
  writeFileSync(file, '#!/bin/sh\n', { mode: 0o600 });
  expect(isProgram(file)).toBe(false);
  chmodSync(file, 0o700);
  expect(isProgram(file)).toBe(true);
  expect(isProgram(folder)).toBe(false);
  expect(isProgram(join(folder, 'none'))).toBe(false);
});
