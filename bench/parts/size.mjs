// @ts-check
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { root } from '../../scripts/lib/root.mjs';

/** @typedef {import('../lib/figures.mjs').Figure} Figure */

/** @returns {Promise<number>} kB of everything a page may load, compressed */
async function compressedSize() {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    stdin: {
      contents: "export { SkahaClient } from 'skaha';",
      resolveDir: join(root, 'bench'),
    },
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2023',
    write: false,
    outdir: join(root, 'out'),
  });
  return outputFiles.reduce((sum, file) => sum + gzipSync(file.contents).length, 0) / 1024;
}

/**
 * What a page has to load for the library. It is the same on every machine.
 *
 * @param {import('../run.mjs').Context} context
 * @returns {Promise<Figure[]>}
 */
export const size = async ({ bundleKilobytes }) => [
  {
    name: 'bundle for browsers',
    against: `${bundleKilobytes} kB, compressed`,
    value: await compressedSize(),
    reference: bundleKilobytes,
    unit: 'kB',
  },
];
