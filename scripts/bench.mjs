// @ts-check
// `npm run bench`: whatever set-up is missing, then the measurements.
import { join } from 'node:path';
import { passThrough } from './lib/command.mjs';
import { root } from './lib/root.mjs';
import { setup } from './lib/setup.mjs';

process.exitCode = (await setup())
  ? await passThrough(process.execPath, [join(root, 'bench/run.mjs'), ...process.argv.slice(2)])
  : 1;
