// @ts-check
// Looks for secrets in what is, or is about to be, committed. It names the place, never the value.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { report } from './lib/report.mjs';
import { root } from './lib/root.mjs';
import { lineAt } from './lib/sources.mjs';

/** A line with these words is left alone; write the reason after them. */
const allowed = 'secret-scan: allow';
const largest = 1_000_000;

/** @type {readonly {name: string, pattern: RegExp, entropy?: number}[]} */
const rules = [
  {
    name: 'a private key',
    pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----(?:\\n|\s)+[A-Za-z0-9+/=]{40,}/g,
  },
  { name: 'a signed token', pattern: /\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}/g },
  {
    name: 'a source-hosting token',
    pattern: /\b(?:gh[pousr]_\w{30,}|github_pat_\w{30,}|glpat-[\w-]{20,})/g,
  },
  {
    name: 'a package-registry token',
    pattern: /\bnpm_[A-Za-z0-9]{30,}|_authToken\s*=\s*[^\s$]{8,}/g,
  },
  { name: 'a cloud key', pattern: /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[\w-]{30,}/g },
  { name: 'a chat token', pattern: /\bxox[abprs]-[\w-]{10,}/g },
  {
    name: 'a password in an address',
    pattern: /\bhttps?:\/\/[^\s/:@'"<>{}]+:([^\s/:@'"<>{}]{8,})@/g,
    entropy: 3,
  },
  {
    name: 'a value that looks like a secret',
    pattern:
      /(?:password|passwd|secret|token|api_?key|access_?key)["']?\s*[:=]\s*["']([\w+/=.-]{20,})["']/gi,
    entropy: 3.7,
  },
];

/**
 * @param {string} path - as shown in findings
 * @param {string} text
 * @returns {string[]} `path:line: what it looks like`
 */
export function findSecrets(path, text) {
  const lines = text.split('\n');
  return rules.flatMap(({ name, pattern, entropy = 0 }) =>
    [...text.matchAll(pattern)].flatMap((match) => {
      const line = lineAt(text, match.index);
      const known = lines[line - 1]?.includes(allowed) || entropyOf(match[1] ?? match[0]) < entropy;
      return known ? [] : [`${path}:${line}: looks like ${name}`];
    }),
  );
}

/**
 * Shannon entropy in bits per character: random text has more than words have.
 *
 * @param {string} text
 */
function entropyOf(text) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => {
    const share = count / text.length;
    return sum - share * Math.log2(share);
  }, 0);
}

/**
 * @param {string} directory - a git work tree
 * @param {{staged?: boolean}} [options] - staged: what the next commit would hold, as it would hold it
 * @returns {string[]}
 */
export function scanRepository(directory, { staged = false } = {}) {
  /** @param {string[]} args */
  const git = (args) =>
    execFileSync('git', args, {
      cwd: directory,
      maxBuffer: 100_000_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  const list = staged
    ? git(['diff', '--cached', '--name-only', '--diff-filter=ACMR', '-z'])
    : git(['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate', '-z']);
  const paths = list.toString('utf8').split('\0').filter(Boolean);
  return paths.flatMap((path) => {
    const content = staged ? git(['show', `:${path}`]) : read(join(directory, path));
    if (content === undefined || content.length > largest || content.includes(0)) return [];
    return findSecrets(path, content.toString('utf8'));
  });
}

/**
 * @param {string} path
 * @returns {Buffer | undefined} undefined for what is gone or is no file
 */
function read(path) {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  report('Secrets', scanRepository(root, { staged: process.argv.includes('--staged') }));
}
