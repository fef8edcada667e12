// @ts-check
// `npm test`: whatever set-up is missing, then the tests. Words after `--` go to Vitest.
import { join } from 'node:path';
import { passThrough } from './lib/command.mjs';
import { root } from './lib/root.mjs';
import { setup } from './lib/setup.mjs';

const words = process.argv.slice(2);
const reporters = [
  // One that is named takes the place of the usual one.
  ...(words.some((word) => word.startsWith('--reporter')) ? [] : ['--reporter=default']),
  `--reporter=${join(root, 'scripts/lib/slowest.mjs')}`,
];

if (await setup()) {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  process.exitCode = await passThrough(process.execPath, [vitest, 'run', ...reporters, ...words]);
} else {
  process.exitCode = 1;
}
