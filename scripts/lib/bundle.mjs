// @ts-check
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './root.mjs';

const output = join(root, 'packages/skaha/dist/command');

/**
 * Puts the command and what it needs into few files, split where it loads on demand: most of the
 * time of a short command went into finding and reading hundreds of small modules.
 *
 * @returns {Promise<{ok: boolean, output: string}>}
 */
export async function bundleCommand() {
  const { build } = await import('esbuild');
  await rm(output, { recursive: true, force: true });
  try {
    await build({
      entryPoints: [join(root, 'packages/skaha/dist/cli/main.js')],
      outdir: output,
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20.19',
      // Names stay: they are what a stack trace shows under --debug.
      minifySyntax: true,
      minifyWhitespace: true,
      sourcemap: false,
      legalComments: 'linked',
      logLevel: 'silent',
      // Some dependencies are CommonJS and call `require` for modules of Node.
      banner: {
        js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
      },
    });
    return { ok: true, output: '' };
  } catch (error) {
    return { ok: false, output: error instanceof Error ? error.message : String(error) };
  }
}
