import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { fixedEnvironment, isStray, strayDescriptors } from './programs.js';

/** What to start, in a form that can be sent to another process. */
export interface SpawnRequest {
  /** The program by its absolute path, and its arguments. */
  readonly words: readonly string[];
  /** What it has besides the fixed environment. */
  readonly environment: Readonly<Record<string, string>>;
}

/** What a child has as one of its streams; a number is a descriptor of this process. */
type Stream = 'ignore' | 'ipc' | 'pipe' | number;

/**
 * Starts a program at the head of a process session of its own, with a fixed directory and
 * environment, and with no descriptors but the given streams.
 *
 * @throws what the system says when it cannot take so much at once
 */
export function spawnProgram(
  [file = '', ...words]: readonly string[],
  streams: readonly Stream[],
  environment: Readonly<Record<string, string>> = {},
): ChildProcess {
  inherited ??= strayDescriptors();
  const stray = inherited.filter(isStray);
  const nothing = stray.length === 0 ? undefined : openSync('/dev/null', 'r');
  const stdio: Stream[] = [...streams];
  for (const descriptor of stray.filter((one) => one >= streams.length)) {
    while (stdio.length < descriptor) stdio.push('ignore');
    stdio[descriptor] = nothing ?? 'ignore';
  }
  try {
    return spawn(file, words, {
      cwd: '/',
      detached: true,
      env: { ...fixedEnvironment, ...environment },
      stdio,
    });
  } finally {
    if (nothing !== undefined) closeSync(nothing);
  }
}

/** What this process has inherited, which its children must not. */
let inherited: readonly number[] | undefined;

/** Starts a session; all that it writes goes to its log, a descriptor. */
export const spawnSession = ({ words, environment }: SpawnRequest, log: number): ChildProcess =>
  spawnProgram(words, ['ignore', log, log], environment);

/** Calls a function with each complete line of a stream. */
export function onLines(stream: Readable | null, each: (line: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) each(line);
  });
}

/** Lets this process end although a child runs: its listeners keep the platform alive, not sessions. */
export function unrefChild(child: ChildProcess): void {
  child.unref();
  child.channel?.unref();
  for (const stream of child.stdio) {
    if (stream !== null && stream !== undefined && 'unref' in stream) {
      if (typeof stream.unref === 'function') stream.unref();
    }
  }
}
