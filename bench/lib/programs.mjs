// @ts-check
// Everything is measured in processes of its own: nothing that is measured shares one with what it
// talks to, or with this program.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Longest that one program may take, in milliseconds: the measurements end by themselves. */
const longest = 300_000;

/** @param {string} name - of a program in `programs` */
const pathOf = (name) => fileURLToPath(new URL(`../programs/${name}.mjs`, import.meta.url));

/** Node 20 alone starts several times slower where further authorities are set. */
export function plainEnvironment() {
  const { NODE_EXTRA_CA_CERTS: _, NODE_OPTIONS: __, ...env } = process.env;
  return env;
}

/**
 * Runs a program to its end.
 *
 * @param {string} file
 * @param {readonly string[]} words
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<string>} what it wrote
 */
export async function ended(file, words, env = plainEnvironment()) {
  const child = spawn(file, words, { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: longest });
  let output = '';
  let complaint = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    complaint += text;
  });
  const [code, signal] = await once(child, 'close');
  if (code === 0) return output;
  throw new Error(`${[file, ...words].join(' ')} ended with ${code ?? signal}\n${complaint}`);
}

/**
 * Runs one of our programs, which writes one line of JSON.
 *
 * @param {string} name
 * @param {object} input - its argument
 * @returns {Promise<any>}
 */
export const answered = async (name, input) =>
  JSON.parse(await ended(process.execPath, [pathOf(name), JSON.stringify(input)]));

/** A program that runs until its input ends, and answers each line of it with one of JSON. */
export class Service {
  #child;
  #lines;

  /**
   * @param {string} name
   * @param {object} input - its argument
   */
  constructor(name, input) {
    this.#child = spawn(process.execPath, [pathOf(name), JSON.stringify(input)], {
      env: plainEnvironment(),
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
  }

  /** @returns {Promise<any>} the next line */
  async next() {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('a program of the measurement ended early');
    return JSON.parse(value);
  }

  /** Asks for what it tells of itself. @returns {Promise<any>} */
  async ask() {
    this.#child.stdin.write('?\n');
    return await this.next();
  }

  /** Asks for its memory, in bytes: now, and the most it ever had. */
  async memory() {
    const { now, most } = await this.ask();
    return { now: Number(now), most: Number(most) };
  }

  async end() {
    if (this.#child.exitCode !== null) return;
    const closed = once(this.#child, 'close');
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 30_000);
    await closed;
    clearTimeout(timer);
  }
}

/**
 * Runs a service while something is measured with it.
 *
 * @template T
 * @param {string} name
 * @param {object} input
 * @param {(service: Service, first: any) => Promise<T>} work - given its first line
 */
export async function withService(name, input, work) {
  const service = new Service(name, input);
  try {
    return await work(service, await service.next());
  } finally {
    await service.end();
  }
}

/**
 * @template T
 * @param {(folder: string) => Promise<T>} work
 */
export async function withFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), 'skaha-bench-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @typedef {{url: string, socket: string, token: string, tokenFile: string, ca: string, certificate: string, port: number}} Described */

/**
 * Runs a local platform whose sessions stay in the queue: it is requests that are measured.
 *
 * @template T
 * @param {(service: Service, platform: Described) => Promise<T>} work
 */
export const withPlatform = (work) => withFolder((data) => withService('platform', { data }, work));
