// @ts-check
// `npm run fuzz`: whatever set-up is missing, then inputs that nobody expects for every parser.
import { join } from 'node:path';
import { passThrough } from './lib/command.mjs';
import { root } from './lib/root.mjs';
import { setup } from './lib/setup.mjs';

process.exitCode = (await setup())
  ? await passThrough(process.execPath, [join(root, 'fuzz/run.mjs'), ...process.argv.slice(2)])
  : 1;
