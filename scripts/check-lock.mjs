// @ts-check
// The lock file pins versions and contents; where they are fetched from is each machine's own
// affair, so it holds no download addresses.
import { fileURLToPath } from 'node:url';
import { report } from './lib/report.mjs';
import { root } from './lib/root.mjs';
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
  /** @type {Record<string, {version?: string, integrity?: string, link?: boolean}>} */
  const packages = JSON.parse(text).packages ?? {};
  const unpinned = Object.entries(packages)
    .filter(([path, entry]) => path.includes('node_modules/') && entry.link !== true)
    .filter(([, entry]) => entry.integrity === undefined)
    .map(([path]) => `package-lock.json:1: ${path} has no integrity`);
  return [...addresses, ...unpinned];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) report('Lock file', checkLock(root));
