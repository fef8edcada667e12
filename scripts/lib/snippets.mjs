// @ts-check
import { blocksOf } from './markdown.mjs';
import { findFiles, readText } from './sources.mjs';

/**
 * @typedef {object} Snippet
 * @property {string} path - the file it stands in
 * @property {number} line - line of its first line of code, from 1
 * @property {string} code
 */

/**
 * The TypeScript that readers are told they can run: `@example` blocks of documentation
 * comments, and `ts` blocks of Markdown.
 *
 * @param {string} directory
 * @returns {{snippets: Snippet[], problems: string[]}}
 */
export function collectSnippets(directory) {
  const sources = findFiles(directory, (path) => /^packages\/[^/]+\/src\/.*\.ts$/.test(path));
  // The reports on the public surface are declarations, not programs.
  const pages = findFiles(directory, (path) => path.endsWith('.md') && !path.startsWith('api/'));
  const collected = sources.map((path) => fromSource(path, readText(directory, path)));
  return {
    snippets: [
      ...collected.flatMap(({ snippets }) => snippets),
      ...pages.flatMap((path) => snippetsIn(path, readText(directory, path), 0)),
    ],
    problems: collected.flatMap(({ problems }) => problems),
  };
}

/**
 * @param {string} path
 * @param {string} text
 */
function fromSource(path, text) {
  /** @type {Snippet[]} */
  const snippets = [];
  /** @type {string[]} */
  const problems = [];
  for (const comment of text.matchAll(/\/\*\*[\s\S]*?\*\//g)) {
    const first = text.slice(0, comment.index).split('\n').length;
    const lines = comment[0].split('\n').map((line) => line.replace(/^\s*\*(?!\/) ?/, ''));
    const marks = lines.flatMap((line, index) => (/^@example\b/.test(line) ? [index] : []));
    for (const mark of marks) {
      const end = lines.findIndex((line, index) => index > mark && /^(@\w+|\s*\*\/)/.test(line));
      const block = lines.slice(mark, end === -1 ? undefined : end).join('\n');
      const found = snippetsIn(path, block, first + mark - 1);
      snippets.push(...found);
      if (found.length === 0) problems.push(`${path}:${first + mark}: @example without a ts block`);
    }
  }
  return { snippets, problems };
}

/**
 * @param {string} path
 * @param {string} text
 * @param {number} above - how many lines stand above it
 * @returns {Snippet[]}
 */
const snippetsIn = (path, text, above) =>
  blocksOf(text, 'ts').map(({ code, line }) => ({ path, line: line + above, code }));
