// @ts-check
// `npm test`: whatever set-up is missing, then the tests. Words after `--` go to Vitest.
import { join } from 'node:path';
import { passThrough } from './lib/command.mjs';
import { root } from './lib/root.mjs';
import { setup } from './lib/setup.mjs';

if (await setup()) {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  process.exitCode = await passThrough(process.execPath, [vitest, 'run', ...process.argv.slice(2)]);
} else {
  process.exitCode = 1;
}
