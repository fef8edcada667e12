import { systemClock } from '@skaha/base/clock.js';
import type { Terminal } from '@skaha/terminal/io.js';
import { standardInput } from '@skaha/terminal/standard-input.js';
import { childEnvironment } from './child-environment.js';
import type { Services } from './deps.js';
import { Interruption } from './exit.js';

/** The number that shells report for a program that a signal ended. */
const afterSignal = async (name: NodeJS.Signals): Promise<number> => {
  const { constants } = await import('node:os');
  return 128 + (constants.signals[name] ?? 0);
};

async function runExtension(
  program: string,
  args: readonly string[],
  env: Terminal['env'],
  signal: AbortSignal,
): Promise<number | undefined> {
  const { spawn } = await import('node:child_process');
  const { SKAHA_PASSWORD: _, ...rest } = env;
  const child = spawn(program, args, {
    stdio: 'inherit',
    env: { ...rest, SKAHA_EXECUTABLE: process.argv[1] ?? '' },
  });
  const pass = () => {
    const isInterrupt = signal.reason instanceof Interruption && signal.reason.exitStatus === 130;
    // A terminal sends Ctrl-C to everybody by itself; twice would mean more than once.
    if (!isInterrupt) child.kill('SIGTERM');
    else if (process.stdin.isTTY !== true) child.kill('SIGINT');
  };
  signal.addEventListener('abort', pass, { once: true });
  try {
    return await new Promise((resolve) => {
      child.once('error', () => resolve(undefined));
      child.once('exit', (status, by) => {
        resolve(by === null ? (status ?? 1) : afterSignal(by));
      });
    });
  } finally {
    signal.removeEventListener('abort', pass);
  }
}

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
    readTextFile: async (path) => {
      const { readFile } = await import('node:fs/promises');
      return readFile(path, 'utf8');
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
    runExtension: (program, args, signal) => runExtension(program, args, terminal.env, signal),
    describeHost: async () => {
      const { arch, release, type } = await import('node:os');
      return { runtime: `Node.js ${process.version}`, system: `${type()} ${release()} ${arch()}` };
    },
    ...(isNode ? { spareMemory } : {}),
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
