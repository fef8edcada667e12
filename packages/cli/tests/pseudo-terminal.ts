import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { IPty } from 'node-pty';
import { onTestFinished } from 'vitest';

const program = fileURLToPath(new URL('../../client/bin/skaha.js', import.meta.url));
const built = fileURLToPath(new URL('../../client/dist/command/main.js', import.meta.url));

// Built from source on Linux, which needs a compiler that not every machine has.
const pty = await import('node-pty').catch(() => undefined);

/** Why no terminal can be had on this machine; undefined when one can. */
export const noTerminal =
  pty === undefined
    ? 'node-pty was not built here: it needs Python, make and a C++ compiler'
    : undefined;

/** The built command in a terminal of its own, with somebody at the keyboard. */
export class PseudoTerminal {
  readonly #pty: IPty;
  readonly #waiting = new Set<() => void>();
  #text = '';
  /** Resolves to the exit status of the shell. */
  readonly ended: Promise<number>;

  /**
   * @param script - of the shell; `skaha` is the command
   * @param env - variables beside the path
   * @param cols - its width
   */
  constructor(script: string, env: Readonly<Record<string, string>>, cols = 100) {
    if (!existsSync(built)) throw new Error("Build first: 'npm run build'.");
    // The shell goes on when Ctrl-C ends the command.
    const command = `trap : INT\nskaha() { '${process.execPath}' '${program}' "$@"; }\n${script}`;
    if (pty === undefined) throw new Error(noTerminal);
    this.#pty = pty.spawn('sh', ['-c', command], {
      name: 'xterm-256color',
      cols,
      rows: 50,
      env: { PATH: process.env['PATH'] ?? '', ...env },
    });
    this.#pty.onData((text) => {
      this.#text += text;
      for (const check of this.#waiting) check();
    });
    this.ended = new Promise((resolve) => {
      this.#pty.onExit(({ exitCode }) => resolve(exitCode));
    });
    onTestFinished(async () => {
      try {
        this.#pty.kill('SIGKILL');
      } catch {
        // It has ended by itself.
      }
      await this.ended;
    });
  }

  /** Everything that was shown so far, escape sequences included. */
  get text(): string {
    return this.#text;
  }

  /** Presses keys. */
  type(keys: string): void {
    this.#pty.write(keys);
  }

  /** Resolves when something is on the screen. */
  async shows(what: string): Promise<void> {
    const ended = this.ended.then(() => {
      throw new Error(`it ended without showing ${what}: ${this.#text}`);
    });
    const shown = new Promise<void>((resolve) => {
      const check = () => {
        if (!this.#text.includes(what)) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
    await Promise.race([shown, ended]);
  }
}
