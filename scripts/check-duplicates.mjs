// @ts-check
// Looks for code that stands in two places of the sources. What is said twice is repaired once.
import { fileURLToPath } from 'node:url';
import { report } from './lib/report.mjs';
import { root } from './lib/root.mjs';
import { findFiles, readText } from './lib/sources.mjs';

/** So many equal words and signs in a row are no chance any more: about fifteen lines. */
export const longestCopy = 90;

/**
 * @typedef {{text: string, line: number}} Token
 * @typedef {{path: string, tokens: readonly Token[]}} Source
 * @typedef {{source: Source, at: number}} Place
 */

const pattern =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|[\w$#]+|\n|[^\s\w]/g;

/**
 * The words and signs of a file, without comments, imports and exports from elsewhere.
 *
 * @param {string} text
 * @returns {Token[]}
 */
function tokensOf(text) {
  const code = text.replace(
    /^(?:import|export)\b[^;()=]*?\bfrom\s*'[^']*';|^import '[^']*';/gm,
    (found) => found.replace(/[^\n]/g, ''),
  );
  /** @type {Token[]} */
  const tokens = [];
  let line = 1;
  for (const [found] of code.matchAll(pattern)) {
    const isComment = found.startsWith('//') || found.startsWith('/*');
    if (!isComment && found !== '\n') tokens.push({ text: found, line });
    line += found.split('\n').length - 1;
  }
  return tokens;
}

/**
 * @param {Place} one
 * @param {Place} other
 */
function sameFrom(one, other) {
  let length = 0;
  for (;;) {
    const left = one.source.tokens[one.at + length];
    if (left === undefined || left.text !== other.source.tokens[other.at + length]?.text)
      return length;
    // A file that repeats itself must not be compared with what it is a copy of.
    if (one.source === other.source && other.at + length >= one.at) return length;
    length += 1;
  }
}

/**
 * @param {string} directory
 * @param {number} [longest] - how many equal words and signs in a row are let pass
 * @returns {string[]}
 */
export function checkDuplicates(directory, longest = longestCopy) {
  const wanted = (/** @type {string} */ path) =>
    /^(?:packages\/[^/]+\/src|scripts|bench|fuzz)\//.test(path) &&
    /\.[cm]?[jt]s$/.test(path) &&
    !path.includes('/tests/');
  /** @type {Map<string, Place>} */
  const seen = new Map();
  /** @type {string[]} */
  const findings = [];
  for (const path of findFiles(directory, wanted)) {
    const source = { path, tokens: tokensOf(readText(directory, path)) };
    for (let at = 0; at + longest <= source.tokens.length; at += 1) {
      const key = source.tokens
        .slice(at, at + longest)
        .map(({ text }) => text)
        .join(' ');
      const former = seen.get(key);
      const length = former === undefined ? 0 : sameFrom({ source, at }, former);
      if (former === undefined || length < longest) {
        if (former === undefined) seen.set(key, { source, at });
        continue;
      }
      const line = former.source.tokens[former.at]?.line;
      findings.push(
        `${path}:${source.tokens[at]?.line}: ${length} words and signs as in ${former.source.path}:${line}`,
      );
      at += length - 1;
    }
  }
  return findings;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) report('Duplicates', checkDuplicates(root));
