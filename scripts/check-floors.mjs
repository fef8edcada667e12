// @ts-check
// Who may import whom. Each finding is one line: `path:line: what is wrong`.
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { floors, nodeRooms, sharedTypes, sharedTypesFrom } from './floors.mjs';
import { importsOf } from './lib/imports.mjs';
import { report } from './lib/report.mjs';
import { root } from './lib/root.mjs';
import { findFiles, readText } from './lib/sources.mjs';

const library = 'packages/skaha/src';
const platform = 'packages/platform/src';
/** @param {string} path */
const isSource = (path) => /\.[cm]?tsx?$/.test(path);

/**
 * @param {string} directory - top folder of a repository laid out like this one
 * @returns {Promise<string[]>} what breaks the rules
 */
export async function checkFloors(directory) {
  return [
    ...checkLibrary(directory),
    ...checkPlatform(directory),
    ...(await checkBrowserGraph(directory)),
  ];
}

/** @param {string} directory */
function checkLibrary(directory) {
  return findFiles(directory, isSource, library).flatMap((path) => {
    const file = path.slice(library.length + 1);
    if (floorOf(roomOf(file)) === -1) {
      return [`${path}:1: room "${roomOf(file)}" has no floor; give it one in scripts/floors.mjs`];
    }
    return importsOf(path, readText(directory, path)).flatMap((found) => {
      const problem = found.specifier.startsWith('.')
        ? crossing(file, found)
        : foreign(file, found.specifier);
      return problem === undefined ? [] : [`${path}:${found.line}: ${problem}`];
    });
  });
}

/** @param {string} directory */
function checkPlatform(directory) {
  return findFiles(directory, isSource, platform).flatMap((path) =>
    importsOf(path, readText(directory, path)).flatMap(({ specifier, line }) => {
      const target = specifier.startsWith('.')
        ? posix.join(posix.dirname(path), specifier)
        : specifier;
      const leaves = specifier.startsWith('.') && !target.startsWith(`${platform}/`);
      const behaviour = /^skaha(\/|$)/.test(target) && target !== 'skaha/wire';
      return leaves || behaviour
        ? [
            `${path}:${line}: the platform may import only "skaha/wire" of the library, not "${specifier}"`,
          ]
        : [];
    }),
  );
}

/**
 * @param {string} file - importing file, relative to the library's sources
 * @param {import('./lib/imports.mjs').Import} found
 * @returns {string | undefined}
 */
function crossing(file, { specifier, typeOnly }) {
  const target = posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts');
  if (target.startsWith('../')) return `"${specifier}" leaves the library's sources`;
  const from = roomOf(file);
  const to = roomOf(target);
  if (from === to) return undefined;
  if (target === sharedTypes && typeOnly && sharedTypesFrom.includes(from)) return undefined;
  if (floorOf(to) === -1) return `"${specifier}" leads to room "${to}", which has no floor`;
  return floorOf(to) < floorOf(from)
    ? undefined
    : `room "${from}" may not import from "${to}": it is not on a floor below`;
}

/**
 * @param {string} file
 * @param {string} specifier
 * @returns {string | undefined}
 */
function foreign(file, specifier) {
  if (/^skaha-platform(\/|$)/.test(specifier)) return 'the library never imports the platform';
  if (/^skaha(\/|$)/.test(specifier)) return 'the library imports itself by relative paths';
  if (specifier === '#runtime' && floorOf(roomOf(file)) <= floorOf('runtime')) {
    return '"#runtime" is for the floors above it';
  }
  if (specifier.startsWith('node:') && !nodeRooms.some((room) => room.test(file))) {
    return `"${specifier}" works only on Node, and this file belongs to the part that runs everywhere`;
  }
  return undefined;
}

/** @param {string} file */
function roomOf(file) {
  if (file === 'client.ts') return file;
  const first = file.split('/')[0] ?? file;
  return first.replace(/\.[cm]?tsx?$/, '');
}

/** @param {string} room */
const floorOf = (room) => floors.findIndex((floor) => floor.includes(room));

/**
 * Follows everything that a browser would load from the library's entry.
 *
 * @param {string} directory
 */
async function checkBrowserGraph(directory) {
  const entry = `${library}/index.ts`;
  if (findFiles(directory, (path) => path === entry, library).length === 0) return [];
  /** @type {string[]} */
  const problems = [];
  await build({
    absWorkingDir: directory,
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    conditions: ['browser'],
    logLevel: 'silent',
    plugins: [browserRules(directory, problems)],
  }).catch((error) => problems.push(`${entry}:1: does not bundle for a browser: ${error.message}`));
  return problems;
}

/**
 * @param {string} directory
 * @param {string[]} problems
 * @returns {import('esbuild').Plugin}
 */
function browserRules(directory, problems) {
  return {
    name: 'browser-rules',
    setup({ onResolve }) {
      onResolve({ filter: /^#runtime$/ }, () => ({
        path: posix.join(directory, library, 'runtime/browser.ts'),
      }));
      onResolve({ filter: /^(node:|skaha-platform)/ }, ({ path, importer }) => {
        const from = posix.relative(directory, importer);
        problems.push(`${from}:1: a browser that imports "skaha" would load "${path}" from here`);
        return { path, external: true };
      });
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  report('Floors', await checkFloors(root));
}
