import type { Io } from '../io.js';
import { TerminalText } from './terminal-text.js';

const newline = 0x0a;
const carriageReturn = 0x0d;

/**
 * Prints lines of several sources: bytes as they are, but text and its style only where a terminal
 * shows them. A line that comes in pieces gets one prefix only, unless another source wrote in
 * between.
 */
export class LineWriter {
  readonly #io: Pick<Io, 'out' | 'isTty'>;
  readonly #filters = new Map<string, TerminalText>();
  /** The source whose line was begun and not ended. */
  #open: string | undefined;

  constructor(io: Pick<Io, 'out' | 'isTty'>) {
    this.#io = io;
  }

  /**
   * @param id - of the source
   * @param prefix - empty to print it as it is
   * @param text - each byte as one character
   */
  write(id: string, prefix: string, text: string): void {
    const bytes = this.#shown(id, text);
    if (bytes.length === 0) return;
    if (prefix === '') {
      this.#io.out(bytes);
      return;
    }
    const goesOn = this.#open === id;
    const cut = this.#open !== undefined && !goesOn ? '\n' : '';
    const lines = prefixed(bytes, prefix, goesOn);
    const isOpen = bytes.at(-1) !== newline && bytes.at(-1) !== carriageReturn;
    this.#open = isOpen ? id : undefined;
    // Where lines of several sources meet, each ends in the style it began in.
    const style = isOpen ? '' : (this.#filters.get(id)?.end() ?? '');
    this.#io.out(Buffer.concat([Buffer.from(cut), lines, Buffer.from(style)]));
  }

  /** Ends the line that a source left open behind a prefix, and its style. */
  end(id: string): void {
    const rest = this.#filters.get(id)?.end() ?? '';
    if (rest !== '') this.#io.out(rest);
    if (this.#open !== id) return;
    this.#open = undefined;
    this.#io.out('\n');
  }

  #shown(id: string, text: string): Uint8Array {
    const bytes = Buffer.from(text, 'latin1');
    if (!this.#io.isTty) return bytes;
    const filter = this.#filters.get(id) ?? new TerminalText('style');
    this.#filters.set(id, filter);
    return Buffer.from(filter.push(bytes));
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
 * @param goesOn - whether the first bytes are the rest of a line that has its prefix
 */
function prefixed(bytes: Uint8Array, prefix: string, goesOn: boolean): Buffer {
  const head = Buffer.from(prefix);
  const parts: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(newline, start);
    const next = end < 0 ? bytes.length : end + 1;
    if (start > 0 || !goesOn) parts.push(head);
    parts.push(bytes.subarray(start, next));
    start = next;
  }
  return Buffer.concat(parts);
}

/**
 * A whole text with another before each line.
 *
 * @param prefix - when empty, nothing is changed
 * @returns the last line ends in a line end where there is a prefix
 */
export function withPrefix(bytes: Uint8Array, prefix: string): Uint8Array {
  if (prefix === '' || bytes.length === 0) return bytes;
  const lines = prefixed(bytes, prefix, false);
  return bytes.at(-1) === newline ? lines : Buffer.concat([lines, Buffer.of(newline)]);
}

/**
 * Writes bytes as they come, with a text before each line.
 *
 * @param prefix - when empty, nothing is changed
 */
export function pieceWriter(io: Pick<Io, 'drained' | 'out'>, prefix: string) {
  let goesOn = false;
  return {
    write: async (piece: Uint8Array) => {
      io.out(prefix === '' ? piece : prefixed(piece, prefix, goesOn));
      if (piece.length > 0) goesOn = piece.at(-1) !== newline;
      await io.drained?.();
    },
    end: () => {
      if (goesOn && prefix !== '') io.out('\n');
    },
  };
}
