// @ts-check
// Packs both packages as they would be published, and looks at what is in them.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capture, npm } from './command.mjs';
import { root } from './root.mjs';

export const packageFolders = ['packages/skaha', 'packages/platform'];

/**
 * @typedef {object} Packed
 * @property {string} name
 * @property {string} file - the tarball
 * @property {number} unpackedSize - bytes
 * @property {readonly string[]} paths - of the files in it
 */

/**
 * @param {string} folder
 * @param {string} destination
 * @returns {Promise<Packed>}
 */
async function packOne(folder, destination) {
  const { file, args } = npm(['pack', '--json', '--pack-destination', destination]);
  const { ok, output } = await capture(file, args, { cwd: join(root, folder) });
  if (!ok) throw new Error(output);
  const [{ name, filename, unpackedSize, files }] = JSON.parse(output.slice(output.indexOf('[')));
  /** @type {{path: string}[]} */
  const listed = files;
  return {
    name,
    file: join(destination, filename),
    unpackedSize,
    paths: listed.map(({ path }) => path),
  };
}

/** @returns {Promise<{folder: string, packed: Packed[]}>} */
export async function packAll() {
  const folder = mkdtempSync(join(tmpdir(), 'skaha-packages-'));
  const packed = [];
  for (const each of packageFolders) packed.push(await packOne(each, folder));
  return { folder, packed };
}

/** Files that only who develops the package needs. */
const forDevelopers =
  /(^|\/)(tests?|node_modules)\/|^dist\/cli\/|^src\/cli\/|\.tsbuildinfo$|tsconfig|\.test\.|\.env/;

/**
 * @param {Packed} packed
 * @returns {string[]}
 */
export function contentFindings({ name, paths }) {
  const present = new Set(paths);
  const stray = paths
    .filter((path) => forDevelopers.test(path))
    .map((path) => `${name}: ${path} is for developers`);
  const needed = ['package.json', 'README.md', 'LICENSE']
    .filter((path) => !present.has(path))
    .map((path) => `${name}: ${path} is missing`);
  const unmapped = paths
    .filter(
      (path) => /^dist\/(?!command\/).*\.(js|d\.ts)$/.test(path) && !present.has(`${path}.map`),
    )
    .map((path) => `${name}: ${path} has no map`);
  // Maps lead to sources; without them a debugger shows nothing.
  const sources = paths.some((path) => path.startsWith('src/')) ? [] : [`${name}: no sources`];
  return [...stray, ...needed, ...unmapped, ...sources];
}
