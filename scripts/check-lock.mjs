// @ts-check
// The lock file pins versions and contents; where they are fetched from is each machine's own
// affair, so it holds no download addresses.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { runCheck } from './lib/report.mjs';
import { readText } from './lib/sources.mjs';

/**
 * @param {string} directory
 * @returns {string[]}
 */
export function checkLock(directory) {
  const text = readText(directory, 'package-lock.json');
  const addresses = text
    .split('\n')
    .flatMap((line, index) =>
      /"resolved":\s*"[a-z+]+:/i.test(line)
        ? [`package-lock.json:${index + 1}: a download address`]
        : [],
    );
  /** @type {Record<string, {version?: string, integrity?: string, link?: boolean} & Record<string, unknown>>} */
  const packages = JSON.parse(text).packages ?? {};
  const unpinned = Object.entries(packages)
    .filter(([path, entry]) => path.includes('node_modules/') && entry.link !== true)
    .filter(([, entry]) => entry.integrity === undefined)
    .map(([path]) => `package-lock.json:1: ${path} has no integrity`);
  return [...addresses, ...unpinned, ...stale(directory, packages)];
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
      return differs ? [`package-lock.json:1: ${file} was changed since; run npm install`] : [];
    });
}

await runCheck(import.meta, 'Lock file', checkLock);
