import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter } from 'node:path';
import type { Terminal } from './io.js';
import { programWords } from './words.js';

/** Programs that open an address, the one to try first in front; `%s` stands for the address. */
function browserCommands(env: Terminal['env']): string[][] {
  const chosen = env['BROWSER'];
  if (chosen !== undefined && chosen.trim() !== '') {
    const entries = chosen.split(delimiter).map((entry) => entry.trim());
    return entries.filter((entry) => entry !== '').map((entry) => programWords(entry, 'BROWSER'));
  }
  if (process.platform === 'darwin') return [['open']];
  if (process.platform === 'win32') return [['rundll32', 'url.dll,FileProtocolHandler']];
  const hasDisplay = [env['DISPLAY'], env['WAYLAND_DISPLAY']].some((value) => Boolean(value));
  return hasDisplay ? [['xdg-open']] : [];
}

/** No shell takes part, so an address can hold any sign. */
function withAddress(words: readonly string[], url: string): string[] {
  const filled = words.map((word) =>
    word.replace(/%([%s])/g, (_, sign) => (sign === 's' ? url : '%')),
  );
  return words.some((word) => /(?<!%)(?:%%)*%s/.test(word)) ? filled : [...words, url];
}

/**
 * Opens an address in the user's browser: the program that `BROWSER` names, or that of the desktop.
 *
 * @param env - its variables
 * @returns false when there is none
 */
export async function openBrowser(url: string, env: Terminal['env']): Promise<boolean> {
  for (const words of browserCommands(env)) {
    // A `&` at the end is what shells read as "do not wait", which is done anyway.
    const [program = '', ...args] = withAddress(
      words.at(-1) === '&' ? words.slice(0, -1) : words,
      url,
    );
    const isStarted = await new Promise<boolean>((resolve) => {
      const child = spawn(program, args, {
        detached: true,
        stdio: 'ignore',
        env,
      });
      child.once('error', () => resolve(false));
      child.once('spawn', () => {
        child.unref();
        resolve(true);
      });
    });
    if (isStarted) return true;
  }
  return false;
}

/** Resolves with how a program ended; with undefined when it cannot be started. */
const ending = (child: ChildProcess) =>
  new Promise<{ status: number | null; by: NodeJS.Signals | null } | undefined>((resolve) => {
    child.once('error', () => resolve(undefined));
    child.once('exit', (status, by) => resolve({ status, by }));
  });

/**
 * Runs a program in the terminal until it ends.
 *
 * @param env - its variables
 * @returns its exit status; undefined when it cannot be started
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  env: Terminal['env'],
): Promise<number | undefined> {
  const ended = await ending(spawn(program, args, { stdio: 'inherit', env }));
  return ended === undefined ? undefined : (ended.status ?? 1);
}

/**
 * Runs a program in the terminal in place of this one until it ends.
 *
 * @param env - its variables
 * @param signal - passed on to it
 * @param isInterrupt - whether the reason of the signal is that somebody pressed Ctrl-C
 * @returns the exit status that a shell would report; undefined when it cannot be started
 */
export async function runInstead(
  program: string,
  args: readonly string[],
  env: Terminal['env'],
  signal: AbortSignal,
  isInterrupt: (reason: unknown) => boolean,
): Promise<number | undefined> {
  const child = spawn(program, args, { stdio: 'inherit', env });
  const pass = () => {
    // A terminal sends Ctrl-C to everybody by itself; twice would mean more than once.
    if (!isInterrupt(signal.reason)) child.kill('SIGTERM');
    else if (process.stdin.isTTY !== true) child.kill('SIGINT');
  };
  signal.addEventListener('abort', pass, { once: true });
  const ended = await ending(child);
  signal.removeEventListener('abort', pass);
  if (ended === undefined) return undefined;
  const { status, by } = ended;
  return by === null ? (status ?? 1) : 128 + (constants.signals[by] ?? 0);
}
