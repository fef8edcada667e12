import { isatty } from 'node:tty';
import { abortable } from '@skaha/base/signals.js';
import type { Terminal } from './io.js';
import { standardInput } from './standard-input.js';

async function readStream(stream: AsyncIterable<unknown>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream)
    chunks.push(chunk instanceof Uint8Array ? chunk : new TextEncoder().encode(String(chunk)));
  const { decodeText } = await import('./decode-text.js');
  return decodeText(Buffer.concat(chunks), 'Standard input');
}

async function* rawBytes(
  stream: AsyncIterable<unknown>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  const chunks = stream[Symbol.asyncIterator]();
  for (;;) {
    const next = await abortable(chunks.next(), signal);
    if (next.done === true) return;
    yield next.value instanceof Uint8Array ? next.value : Buffer.from(String(next.value));
  }
}

/** Waits only where something waits to be taken: it is asked after each line. */
const whenDrained = async (stream: NodeJS.WriteStream, signal: AbortSignal): Promise<void> => {
  if (!stream.writableNeedDrain) return;
  const drained = new Promise<void>((resolve) => {
    stream.once('drain', resolve);
  });
  await abortable(drained, signal);
};

/** Standard input line by line; one reader for all questions, so that no line is lost between them. */
function createLineReader(): () => Promise<string | undefined> {
  let lines: AsyncIterator<string> | undefined;
  return async () => {
    if (lines === undefined) {
      const { createInterface } = await import('node:readline');
      lines = createInterface({ input: standardInput(), terminal: false })[Symbol.asyncIterator]();
    }
    const next = await lines.next();
    return next.done === true ? undefined : next.value;
  };
}

/**
 * The terminal of this process.
 *
 * @param program - name of the program
 * @param signal - ends what waits for standard input
 * @param isClosed - whether nobody reads standard output any more
 */
export function processTerminal(
  program: string,
  signal: AbortSignal,
  isClosed: () => boolean,
): Terminal {
  const readLine = createLineReader();
  return {
    program,
    out: (chunk) => {
      if (!isClosed()) process.stdout.write(chunk);
    },
    err: (text) => {
      process.stderr.write(text);
    },
    isTty: process.stdout.isTTY === true,
    errIsTty: process.stderr.isTTY === true,
    get inIsTty() {
      return isatty(0);
    },
    get columns() {
      // Some pseudo-terminals say 0.
      const own = process.stdout.columns || process.stderr.columns;
      return own || Number(process.env['COLUMNS']) || 80;
    },
    get rows() {
      return process.stdout.rows || undefined;
    },
    env: process.env,
    readLine: (options) => (options?.afterwards ? readLine() : abortable(readLine(), signal)),
    readAll: () => abortable(readStream(standardInput()), signal),
    readBytes: () => rawBytes(standardInput(), signal),
    drained: () => whenDrained(process.stdout, signal),
    signal,
  };
}
