import type { Io } from '@skaha/terminal/io.js';
import { TerminalText } from '@skaha/terminal/output/terminal-text.js';

const newline = 0x0a;

/**
 * Prints the lines of one log as they come: bytes as they are, but text and its style only where a
 * terminal shows them.
 *
 * @param lines - each byte as one character
 * @param head - stands before each line; with one, every line ends in a line end
 */
export async function printLines(
  io: Pick<Io, 'out' | 'isTty'>,
  lines: AsyncIterable<string>,
  head: () => string,
): Promise<void> {
  const filter = new TerminalText('style');
  try {
    for await (const line of lines) {
      const start = head();
      const end = start === '' || line.endsWith('\n') ? '' : '\n';
      const bytes = Buffer.from(line + end, 'latin1');
      if (!io.isTty) io.out(Buffer.concat([Buffer.from(start), bytes]));
      // Where lines of several logs meet, each ends in the style it began in.
      else io.out(start + filter.push(bytes) + (start === '' ? '' : filter.end()));
    }
  } finally {
    const rest = filter.end();
    if (io.isTty && rest !== '') io.out(rest);
  }
}

/** Where the last `count` lines begin; line ends are counted, so text and bytes stay untouched. */
export function tailStart(bytes: Uint8Array, count: number): number {
  if (count === 0) return bytes.length;
  let seen = 0;
  for (let index = bytes.length - 2; index >= 0; index -= 1) {
    if (bytes[index] !== newline) continue;
    seen += 1;
    if (seen === count) return index + 1;
  }
  return 0;
}

/**
 * Puts a text before each line; bytes that are no text stay as they are.
 *
 * @param prefix - when empty, nothing is changed
 * @returns the last line ends in a line end where there is a prefix
 */
export function withPrefix(bytes: Uint8Array, prefix: string): Uint8Array {
  if (prefix === '' || bytes.length === 0) return bytes;
  const head = Buffer.from(prefix);
  const parts: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(newline, start);
    const next = end < 0 ? bytes.length : end + 1;
    parts.push(head, bytes.subarray(start, next));
    if (end < 0) parts.push(Buffer.of(newline));
    start = next;
  }
  return Buffer.concat(parts);
}
