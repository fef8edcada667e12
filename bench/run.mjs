// @ts-check
// Prints ratios, because seconds say more about the machine than about the program.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPlatform } from 'skaha-platform';
import { capture } from '../scripts/lib/command.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const command = join(here, '../packages/skaha/bin/skaha.js');
const rounds = 21;
/** What the starts may cost at most, as a multiple of an empty Node program. */
const budgets = { 'skaha --version': 1.3, 'skaha --help': 1.8, 'skaha ps': 3 };
const replicas = 512;
const concurrency = 32;
const delayMs = 50;

/** @param {number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/**
 * Median times of several programs, taken in turns so that what else the machine does meets all.
 *
 * @param {Readonly<Record<string, readonly string[]>>} programs - words for Node
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Record<string, number>>} milliseconds
 */
async function measureStarts(programs, env) {
  /** @type {Record<string, number[]>} */
  const times = Object.fromEntries(Object.keys(programs).map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, words] of Object.entries(programs)) {
      const started = performance.now();
      await ended(words, env);
      times[name]?.push(performance.now() - started);
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, taken]) => [name, median(taken)]));
}

/**
 * @param {readonly string[]} words
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<void>}
 */
const ended = (words, env) =>
  new Promise((resolve, reject) => {
    spawn(process.execPath, words, { env, stdio: 'ignore' })
      .on('error', reject)
      .on('exit', (code) => {
        if (code === 0) resolve();
        else reject(new Error(`node ${words.join(' ')} ended with ${code}`));
      });
  });

/**
 * Times of many requests to a server that takes the same time for each.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Record<string, number>>} milliseconds
 */
async function measureThroughput(env) {
  const server = spawn(process.execPath, [join(here, 'server.mjs'), String(delayMs)]);
  server.stderr.pipe(process.stderr);
  try {
    const [port] = await once(server.stdout, 'data');
    const numbers = [replicas, concurrency, Number(String(port))].map(String);
    const words = [join(here, 'client.mjs'), ...numbers];
    const { ok, output } = await capture(process.execPath, words, { env });
    if (!ok) throw new Error(output);
    const { createMs, infoMs, batchMs } = JSON.parse(output.trimEnd().split('\n').at(-1) ?? '');
    return { create: createMs, info: infoMs, batch: batchMs };
  } finally {
    server.stdin.end();
  }
}

/** @param {readonly (readonly [name: string, ratio: number, budget?: number])[]} rows */
function print(rows) {
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, ratio, budget] of rows) {
    const verdict = ratio > (budget ?? ratio) ? ', which is exceeded' : '';
    const bound = budget === undefined ? '' : `  (at most ${budget}${verdict})`;
    console.log(`${name.padEnd(width)}  ${ratio.toFixed(2).padStart(6)}${bound}`);
  }
}

const data = mkdtempSync(join(tmpdir(), 'skaha-bench-'));
// Sessions stay in the queue: this measures requests, not the programs of sessions.
const platform = await startPlatform({ data, port: 0, faults: [{ kind: 'slow-queue' }] });
try {
  const { NODE_EXTRA_CA_CERTS: _, ...own } = process.env;
  const { url, token, ca } = platform;
  const env = { ...own, HOME: data, SKAHA_URL: url, SKAHA_TOKEN: token, SKAHA_CA: ca };

  // The first run keeps what V8 compiled.
  await ended([command, 'ps'], env);
  const words = Object.keys(budgets).map((name) => [name, [command, ...name.split(' ').slice(1)]]);
  const programs = { node: ['-e', '0'], ...Object.fromEntries(words) };
  const { node = Number.NaN, ...others } = await measureStarts(programs, env);
  console.log(`\nstart-up, as a multiple of an empty Node program (median of ${rounds})`);
  print(Object.entries(budgets).map(([name, bound]) => [name, (others[name] ?? 0) / node, bound]));
  console.log(
    `\n${replicas} requests, ${concurrency} at a time, each answered after ${delayMs} ms:`,
  );
  console.log('time as a multiple of what that takes at least');
  const ideal = (replicas / concurrency) * delayMs;
  const times = await measureThroughput(env);
  // A create first asks what the platform offers and what exists; a batch asks one after the other.
  print(Object.entries(times).map(([name, time]) => [name, time / ideal]));
} finally {
  await platform.stop();
  rmSync(data, { recursive: true, force: true });
}
