// @ts-check
// Prints ratios, because seconds say more about the machine than about the program.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPlatform } from 'skaha-platform';
import { capture } from '../scripts/lib/command.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const command = join(here, '../packages/skaha/bin/skaha.js');
const rounds = 15;
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

/** @param {readonly (readonly [string, number])[]} rows */
function print(rows) {
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, ratio] of rows)
    console.log(`${name.padEnd(width)}  ${ratio.toFixed(2).padStart(6)}`);
}

const data = mkdtempSync(join(tmpdir(), 'skaha-bench-'));
// Sessions stay in the queue: this measures requests, not the programs of sessions.
const platform = await startPlatform({ data, port: 0, faults: [{ kind: 'slow-queue' }] });
try {
  const { NODE_EXTRA_CA_CERTS: _, ...own } = process.env;
  const { url, token, ca } = platform;
  const env = { ...own, HOME: data, SKAHA_URL: url, SKAHA_TOKEN: token, SKAHA_CA: ca };

  const { node = Number.NaN, ...others } = await measureStarts(
    {
      node: ['-e', '0'],
      'skaha --version': [command, '--version'],
      'skaha --help': [command, '--help'],
      'skaha ps': [command, 'ps'],
    },
    env,
  );
  console.log(`\nstart-up, as a multiple of an empty Node program (median of ${rounds})`);
  print(Object.entries(others).map(([name, time]) => [name, time / node]));
  console.log(
    `\n${replicas} requests, ${concurrency} at a time, each answered after ${delayMs} ms:`,
  );
  console.log('time as a multiple of what that takes at least');
  const lift = platform.faults.inject({ kind: 'slow', path: '/skaha/v1/session', delayMs });
  const words = [join(here, 'client.mjs'), String(replicas), String(concurrency)];
  const { ok, output } = await capture(process.execPath, words, { env });
  lift();
  if (!ok) throw new Error(output);
  const { createMs, infoMs } = JSON.parse(output.trimEnd().split('\n').at(-1) ?? '');
  const ideal = (replicas / concurrency) * delayMs;
  print([
    ['create', createMs / ideal],
    ['info', infoMs / ideal],
  ]);
} finally {
  await platform.stop();
  rmSync(data, { recursive: true, force: true });
}
