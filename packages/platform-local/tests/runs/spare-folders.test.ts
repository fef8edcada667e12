import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { lastChange, SpareFolders } from '@skaha/platform-local/runs/spare-folders.js';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../../../platform/tests/fixtures.js';

test('a directory that is there already is not exchanged for a spare one, even when it is empty', () => {
  const root = temporaryDirectory();
  const spare = new SpareFolders(join(root, 'spare'));
  const [first, second] = [join(root, 'first'), join(root, 'second')];
  for (const path of [first, second]) mkdirSync(path);
  expect(spare.keep(first, lastChange(first))).toBe(true);
  const before = statSync(second).ino;
  spare.take(second);
  expect(statSync(second).ino).toBe(before);
});
