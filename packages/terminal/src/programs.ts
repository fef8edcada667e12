import { spawn } from 'node:child_process';
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
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: 'inherit', env });
    child.once('error', () => resolve(undefined));
    child.once('exit', (status) => resolve(status ?? 1));
  });
}
