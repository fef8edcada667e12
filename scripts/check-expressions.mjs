// @ts-check
// Looks for regular expressions whose time grows faster than the text they are given: whoever sends
// a long text could stop the one thread of the platform, or the program of a user, with it.
import { spawnSync } from 'node:child_process';
import { parseSync, Visitor } from 'oxc-parser';
import { checkSync } from 'recheck';
import { runCheck } from './lib/report.mjs';
import { findFiles, lineAt, readText } from './lib/sources.mjs';

/** What is not proved either way within this time, in milliseconds, is let pass. */
const timeout = 10_000;

/**
 * Every regular expression in a file.
 *
 * @param {string} path
 * @param {string} text
 */
function expressionsOf(path, text) {
  /** @type {{pattern: string, flags: string, at: number}[]} */
  const found = [];
  new Visitor({
    Literal: (node) => {
      if ('regex' in node) found.push({ ...node.regex, at: node.start });
    },
  }).visit(parseSync(path, text).program);
  return found;
}

/**
 * @param {string} directory
 * @returns {string[]}
 */
export function checkExpressions(directory) {
  const wanted = (/** @type {string} */ path) =>
    /^packages\/[^/]+\/src\//.test(path) && path.endsWith('.ts');
  /** @type {Map<string, string | undefined>} */
  const known = new Map();
  return findFiles(directory, wanted).flatMap((path) => {
    const text = readText(directory, path);
    return expressionsOf(path, text).flatMap(({ pattern, flags, at }) => {
      const expression = `/${pattern}/${flags}`;
      if (!known.has(expression)) known.set(expression, faultOf(pattern, flags));
      const fault = known.get(expression);
      return fault === undefined ? [] : [`${path}:${lineAt(text, at)}: ${expression} ${fault}`];
    });
  });
}

/** So long is a text on which a finding is tried, and so long may that take, in milliseconds. */
const tried = { length: 40_000, patience: 300 };

/**
 * Tries what was found: on a busy machine the search takes for growth what is none. Time that grows
 * with the square of the length is a second or more here, and other time a few milliseconds.
 *
 * @param {string} pattern
 * @param {string} flags
 * @param {import('recheck').AttackPattern} attack
 */
function isSlow(pattern, flags, { pumps, suffix, string }) {
  const least = pumps.reduce((sum, { prefix, pump }) => sum + prefix.length + pump.length, 0);
  const times = Math.ceil(tried.length / Math.max(1, least));
  const long = pumps.map(({ prefix, pump }) => prefix + pump.repeat(times)).join('') + suffix;
  const program = `
    const { pattern, flags, texts } = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
    for (const text of texts) text.replace(new RegExp(pattern, flags), '');
    process.exitCode = process.cpuUsage().user > ${tried.patience * 1000} ? 1 : 0;`;
  const { status } = spawnSync(process.execPath, ['-e', program], {
    input: JSON.stringify({ pattern, flags, texts: [string, long] }),
    timeout: 30 * tried.patience,
  });
  return status !== 0;
}

/**
 * @param {string} pattern
 * @param {string} flags
 */
function faultOf(pattern, flags) {
  const result = checkSync(pattern, flags, { timeout });
  if (result.status !== 'vulnerable' || !isSlow(pattern, flags, result.attack)) return undefined;
  return `takes time that grows faster than the text, for example with ${result.attack.pattern}`;
}

await runCheck(import.meta, 'Expressions', checkExpressions);
