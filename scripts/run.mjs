// @ts-check
// `npm run bench`, `npm run fuzz`: whatever set-up is missing, then the program that is named.
import { join } from 'node:path';
import { passThrough } from './lib/command.mjs';
import { root } from './lib/root.mjs';
import { setup } from './lib/setup.mjs';

const [program = '', ...words] = process.argv.slice(2);
process.exitCode = (await setup())
  ? await passThrough(process.execPath, [join(root, program), ...words])
  : 1;
