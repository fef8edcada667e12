// @ts-check
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

const skipped = new Set(['node_modules', 'dist', 'out', 'coverage', '.git']);

/**
 * Files below a folder, with `/` between the parts of their paths, sorted.
 *
 * @param {string} directory - top of the search; results are relative to it
 * @param {(path: string) => boolean} wanted
 * @param {string} [under] - a folder inside; all of it when left out
 * @returns {string[]}
 */
export function findFiles(directory, wanted, under = '') {
  const top = join(directory, under);
  if (!existsSync(top)) return [];
  /** @type {string[]} */
  const found = [];
  for (const entry of readdirSync(top, { withFileTypes: true })) {
    const path = relative(directory, join(top, entry.name)).split(sep).join('/');
    if (entry.isDirectory() && !skipped.has(entry.name)) {
      found.push(...findFiles(directory, wanted, path));
    } else if (entry.isFile() && wanted(path)) {
      found.push(path);
    }
  }
  return found.sort();
}

/**
 * @param {string} directory
 * @param {string} path
 */
export const readText = (directory, path) => readFileSync(join(directory, path), 'utf8');

/**
 * @param {string} text
 * @param {number} offset
 * @returns {number} the line, from 1
 */
export const lineAt = (text, offset) => text.slice(0, offset).split('\n').length;
