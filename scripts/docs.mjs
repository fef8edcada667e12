// @ts-check
// `npm run docs`: the documentation as a site in docs/.vitepress/dist. `docs:dev` shows it and its
// changes at once, `docs:preview` what was built; both on the loopback address only.
import { existsSync, watch } from 'node:fs';
import { join } from 'node:path';
import { libraryPages } from './docs/library.mjs';
import { stagePages } from './docs/stage.mjs';
import { capture, passThrough } from './lib/command.mjs';
import { root } from './lib/root.mjs';
import { setup } from './lib/setup.mjs';
import { Steps } from './lib/steps.mjs';

const vitepress = ['node_modules', 'docs/node_modules']
  .map((folder) => join(root, folder, 'vitepress/bin/vitepress.js'))
  .find((path) => existsSync(path));

/** @param {ReadonlyMap<string, string>} generated */
const stage = (generated) => {
  const problems = stagePages(root, generated);
  return { ok: problems.length === 0, output: problems.join('\n') };
};

/** @param {ReadonlyMap<string, string>} generated */
async function develop(generated) {
  let due = setTimeout(() => undefined, 0);
  const watcher = watch(join(root, 'docs'), { recursive: true }, (_, name) => {
    if (name === null || !/^[^.].*\.(md|svg)$/.test(name) || /^(dist|node_modules)\b/.test(name))
      return;
    clearTimeout(due);
    due = setTimeout(() => stage(generated), 200);
  });
  const status = await passThrough(process.execPath, [
    vitepress ?? '',
    'dev',
    'docs',
    '--host',
    '127.0.0.1',
  ]);
  watcher.close();
  return status;
}

/** @param {string} task */
async function docs(task) {
  if (!['build', 'dev', 'preview'].includes(task)) {
    process.stderr.write('Error: say build, dev or preview.\n');
    return 2;
  }
  if (!(await setup())) return 1;
  if (vitepress === undefined) {
    process.stderr.write('Error: VitePress is not installed.\nHint: run npm ci.\n');
    return 1;
  }
  if (task === 'preview') {
    return await passThrough(process.execPath, [
      vitepress,
      'preview',
      'docs',
      '--host',
      '127.0.0.1',
    ]);
  }
  const steps = new Steps();
  /** @type {Map<string, string>} */
  let generated = new Map();
  const ready =
    (await steps.run('reference of the library', async () => {
      generated = await libraryPages(root);
      return { ok: true };
    })) && (await steps.run('pages', () => stage(generated)));
  if (!ready) return 1;
  if (task === 'dev') return await develop(generated);
  const built = await steps.run('site', () =>
    capture(process.execPath, [vitepress, 'build', 'docs']),
  );
  if (built)
    process.stderr.write('It is in docs/.vitepress/dist; npm run docs:preview shows it.\n');
  return built ? 0 : 1;
}

process.exitCode = await docs(process.argv[2] ?? 'build');
