import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { temporaryDirectory } from './fixtures.js';

const source = `
import { updateConfiguration } from './index.ts';
const [path, prefix, rounds] = process.argv.slice(2);
for (let round = 0; round < Number(rounds); round += 1) {
  await updateConfiguration(path, (draft) => {
    draft.registries[prefix + '-' + round] = { username: 'u', secret: 's' };
  });
  process.stdout.write('.');
}
`;

/**
 * Bundles a program that writes one registry entry after the other into a configuration file and
 * prints a dot for each. Its arguments: path, prefix of the keys, number of entries.
 */
export async function buildWriter(): Promise<string> {
  const outfile = join(await temporaryDirectory(), 'writer.mjs');
  await build({
    stdin: {
      contents: source,
      resolveDir: fileURLToPath(new URL('../../src/config/', import.meta.url)),
      loader: 'ts',
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    outfile,
    logLevel: 'error',
  });
  return outfile;
}
