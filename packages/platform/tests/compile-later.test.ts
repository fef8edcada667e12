import { setFlagsFromString } from 'node:v8';
import { beforeEach, expect, test, vi } from 'vitest';
import { compileLater } from '../src/compile-later.js';

vi.mock('node:v8', () => ({ setFlagsFromString: vi.fn() }));
beforeEach(() => vi.clearAllMocks());

test('V8 is told to compile later where it knows the flag, and nothing where it would complain', () => {
  // Of Node 22 and 24.
  for (const version of ['12.4.254.21-node.57', '13.6.233.17-node.53']) compileLater(version);
  expect(setFlagsFromString).not.toHaveBeenCalled();
  compileLater('11.3.244.8-node.33');
  expect(setFlagsFromString).toHaveBeenCalledOnce();
});
