// @ts-check
// `npm run pack`: packs what is published into `out/packages`, private packages inside.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { packAll } from './lib/packages.mjs';
import { root } from './lib/root.mjs';

const folder = join(root, 'out/packages');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const { packed } = await packAll(folder);
rmSync(join(folder, 'stage'), { recursive: true, force: true });
for (const { file } of packed) process.stdout.write(`${file}\n`);
