import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { onAbort } from '@skaha/base/on-abort.js';

/** How a program says that it is ready. */
interface Readiness {
  /** How long it may take, in milliseconds. */
  readonly patienceMs: number;
  /** What the program reports it on; its standard output by default. */
  readonly stream?: Readable | undefined;
  /** Whether the output so far means that it is ready. */
  isReady(said: string): boolean;
  /** Why it ended, from what it wrote to its standard error; the first line by default. */
  reason?(lines: readonly string[]): string;
  /** Gives up waiting. */
  readonly signal?: AbortSignal | undefined;
}

/** How much of its standard error is kept, in characters. */
const longestErrors = 1_000;

// The first line is the cause; the others are its consequences.
const firstLine = ([line = 'it ended']: readonly string[]): string => line;

/**
 * Waits until a program says that it is ready; one that does not is killed.
 *
 * @returns what it has said
 * @throws why it ended, or that it does not answer
 */
export async function untilReady(
  child: ChildProcess,
  { patienceMs, stream = child.stdout ?? undefined, isReady, reason, signal }: Readiness,
): Promise<string> {
  let said = '';
  let errors = '';
  let timer: NodeJS.Timeout | undefined;
  let stopListening = () => {};
  try {
    signal?.throwIfAborted();
    return await new Promise<string>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error('the system does not answer')), patienceMs);
      if (signal !== undefined) stopListening = onAbort(signal, () => reject(signal.reason));
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        errors = (errors + text).slice(-longestErrors);
      });
      child.once('error', reject).once('close', () => {
        const lines = errors.split('\n').filter((line) => /[a-z]/.test(line));
        reject(new Error((reason ?? firstLine)(lines.map((line) => line.trim()))));
      });
      stream?.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (isReady(said)) resolve(said);
      });
    });
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    clearTimeout(timer);
    stopListening();
  }
}
