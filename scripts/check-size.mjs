// @ts-check
// Ceilings on the length of files, so that each stays about one thing, and on what a browser fetches
// before the dashboard stands.
import { fileURLToPath } from 'node:url';
import { buildDashboard, firstPage, firstPageBudget } from './lib/dashboard.mjs';
import { report } from './lib/report.mjs';
import { root } from './lib/root.mjs';
import { findFiles, readText } from './lib/sources.mjs';

export const sourceCeiling = 500;
export const testCeiling = 600;

/**
 * Files that may be longer, each with its own ceiling and the reason for it.
 *
 * @type {Readonly<Record<string, {lines: number, reason: string}>>}
 */
export const exceptions = {
  'packages/client/src/session/session.ts': {
    lines: 375,
    reason: 'one class with all calls on sessions, most of it their documentation',
  },
};

/**
 * @param {string} directory
 * @param {Readonly<Record<string, {lines: number, reason: string}>>} [allowed]
 * @returns {string[]}
 */
export function checkSize(directory, allowed = exceptions) {
  const files = findFiles(directory, (path) => /\.([cm]?[jt]s|tsx)$/.test(path));
  const tooLong = files.flatMap((path) => {
    const ceiling =
      allowed[path]?.lines ?? (path.includes('/tests/') ? testCeiling : sourceCeiling);
    const lines = readText(directory, path).trimEnd().split('\n').length;
    return lines > ceiling ? [`${path}:${ceiling + 1}: ${lines} lines, ${ceiling} at most`] : [];
  });
  const gone = Object.keys(allowed).filter((path) => !files.includes(path));
  return [...tooLong, ...gone.map((path) => `${path}:1: an exception for a file that is gone`)];
}

/**
 * What the first page of the dashboard takes on its way to a browser.
 *
 * @param {readonly {path: string, bytes: number}[]} files - compressed
 * @param {number} [budget] - in bytes
 * @returns {string[]}
 */
export function checkFirstPage(files, budget = firstPageBudget) {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const [largest] = [...files].sort((a, b) => b.bytes - a.bytes);
  return total > budget
    ? [
        `packages/dashboard/app/${largest?.path}:1: the first page takes ${total} bytes, ${budget} at most`,
      ]
    : [];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const built = await buildDashboard();
  const pages = built.ok ? checkFirstPage(firstPage()) : [`packages/dashboard:1: ${built.output}`];
  report('Sizes', [...checkSize(root), ...pages]);
}
