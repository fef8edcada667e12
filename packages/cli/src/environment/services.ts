import { systemClock } from '@skaha/base/clock.js';
import type { Terminal } from '@skaha/terminal/io.js';
import { standardInput } from '@skaha/terminal/standard-input.js';
import { Interruption } from '../exit.js';
import type { Services } from './deps.js';

const secrets = [
  'SKAHA_PASSWORD',
  'SKAHA_TOKEN',
  'CANFAR_TOKEN',
  'SKAHA_REGISTRY_SECRET',
  'CANFAR_REGISTRY__SECRET',
];

/**
 * The variables for a program that is started from here: all but those that hold secrets.
 *
 * @param env - the variables of this process
 */
export const childEnvironment = (
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !secrets.includes(name)));

const isInterrupt = (reason: unknown): boolean =>
  reason instanceof Interruption && reason.exitStatus === 130;

/**
 * V8 lets a heap grow to four times what was in use before it looks for garbage everywhere; now to
 * twice as much. Compiled code that is kept names the settings it was made with: it is loaded before.
 */
async function spareMemory(): Promise<() => void> {
  const { setFlagsFromString } = await import('node:v8');
  setFlagsFromString('--heap-growing-percent=100');
  return () => setFlagsFromString('--heap-growing-percent=0');
}

const isNode = !['bun', 'deno'].some((name) => name in process.versions);

export function systemServices(terminal: Pick<Terminal, 'env'>): Services {
  return {
    connect: async (options) => {
      const { SkahaClient } = await import('./connect.js');
      return new SkahaClient(options);
    },
    readBytes: async (path) => {
      const { readFile } = await import('node:fs/promises');
      return readFile(path);
    },
    openBrowser: async (url) => {
      const { openBrowser } = await import('@skaha/terminal/programs.js');
      return openBrowser(url, childEnvironment(terminal.env));
    },
    prompts: async () => {
      const { terminalPrompts } = await import('@skaha/terminal/prompts/terminal.js');
      return terminalPrompts({
        input: standardInput(),
        output: process.stderr,
        accessible: terminal.env['TERM'] === 'dumb',
      });
    },
    runProgram: async (program, args) => {
      const { runProgram } = await import('@skaha/terminal/programs.js');
      return runProgram(program, args, childEnvironment(terminal.env));
    },
    runExtension: async (program, args, signal) => {
      const { runInstead } = await import('@skaha/terminal/programs.js');
      const { SKAHA_PASSWORD: _, ...rest } = terminal.env;
      const env = { ...rest, SKAHA_EXECUTABLE: process.argv[1] ?? '' };
      return runInstead(program, args, env, signal, isInterrupt);
    },
    describeHost: async () => {
      const { arch, release, type } = await import('node:os');
      return { runtime: `Node.js ${process.version}`, system: `${type()} ${release()} ${arch()}` };
    },
    spareMemory: isNode ? spareMemory : undefined,
    jobs: async () => {
      const { jobStore, journalDirectory } = await import('skaha/batch/journal');
      return jobStore(journalDirectory(terminal.env));
    },
    launches: async () => {
      const { launchLog, launchLogPath } = await import('skaha/history');
      return launchLog(launchLogPath(terminal.env));
    },
    clock: systemClock,
    random: Math.random,
  };
}
