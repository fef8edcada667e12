// @ts-check
// The lock file pins versions and contents; where they are fetched from is each machine's own
// affair, so it holds no download addresses.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { runCheck } from './lib/report.mjs';
import { readText } from './lib/sources.mjs';

const locks = ['package-lock.json', 'runtimes/package-lock.json'];

/**
 * @param {string} directory
 * @returns {string[]}
 */
export function checkLock(directory) {
  return locks
    .filter((path) => existsSync(join(directory, path)))
    .flatMap((path) => checkOne(directory, path));
}

/**
 * @param {string} directory
 * @param {string} path
 */
function checkOne(directory, path) {
  const text = readText(directory, path);
  const addresses = text
    .split('\n')
    .flatMap((line, index) =>
      /"resolved":\s*"[a-z+]+:/i.test(line) ? [`${path}:${index + 1}: a download address`] : [],
    );
  /** @type {Record<string, {version?: string, integrity?: string, link?: boolean} & Record<string, unknown>>} */
  const packages = JSON.parse(text).packages ?? {};
  const unpinned = Object.entries(packages)
    .filter(([name, entry]) => name.includes('node_modules/') && entry.link !== true)
    .filter(([, entry]) => entry.integrity === undefined)
    .map(([name]) => `${path}:1: ${name} has no integrity`);
  return [
    ...addresses,
    ...unpinned,
    ...partial(packages).map((name) => `${path}:1: ${name} is missing; run npm install`),
    ...stale(join(directory, dirname(path)), packages).map((file) => `${path}:1: ${file}`),
  ];
}

/**
 * Packages for other systems that the lock file leaves out, which `npm ci` refuses.
 *
 * @param {Record<string, Record<string, unknown>>} packages
 */
function partial(packages) {
  const present = new Set(Object.keys(packages).map((path) => path.split('node_modules/').at(-1)));
  return Object.values(packages)
    .flatMap((entry) => Object.keys(entry['optionalDependencies'] ?? {}))
    .filter((name) => !present.has(name));
}

const kinds = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];

/**
 * Workspaces whose dependencies the lock file does not know as they are: `npm ci` may pass over
 * one that is no longer wanted, and then installs it for ever.
 *
 * @param {string} directory
 * @param {Record<string, Record<string, unknown>>} packages
 */
function stale(directory, packages) {
  return Object.entries(packages)
    .filter(([path]) => !path.includes('node_modules/'))
    .flatMap(([path, entry]) => {
      const file = join(path, 'package.json');
      if (!existsSync(join(directory, file))) return [];
      const wanted = JSON.parse(readText(directory, file));
      const differs = kinds.some((kind) => !isDeepStrictEqual(entry[kind], wanted[kind]));
      return differs ? [`${file} was changed since; run npm install`] : [];
    });
}

await runCheck(import.meta, 'Lock file', checkLock);
