import { fromBytes } from './log-tracker.js';

/** Looks for which a line may grow before it is given all the same. */
const patience = 3;

/**
 * Makes lines of bytes that come in pieces. An unfinished line is held back, so that lines stay
 * whole where they can; but a question, or a bar that is drawn again and again over itself, has no
 * end to wait for.
 */
export class LineFeed {
  readonly #decode: (bytes: Uint8Array | undefined) => string;
  /** How much at the end of a text is the beginning of a character. */
  readonly #unfinished: (text: string) => number;
  #held = '';
  #before = '';
  #growing = 0;

  /** @param encoding - how bytes become text */
  constructor(encoding: 'latin1' | 'utf-8') {
    if (encoding === 'latin1') {
      this.#decode = (bytes) => (bytes === undefined ? '' : fromBytes(bytes));
      this.#unfinished = (text) =>
        /(?:[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})$/.exec(text)?.[0]
          .length ?? 0;
      return;
    }
    // Keeps the bytes of a character back until it is complete.
    this.#unfinished = () => 0;
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    this.#decode = (bytes) =>
      bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
  }

  /** Gives the lines that these bytes complete. */
  *push(bytes: Uint8Array): Generator<string, void> {
    const text = this.#held + this.#decode(bytes);
    let start = 0;
    for (let end = text.indexOf('\n') + 1; end > 0; end = text.indexOf('\n', start) + 1) {
      yield text.slice(start, end);
      start = end;
    }
    // What goes back to the beginning of its line is finished, unless that begins a line end.
    const redrawn = text.lastIndexOf('\r', text.length - 2) + 1;
    if (redrawn > start) {
      yield text.slice(start, redrawn);
      start = redrawn;
    }
    this.#held = text.slice(start);
  }

  /** The end of a look: gives an unfinished line that has not grown since the one before. */
  *looked(): Generator<string, void> {
    this.#growing = this.#held === '' ? 0 : this.#growing + 1;
    const isStill = this.#held !== '' && this.#held === this.#before;
    const ready = this.#held.length - this.#unfinished(this.#held);
    if (ready > 0 && (isStill || this.#growing > patience)) {
      yield this.#held.slice(0, ready);
      this.#held = this.#held.slice(ready);
      this.#growing = 0;
    }
    this.#before = this.#held;
  }

  /** The end of the log: gives what is left. */
  *end(): Generator<string, void> {
    const rest = this.#held + this.#decode(undefined);
    this.#held = '';
    if (rest !== '') yield rest;
  }
}

const newline = 0x0a;

/** Keeps the last lines of bytes that come in pieces, without keeping much more. */
export class LastLines {
  readonly #count: number;
  #kept: Uint8Array[] = [];
  #length = 0;
  #trimAt = 2 ** 20;

  /** @param count - how many lines */
  constructor(count: number) {
    this.#count = count;
  }

  push(bytes: Uint8Array): void {
    if (this.#count === 0) return;
    this.#kept.push(bytes);
    this.#length += bytes.length;
    if (this.#length < this.#trimAt) return;
    const rest = this.take();
    this.#kept = [rest.slice()];
    this.#length = rest.length;
    this.#trimAt = 2 ** 20 + 2 * rest.length;
  }

  /** The bytes of the last lines, from the beginning of one. */
  take(): Uint8Array {
    const whole = new Uint8Array(this.#length);
    let offset = 0;
    for (const part of this.#kept) {
      whole.set(part, offset);
      offset += part.length;
    }
    let start = whole.length;
    for (let left = this.#count; left > 0 && start > 0; left -= 1)
      // What ends the line is its last byte, so the search begins before it.
      start = start < 2 ? 0 : whole.lastIndexOf(newline, start - 2) + 1;
    return whole.subarray(start);
  }
}
