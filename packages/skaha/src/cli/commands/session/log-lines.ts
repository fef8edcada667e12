import type { Io } from '../../io.js';

const newline = 0x0a;

/** Bytes as they are, but for people at a terminal. */
export const encodingFor = ({ isTty }: Pick<Io, 'isTty'>) => (isTty ? 'utf-8' : 'latin1');

/**
 * Prints what sessions write, each line after its prefix. A line that comes in pieces gets one
 * prefix only, unless another session wrote in between.
 */
export class LineWriter {
  readonly #out: Io['out'];
  readonly #encoding: 'latin1' | 'utf-8';
  /** Whose line was begun and not ended. */
  #open: string | undefined;

  /**
   * @param io - standard output
   * @param encoding - in which the text becomes bytes
   */
  constructor({ out }: Pick<Io, 'out'>, encoding: 'latin1' | 'utf-8') {
    this.#out = out;
    this.#encoding = encoding;
  }

  /**
   * @param id - whose line, or piece of one, it is
   * @param prefix - empty to print it as it is
   */
  write(id: string, prefix: string, text: string): void {
    const bytes = Buffer.from(text, this.#encoding);
    if (prefix === '') {
      this.#out(bytes);
      return;
    }
    const goesOn = this.#open === id;
    const cut = this.#open !== undefined && !goesOn ? '\n' : '';
    this.#open = /[\r\n]$/.test(text) ? undefined : id;
    this.#out(Buffer.concat([Buffer.from(goesOn ? cut : cut + prefix), bytes]));
  }

  /** Ends the line that a session left open behind a prefix. */
  end(id: string): void {
    if (this.#open !== id) return;
    this.#open = undefined;
    this.#out('\n');
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
