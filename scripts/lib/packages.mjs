// @ts-check
// Packs the packages as they would be published, and looks at what is in them.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { capture, npm } from './command.mjs';
import { root } from './root.mjs';

export const packageFolders = [
  'packages/client',
  'packages/platform',
  'packages/platform-kubernetes',
];

/**
 * @typedef {object} Packed
 * @property {string} name
 * @property {string} file - the tarball
 * @property {string} stage - the folder it was made from
 * @property {number} unpackedSize - bytes
 * @property {readonly string[]} paths - of the files in it
 */

const ownPackage = /(['"])@skaha\/([\w-]+)\/([\w/.-]+)\1/g;

/** @param {string} directory */
const codeIn = (directory) =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /\.(js|d\.ts)$/.test(path),
  );

/**
 * Makes one text independent of the private packages: what it imports of them is beside it.
 *
 * @param {string} text
 * @param {string} path - of its file, from `dist`
 * @param {(name: string) => void} onImport - is told each package that it imports from
 */
const withoutPrivate = (text, path, onImport) =>
  text
    .replace(ownPackage, (_, quote, name, module) => {
      onImport(name);
      const target = relative(dirname(path), join('private', name, module)).replaceAll(sep, '/');
      return `${quote}${target.startsWith('.') ? target : `./${target}`}${quote}`;
    })
    // Maps of declarations lead to sources, which are not shipped.
    .replace(/\n\/\/# sourceMappingURL=.*\.d\.ts\.map\s*$/, '\n');

/** @param {string} folder */
const manifestOf = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/**
 * Lays out a package as it is published: private packages are inside it.
 *
 * @param {string} folder
 * @param {string} stage - an empty directory
 */
function layOut(folder, stage) {
  const source = join(root, folder);
  for (const part of ['bin', 'dist', 'README.md', 'LICENSE'])
    if (existsSync(join(source, part))) cpSync(join(source, part), join(stage, part), copying);
  const dist = join(stage, 'dist');
  /** @type {Record<string, string>} */
  const needed = {};
  // Grows while it is gone through: a private package may import from others.
  const places = [''];
  /** @param {string} name */
  const include = (name) => {
    const place = join('private', name);
    if (places.includes(place)) return;
    places.push(place);
    cpSync(join(root, 'packages', name, 'dist'), join(dist, place), copying);
    Object.assign(needed, manifestOf(join(root, 'packages', name)).dependencies);
  };
  for (const place of places) {
    for (const path of codeIn(join(dist, place))) {
      const full = join(place, path);
      // The command and the dashboard are bundled already.
      if (/^(?:command|dashboard.assets|private.dashboard.app)\b/.test(full)) continue;
      const text = readFileSync(join(dist, full), 'utf8');
      writeFileSync(join(dist, full), withoutPrivate(text, full, include));
    }
  }
  const { devDependencies: _, ...manifest } = manifestOf(source);
  delete manifest.exports['./internal/*.js'];
  const all = Object.entries({ ...needed, ...manifest.dependencies });
  manifest.dependencies = Object.fromEntries(all.filter(([name]) => !name.startsWith('@skaha/')));
  writeFileSync(join(stage, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

const copying = {
  recursive: true,
  filter: (/** @type {string} */ path) => !/\.(tsbuildinfo|inputs|d\.ts\.map)$/.test(path),
};

/**
 * @param {string} folder
 * @param {string} destination
 * @returns {Promise<Packed>}
 */
async function packOne(folder, destination) {
  const stage = join(destination, 'stage', folder);
  mkdirSync(stage, { recursive: true });
  layOut(folder, stage);
  const { file, args } = npm(['pack', '--json', '--pack-destination', destination]);
  const { ok, output } = await capture(file, args, { cwd: stage });
  if (!ok) throw new Error(output);
  const [{ name, filename, unpackedSize, files }] = JSON.parse(
    // npm may have more to say before and after.
    output.slice(output.indexOf('['), output.lastIndexOf('\n]') + 2),
  );
  /** @type {{path: string}[]} */
  const listed = files;
  return {
    name,
    stage,
    file: join(destination, filename),
    unpackedSize,
    paths: listed.map(({ path }) => path),
  };
}

/**
 * Packs the packages that are published.
 *
 * @param {string} [folder] - where the tarballs go; a new folder when left out
 * @returns {Promise<{folder: string, packed: Packed[]}>}
 */
export async function packAll(folder = mkdtempSync(join(tmpdir(), 'skaha-packages-'))) {
  const packed = [];
  for (const each of packageFolders) packed.push(await packOne(each, folder));
  return { folder, packed };
}

/** Files that only who develops the package needs. */
const forDevelopers = /(^|\/)(tests?|node_modules|src)\/|\.tsbuildinfo$|tsconfig|\.test\.|\.env/;

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
    // The command and the dashboard are bundled.
    .filter((path) =>
      /^dist\/(?!command\/|dashboard\/assets\/|private\/dashboard\/app\/).*\.js$/.test(path),
    )
    .filter((path) => !present.has(`${path}.map`))
    .map((path) => `${name}: ${path} has no map`);
  return [...stray, ...needed, ...unmapped];
}
