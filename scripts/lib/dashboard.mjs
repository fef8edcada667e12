// @ts-check
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { root } from './root.mjs';

const own = join(root, 'packages/dashboard');

/** Where the built pages are. */
export const dashboardOutput = join(own, 'dist/app');

/** Where the package of the command has them. */
const packed = join(root, 'packages/client/dist/dashboard');

/** What the first page may take on its way to a browser, in bytes of brotli. */
const firstPageBudget = 150_000;

const stampName = '.inputs';

/**
 * What the pages follow from: their sources, and the compiled library. As long as it is the same
 * nothing is built.
 */
function inputsDigest() {
  const digest = createHash('sha256');
  const folders = [
    join(own, 'app'),
    ...['base', 'client', 'dashboard', 'wire'].map((name) => join(root, 'packages', name, 'dist')),
  ];
  for (const folder of folders) {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.(js|tsx?|css|html|svg)$/.test(path) && !path.endsWith('.d.ts'))
      .filter((path) => !/^(app|command|dashboard|dist)[/\\]/.test(path))
      .sort();
    for (const path of files) digest.update(path).update(readFileSync(join(folder, path)));
  }
  digest.update(readFileSync(join(root, 'package-lock.json')));
  return digest.digest('hex');
}

/** Builds the dashboard into static files, unless they are up to date. */
export async function buildDashboard() {
  const stamp = join(dashboardOutput, stampName);
  const inputs = inputsDigest();
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== inputs) {
    await bundle();
    writeFileSync(stamp, inputs);
  }
  rmSync(packed, { recursive: true, force: true });
  cpSync(dashboardOutput, packed, {
    recursive: true,
    filter: (path) => !path.endsWith(stampName),
  });
}

/**
 * Builds the pages into a folder.
 *
 * @param {string} outDir - emptied before
 * @param {import('vite').Plugin[]} [plugins] - that change what is built
 */
export async function buildPages(outDir, plugins = []) {
  const { build } = await import('vite');
  await build({
    plugins,
    configFile: false,
    root: join(own, 'app'),
    base: './',
    logLevel: 'error',
    publicDir: false,
    // Signals must be those of the pages, whatever else is installed beside them.
    resolve: { dedupe: ['preact'] },
    worker: { format: 'es' },
    build: {
      outDir,
      emptyOutDir: true,
      license: { fileName: 'licences.txt' },
      target: 'es2022',
      // Nothing inline: the policy of the pages allows none of it.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      sourcemap: false,
    },
  });
}

async function bundle() {
  const draft = `${dashboardOutput}.${process.pid}.new`;
  await buildPages(draft);
  const bytes = firstPageBytes(draft);
  if (bytes > firstPageBudget)
    throw new Error(`The first page takes ${bytes} bytes, ${firstPageBudget} at most.`);
  // The page names its picture without the number of its content.
  cpSync(join(own, 'app/icon.svg'), join(draft, 'icon.svg'));
  rmSync(dashboardOutput, { recursive: true, force: true });
  renameSync(draft, dashboardOutput);
}

/**
 * What a browser fetches before the first page stands, in bytes of brotli: the document, what it
 * names, and what runs beside it.
 *
 * @param {string} folder - with the built pages
 */
export function firstPageBytes(folder) {
  const html = readFileSync(join(folder, 'index.html'), 'utf8');
  const named = [...html.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, path = '']) => path);
  const beside = readdirSync(join(folder, 'assets')).filter((name) => name.startsWith('watcher-'));
  const paths = ['index.html', ...new Set(named), ...beside.map((name) => `assets/${name}`)];
  const sizes = paths.map((path) => brotliCompressSync(readFileSync(join(folder, path))).length);
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}
