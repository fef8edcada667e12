import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const server = fileURLToPath(new URL('clients.py', import.meta.url));

/** What became of a program, and what it said on both streams. */
export interface Outcome {
  readonly status: number;
  readonly output: string;
}

/**
 * Programs of a Python that others wrote, run one after the other for one user, until the test ends.
 * What they load is loaded once: that is most of the time of each.
 */
export class Clients {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  /**
   * @param bin - the folder of the programs
   * @param home - where they begin, and their home
   * @param env - further variables
   */
  constructor(bin: string, home: string, env: NodeJS.ProcessEnv = {}) {
    const child = spawn(join(bin, 'python'), [server], {
      env: { PATH: `${bin}:${process.env['PATH']}`, HOME: home, ...env },
      cwd: home,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    onTestFinished(async () => {
      const ended = once(child, 'close');
      child.stdin.end();
      await ended;
    });
    this.#child = child;
    this.#lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  }

  /** Runs a program to its end, whatever comes of it. */
  async run(program: string, ...words: string[]): Promise<Outcome> {
    this.#child.stdin?.write(`${JSON.stringify([program, ...words])}\n`);
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error(`${program} ${words.join(' ')} did not end`);
    return JSON.parse(value) as Outcome;
  }

  /** Runs a program that must succeed. */
  async good(program: string, ...words: string[]): Promise<string> {
    const { status, output } = await this.run(program, ...words);
    if (status !== 0) throw new Error(`${program} ${words.join(' ')}: ${status} ${output}`);
    return output;
  }
}
