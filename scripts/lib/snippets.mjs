// @ts-check
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
      ...pages.flatMap((path) => fences(path, readText(directory, path).split('\n'), 1)),
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
      const found = fences(path, lines.slice(mark, end === -1 ? undefined : end), first + mark);
      snippets.push(...found);
      if (found.length === 0) problems.push(`${path}:${first + mark}: @example without a ts block`);
    }
  }
  return { snippets, problems };
}

/**
 * @param {string} path
 * @param {readonly string[]} lines
 * @param {number} firstLine - line number of the first of them
 * @returns {Snippet[]}
 */
function fences(path, lines, firstLine) {
  /** @type {Snippet[]} */
  const snippets = [];
  let start = -1;
  for (const [index, line] of lines.entries()) {
    if (start === -1 && /^```ts\s*$/.test(line.trim())) start = index + 1;
    else if (start !== -1 && line.trim() === '```') {
      snippets.push({ path, line: firstLine + start, code: lines.slice(start, index).join('\n') });
      start = -1;
    }
  }
  return snippets;
}
