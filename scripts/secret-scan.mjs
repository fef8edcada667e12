// @ts-check
// Gives secretlint what is, or with `--staged` is about to be, committed, and prints where it finds
// something, never what. Its own program needs a newer Node, and reads the folder instead of git.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lintSource } from '@secretlint/core';
import { creator } from '@secretlint/secretlint-rule-preset-recommend';
import { runCheck } from './lib/report.mjs';
import { lineAt } from './lib/sources.mjs';

/** A line with these words is left alone; write the reason after them. */
const allowed = 'secret-scan: allow';
const largest = 1_000_000;
/** Of which secretlint knows nothing. */
const signedToken = /\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}/g;

/**
 * @param {string} path - as shown in findings
 * @param {string} text
 * @returns {Promise<string[]>} `path:line: what it looks like`
 */
export async function findSecrets(path, text) {
  const { messages } = await lintSource({
    source: { filePath: path, content: text, contentType: 'text', ext: '' },
    options: { config: { rules: [{ id: 'preset', rule: creator }] } },
  });
  const lines = text.split('\n');
  return [
    ...messages.map(({ loc, messageId }) => ({ line: loc.start.line, name: messageId })),
    ...[...text.matchAll(signedToken)].map(({ index }) => {
      return { line: lineAt(text, index), name: 'SIGNED_TOKEN' };
    }),
  ]
    .filter(({ line }) => lines[line - 1]?.includes(allowed) !== true)
    .map(({ line, name }) => `${path}:${line}: looks like a secret (${name})`);
}

/**
 * @param {string} directory - a git work tree
 * @param {{staged?: boolean}} [options] - staged: what the next commit would hold, as it would hold it
 */
export async function scanRepository(directory, { staged = false } = {}) {
  /** @param {string[]} args */
  const git = (args) => execFileSync('git', args, { cwd: directory, maxBuffer: 100_000_000 });
  const list = staged
    ? git(['diff', '--cached', '--name-only', '--diff-filter=ACMR', '-z'])
    : git(['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate', '-z']);
  const paths = list.toString('utf8').split('\0').filter(Boolean);
  /** @type {string[]} */
  const found = [];
  for (const path of paths) {
    const content = staged ? git(['show', `:${path}`]) : read(join(directory, path));
    if (content === undefined || content.length > largest || content.includes(0)) continue;
    found.push(...(await findSecrets(path, content.toString('utf8'))));
  }
  return found;
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

await runCheck(import.meta, 'Secrets', async (directory) => {
  const found = await scanRepository(directory, { staged: process.argv.includes('--staged') });
  // It would go through the notes of its own speed now, for longer than all else took.
  setImmediate(() => process.exit());
  return found;
});
