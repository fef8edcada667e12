import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const shipped = fileURLToPath(new URL('../../client/bin/skaha.js', import.meta.url));
const built = fileURLToPath(new URL('../../client/dist/command/main.js', import.meta.url));

/** A child process and what became of it. */
export interface Child {
  process: ChildProcess;
  /** Standard output so far. */
  stdout(): string;
  stderr(): string;
  /** Resolves when standard output holds the text. */
  printed(text: string): Promise<void>;
  /** Resolves to the exit status, or to the name of the signal that ended it. */
  ended: Promise<number | string>;
}

/** How to start it. */
export interface ChildOptions {
  nodeOptions?: readonly string[] | undefined;
  /** Path of the program; the shipped command by default. */
  program?: string | undefined;
  /** What stands on standard input. */
  stdin?: string | undefined;
  /** File descriptor that gets standard output instead of the test. */
  stdout?: number | undefined;
}

/** Starts the built command; it is ended with the test at the latest. */
export function startSkaha(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
  { nodeOptions = [], program = shipped, stdin = '', stdout }: ChildOptions = {},
): Child {
  if (!existsSync(built)) throw new Error("Build first: 'npm run build'.");
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [...nodeOptions, program, ...argv], {
    env: { PATH, HOME, ...env },
    stdio: ['pipe', stdout ?? 'pipe', 'pipe'],
  });
  child.stdin?.end(stdin);
  let out = '';
  let err = '';
  const waiting = new Set<() => void>();
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    for (const check of waiting) check();
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const ended = new Promise<number | string>((resolve) => {
    child.once('close', (status, signal) => resolve(signal ?? status ?? 0));
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return {
    process: child,
    stdout: () => out,
    stderr: () => err,
    ended,
    printed: (text) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (!out.includes(text)) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
        void ended.then(() => reject(new Error(`ended without printing ${text}: ${out}${err}`)));
      }),
  };
}

/** Runs the built command to its end. */
export async function runChild(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
  options: ChildOptions = {},
): Promise<{ status: number | string; stdout: string; stderr: string }> {
  const child = startSkaha(argv, env, options);
  const status = await child.ended;
  return { status, stdout: child.stdout(), stderr: child.stderr() };
}
