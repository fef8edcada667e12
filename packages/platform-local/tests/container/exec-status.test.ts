import { execStatus } from '@skaha/platform-local/container/engine.js';
import { expect, test } from 'vitest';

test.each([
  [{ Running: true, ExitCode: null }, undefined],
  [{ Running: false, ExitCode: 0 }, 0],
  [{ Running: false, ExitCode: 143 }, 143],
  [{ Running: false, ExitCode: -1 }, 255],
])('%j of a further command means %s', (state, status) => {
  expect(execStatus(state)).toBe(status);
});
