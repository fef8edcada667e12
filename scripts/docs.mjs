// @ts-check
// `npm run docs`: the documentation as a site in docs/.vitepress/dist. `docs:dev` shows it and its
// changes at once, on the loopback address only.
import { watch } from 'node:fs';
import { join } from 'node:path';
import { buildSite, sitePath, stage, vitepress } from './docs/site.mjs';
import { passThrough } from './lib/command.mjs';
import { root } from './lib/root.mjs';
import { setup } from './lib/setup.mjs';
import { Steps } from './lib/steps.mjs';

/**
 * @param {string} program
 * @param {ReadonlyMap<string, string>} generated
 */
async function develop(program, generated) {
  /** @type {NodeJS.Timeout | undefined} */
  let due;
  const watcher = watch(join(root, 'docs'), { recursive: true }, (_, name) => {
    if (name === null || !/\.(md|svg)$/.test(name)) return;
    if (/^(\.vitepress[\\/])?(dist|node_modules)\b/.test(name)) return;
    clearTimeout(due);
    due = setTimeout(() => stage(generated), 200);
  });
  const words = [program, 'dev', 'docs', '--host', '127.0.0.1'];
  const status = await passThrough(process.execPath, words);
  clearTimeout(due);
  watcher.close();
  return status;
}

/** @param {string} task */
async function docs(task) {
  if (task !== 'build' && task !== 'dev') {
    process.stderr.write('Error: say build or dev.\n');
    return 2;
  }
  if (!(await setup())) return 1;
  if (vitepress === undefined) {
    process.stderr.write('Error: VitePress is not installed.\nHint: run npm ci.\n');
    return 1;
  }
  const generated = await buildSite(new Steps(), task === 'dev' ? 'pages' : 'site');
  if (generated === undefined) return 1;
  if (task === 'dev') return await develop(vitepress, generated);
  process.stderr.write(`It is in ${sitePath}; npm run docs:preview shows it.\n`);
  return 0;
}

process.exitCode = await docs(process.argv[2] ?? 'build');
