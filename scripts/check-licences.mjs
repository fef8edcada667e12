// @ts-check
// What an installed skaha brings along must come under a licence that goes with MIT.
import { runCheck } from './lib/report.mjs';
import { readText } from './lib/sources.mjs';

const allowed = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'Unlicense',
]);

/** @type {Readonly<Record<string, string>>} */
const exceptions = {
  '@novnc/novnc': 'MPL-2.0: served unchanged, as files of its own',
  buildcheck: 'MIT, said in the old form, which the lock file does not keep',
  'cpu-features': 'MIT, said in the old form, which the lock file does not keep',
  ssh2: 'MIT, said in the old form, which the lock file does not keep',
};

/**
 * @param {string} directory
 * @param {Readonly<Record<string, string>>} [except] - packages that were looked at, and why they may stay
 * @returns {string[]}
 */
export function checkLicences(directory, except = exceptions) {
  /** @type {Record<string, {license?: string, dev?: boolean, link?: boolean}>} */
  const packages = JSON.parse(readText(directory, 'package-lock.json')).packages ?? {};
  const brought = Object.entries(packages)
    .filter(([path, { dev, link }]) => path.includes('node_modules/') && !dev && !link)
    .map(([path, { license }]) => ({ name: path.replace(/^.*node_modules\//, ''), license }));
  const names = new Set(brought.map(({ name }) => name));
  const refused = brought
    .filter(({ name, license }) => !(license && allowed.has(license)) && !(name in except))
    .map(
      ({ name, license }) =>
        `package-lock.json:1: ${name} is under ${license ?? 'no known licence'}`,
    );
  const gone = Object.keys(except)
    .filter((name) => !names.has(name))
    .map((name) => `package-lock.json:1: an exception for ${name}, which is gone`);
  return [...refused, ...gone];
}

await runCheck(import.meta, 'Licences', (directory) => checkLicences(directory));
