// @ts-check
// `node docs/tools/recording.mjs`: records the first ten minutes of Get started on a terminal, from a real
// run in an empty home, and writes them into the page. A test records them again and compares.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../../scripts/lib/root.mjs';

/** Where the recording stands. */
export const page = join(root, 'docs/get-started.md');
const [head, tail] = ['<!-- recording -->\n\n```text\n', '```\n\n<!-- end of the recording -->'];

/** What somebody types in the first ten minutes. */
const lines = [
  'skaha platform start --detach --user ada',
  'skaha create headless skaha/terminal:1.1.2 --name first --attach -- echo hello',
  'skaha create headless skaha/terminal:1.1.2 --name wrong --wait -- cat m31.fits',
  'skaha logs wrong',
  "printf 'BAND,SEED\\nr,1\\ng,2\\n' > bands.csv",
  "skaha create headless skaha/terminal:1.1.2 --name bands --params bands.csv --wait --sh 'echo $BAND$SEED'",
  'skaha jobs show bands',
  'skaha jobs logs bands',
  'skaha ps --all',
  'skaha history',
  "skaha delete --yes first wrong 'bands*'",
  'skaha platform stop',
];

/** A machine of which nothing shows in what is recorded. */
const settings = 'runner: process\ncapacity: { cores: 4, memoryGiB: 8 }\n';

/** What a terminal is steered with. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it begins with the escape character
const steering = /\u001B(?:\[[\d;?]*[A-Za-z]|[78=>])/g;

/**
 * What is left on the screen: of a line that was written over, the last of its texts.
 *
 * @param {string} text
 */
const screen = (text) =>
  text
    .split('\r\n')
    .map((line) => (line.split('\r').at(-1) ?? '').replace(steering, '').trimEnd())
    .filter((line) => line !== '')
    .join('\n');

/**
 * Runs one line in a terminal of 80 columns.
 *
 * @param {string} line
 * @param {string} home
 * @returns {Promise<string>}
 */
async function run(line, home) {
  const { spawn } = await import('node-pty');
  const command = join(root, 'packages/client/bin/skaha.js');
  const script = `skaha() { '${process.execPath}' '${command}' "$@"; }\n${line}`;
  const terminal = spawn('sh', ['-c', script], {
    ...{ name: 'xterm', cols: 80, rows: 50, cwd: home },
    env: { PATH: process.env['PATH'] ?? '', HOME: home, NO_COLOR: '1', PAGER: 'cat' },
  });
  let text = '';
  terminal.onData((chunk) => {
    text += chunk;
  });
  await new Promise((resolve) => terminal.onExit(resolve));
  return screen(text);
}

/**
 * Records all lines with what they print.
 *
 * @returns {Promise<string>}
 */
export async function record() {
  const home = mkdtempSync(join(tmpdir(), 'skaha-recording-'));
  const data = join(home, '.local/share/skaha/platform');
  mkdirSync(data, { recursive: true, mode: 0o700 });
  writeFileSync(join(data, 'platform.yaml'), settings);
  const shown = [];
  try {
    for (const line of lines) shown.push(`$ ${line}\n${await run(line, home)}`.trimEnd());
  } finally {
    await run('skaha platform stop', home);
    rmSync(home, { recursive: true, force: true });
  }
  // What opens once is of no use to anybody later.
  return `${shown.join('\n').replace(/\/enter\/[\w-]+/g, '/enter/…')}\n`;
}

/**
 * Puts lines about several sessions into one order: which ends first is chance, and so is which stands
 * first in a list when they began in the same second.
 *
 * @param {readonly string[]} lines
 */
function ordered(lines) {
  const isOne = (/** @type {string} */ line) => /^<id \d+> |^\S+ \(<id \d+>\): /.test(line);
  const sorted = [...lines];
  for (let from = 0; from < sorted.length; from += 1) {
    let to = from;
    while (to < sorted.length && isOne(sorted[to] ?? '')) to += 1;
    sorted.splice(from, to - from, ...sorted.slice(from, to).sort());
    from = to;
  }
  return sorted;
}

/**
 * What is the same each time: ids, times and addresses have words in their place, and what is
 * seen of a session on its way depends on when one looks.
 *
 * @param {string} text
 */
export function comparable(text) {
  const ids = [...text.matchAll(/^created (\w{8}) \(/gm)].map(([, id]) => id ?? '');
  let known = text;
  for (const [index, id] of ids.entries()) known = known.replaceAll(id, `<id ${index + 1}>`);
  const kept = known
    .split('\n')
    .filter((line) => !/: (?:Pending|Running)|^\d+ (?:of|launched|Pending|Running)\b/.test(line))
    // Where a table is cut off depends on the width of the ages in it.
    .map((line) => line.replace(/ \S*…\S* .*$/, ''));
  return ordered(kept)
    .join('\n')
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:<port>')
    .replace(/\b\d{4}-\d{2}-\d{2}T[\d:]+Z/g, '<moment>')
    .replace(/\b\d+[smhd](?:\d+[smhd])?\b/g, '<time>')
    .replace(/\s+/g, ' ');
}

/** The recording as the page has it. */
export function recorded() {
  const text = readFileSync(page, 'utf8');
  const [from, to] = [text.indexOf(head), text.indexOf(tail)];
  if (from < 0 || to < from) throw new Error(`${page} has no place for the recording`);
  return text.slice(from + head.length, to);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const now = await record();
  const text = readFileSync(page, 'utf8');
  const from = text.indexOf(head) + head.length;
  writeFileSync(page, text.slice(0, from) + now + text.slice(from + recorded().length));
}
