// @ts-check
// Ceilings on the length of files, so that each stays about one thing.
import { fileURLToPath } from 'node:url';
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
  const files = findFiles(directory, (path) => /\.([cm]?[jt]s)$/.test(path));
  const tooLong = files.flatMap((path) => {
    const ceiling =
      allowed[path]?.lines ?? (path.includes('/tests/') ? testCeiling : sourceCeiling);
    const lines = readText(directory, path).trimEnd().split('\n').length;
    return lines > ceiling ? [`${path}:${ceiling + 1}: ${lines} lines, ${ceiling} at most`] : [];
  });
  const gone = Object.keys(allowed).filter((path) => !files.includes(path));
  return [...tooLong, ...gone.map((path) => `${path}:1: an exception for a file that is gone`)];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) report('Sizes', checkSize(root));
