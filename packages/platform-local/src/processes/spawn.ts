import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fixedEnvironment, isStray, strayDescriptors } from './programs.js';

/** What is to be started, in a form that can be handed to another process. */
export interface StartOrder {
  /** The program by its absolute path, and its words. */
  readonly words: readonly string[];
  /** What it has besides the fixed environment. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Starts a program at the head of a process session of its own, with a fixed directory and no
 * descriptors but the log.
 *
 * @param log - descriptor of the log
 * @throws what the system says when it cannot take so much at once
 */
export function startProgram({ words, environment }: StartOrder, log: number): ChildProcess {
  const [file = '', ...args] = words;
  const { streams, close } = onlyThese(['ignore', log, log]);
  try {
    return spawn(file, args, {
      cwd: '/',
      detached: true,
      env: { ...fixedEnvironment, ...environment },
      stdio: streams,
    });
  } finally {
    close();
  }
}

type Stream = 'ignore' | 'ipc' | 'pipe' | number;

let inherited: readonly number[] | undefined;

/** Streams of a child; what this process itself has inherited is covered. */
export function onlyThese(wanted: readonly Stream[]): { streams: StdioOptions; close(): void } {
  const streams: Stream[] = [...wanted];
  inherited ??= strayDescriptors();
  const stray = inherited.filter(isStray);
  if (stray.length === 0) return { streams, close: () => undefined };
  const nothing = openSync('/dev/null', 'r');
  for (const descriptor of stray.filter((one) => one >= wanted.length)) {
    while (streams.length < descriptor) streams.push('ignore');
    streams[descriptor] = nothing;
  }
  return { streams, close: () => closeSync(nothing) };
}
