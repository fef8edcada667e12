// @ts-check
// From the pages and the built packages to the site.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { capture } from '../lib/command.mjs';
import { root } from '../lib/root.mjs';
import { libraryPages } from './library.mjs';
import { stagePages } from './stage.mjs';

/** Where the site is built, below the top of the repository. */
export const sitePath = 'docs/.vitepress/dist';

/** The program of VitePress; undefined where the workspace of the documentation is not installed. */
export const vitepress = ['node_modules', 'docs/node_modules']
  .map((folder) => join(root, folder, 'vitepress/bin/vitepress.js'))
  .find((path) => existsSync(path));

/**
 * Gathers the pages.
 *
 * @param {ReadonlyMap<string, string>} generated - those that have no file
 */
export function stage(generated) {
  const problems = stagePages(root, generated);
  return { ok: problems.length === 0, output: problems.join('\n') };
}

/**
 * Builds the site. The packages must be built.
 *
 * @param {import('../lib/steps.mjs').Steps} steps
 * @param {'pages' | 'draft' | 'site'} [until] - how far; a draft has no colours in code
 * @returns {Promise<ReadonlyMap<string, string> | undefined>} the generated pages; undefined when a
 *   step failed
 */
export async function buildSite(steps, until = 'site') {
  /** @type {ReadonlyMap<string, string>} */
  let generated = new Map();
  const words = [vitepress ?? '', 'build', 'docs'];
  const env = until === 'draft' ? { ...process.env, DOCS_DRAFT: '1' } : process.env;
  const ready =
    (await steps.run('reference of the library', async () => {
      generated = await libraryPages(root);
      return { ok: true };
    })) &&
    (await steps.run('pages', () => stage(generated))) &&
    (until === 'pages' ||
      (await steps.run('site', () => capture(process.execPath, words, { env }))));
  return ready ? generated : undefined;
}
