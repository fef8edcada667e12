// @ts-check
import { spawn } from 'node:child_process';
import { root } from './root.mjs';

/**
 * @typedef {object} Outcome
 * @property {boolean} ok
 * @property {string} output - what it wrote to both streams, in order
 */

/**
 * Runs a program to its end and keeps what it writes, to be shown only if it fails.
 *
 * @param {string} file
 * @param {readonly string[]} args
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv}} [options]
 * @returns {Promise<Outcome>}
 */
export function capture(file, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd: options.cwd ?? root,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    child.on('error', (error) => resolve({ ok: false, output: `${output}${error.message}\n` }));
    child.on('close', (code) => resolve({ ok: code === 0, output }));
  });
}

/**
 * Runs a program with the streams of this one and resolves to its exit code.
 *
 * @param {string} file
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<number>}
 */
export function passThrough(file, args, env = process.env) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: root, env, stdio: 'inherit' });
    // Ctrl-C reaches the child by itself; this process only waits for it to end.
    const wait = () => undefined;
    const forward = () => child.kill('SIGTERM');
    process.on('SIGINT', wait);
    process.on('SIGTERM', forward);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      process.off('SIGINT', wait);
      process.off('SIGTERM', forward);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 143));
    });
  });
}

/**
 * The command line that runs npm: the one that runs this script when there is one.
 *
 * @param {readonly string[]} args
 * @returns {{file: string, args: string[]}}
 */
export function npm(args) {
  const script = process.env['npm_execpath'];
  if (script !== undefined && /npm-cli\.[cm]?js$/.test(script)) {
    return { file: process.execPath, args: [script, ...args] };
  }
  return { file: 'npm', args: [...args] };
}
