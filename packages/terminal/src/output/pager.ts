import type { SpawnOptions } from 'node:child_process';
import type { Pager, Terminal } from '../io.js';

let isOpen = false;

/** Whether a pager has the terminal; Ctrl-C is then meant for it. */
export const pagerIsOpen = (): boolean => isOpen;

/** Number of lines that text takes on the screen, long ones counted as they are broken. */
function height(text: string, columns: number): number {
  return text
    .split('\n')
    .reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / Math.max(1, columns))), -1);
}

/**
 * Commands that need no shell, and are therefore ended together with this one. Others begin with a
 * variable, or hold quotes, pipes and the like.
 */
const simple = /^[\w./+-]+(?:\s+[\w./+=:,@%-]+)*$/;

/** What a shell says when there is no such program. */
const notStarted = new Set([126, 127]);

async function run(
  command: string,
  env: Terminal['env'],
  signal: AbortSignal,
  text: string | Uint8Array,
): Promise<boolean> {
  const { spawn } = await import('node:child_process');
  return new Promise<boolean>((resolve) => {
    // Colours pass, and what fits the screen is shown at once, unless the user says otherwise.
    const own = { LESS: 'FRX', LV: '-c', ...env };
    const how = { stdio: ['pipe', 'inherit', 'inherit'], env: own } satisfies SpawnOptions;
    const words = simple.test(command) ? command.split(/\s+/) : [];
    const [program, ...args] = words;
    const child =
      program === undefined
        ? spawn(command, { ...how, shell: true })
        : spawn(program, args, { ...how, shell: false });
    const stop = () => child.kill();
    const end = (isShown: boolean) => {
      signal.removeEventListener('abort', stop);
      resolve(isShown);
    };
    signal.addEventListener('abort', stop, { once: true });
    child.once('error', () => end(false));
    child.once('exit', (status) => end(status === null || !notStarted.has(status)));
    // A pager that was left early takes no more.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(text);
  });
}

/** What shows long text. */
export interface PagerProgram {
  /** A command line; nothing is paged where it is missing, empty or `cat`. */
  command: string | undefined;
  /** Its variables. */
  env: Terminal['env'];
}

/**
 * A pager for this terminal.
 *
 * @param terminal - nothing is paged unless it is one
 * @returns undefined where nothing is ever paged; else a function that resolves when the reader has
 *   left the pager, to false when the text fits on the screen or the program cannot be started
 */
export function createPager(
  terminal: Pick<Terminal, 'isTty' | 'env' | 'columns' | 'rows' | 'signal'>,
  program: PagerProgram,
): Pager | undefined {
  const command = program.command?.trim() ?? '';
  if (command === '' || command === 'cat' || !terminal.isTty || terminal.env['TERM'] === 'dumb')
    return undefined;
  return async (text) => {
    const rows = terminal.rows ?? 24;
    const shown = typeof text === 'string' ? text : new TextDecoder().decode(text);
    if (height(shown, terminal.columns) < rows || isOpen) return false;
    isOpen = true;
    try {
      return await run(command, program.env, terminal.signal, text);
    } finally {
      isOpen = false;
      terminal.signal.throwIfAborted();
    }
  };
}
