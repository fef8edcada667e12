import { concatenate } from '@skaha/base/bytes.js';

/** How much of what was already given is kept for finding the place again, in bytes. */
const windowLength = 65_536;
/** How much of it is asked for again at most with each look, to see that it is still the same log. */
const proofLength = 1024;

/**
 * Knows how far a log was read, and finds the place again in a log that is sent whole. The platform
 * may drop the beginning of a long log, or begin a new one when a container is started again; then
 * the place is found by the longest overlap between the end of what was seen and the beginning of
 * what came.
 */
export class LogTracker {
  #position = 0;
  #seen: Uint8Array = new Uint8Array();
  /** What followed what was seen, put together when it is asked for. */
  #since: Uint8Array[] = [];
  #sinceLength = 0;

  /** How many bytes were read. */
  get position(): number {
    return this.#position;
  }

  /** The last bytes that were read: a log that goes on has them in front of what is new. */
  get proof(): Uint8Array {
    const length = Math.min(proofLength, Math.ceil(this.#position / 2));
    return this.#window.subarray(this.#window.length - length);
  }

  /** These bytes followed what was read before. */
  append(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#position += bytes.length;
    this.#since.push(bytes);
    this.#sinceLength += bytes.length;
    // Pieces are many and small where a log is long: to copy the window for each would take as long
    // as to read them.
    if (this.#sinceLength > 16 * windowLength) this.#forget(this.#window);
  }

  /** The end of what was read. */
  get #window(): Uint8Array {
    if (this.#sinceLength > 0) {
      const parts = [this.#seen, ...this.#since];
      this.#forget(concatenate(parts, this.#seen.length + this.#sinceLength));
    }
    return this.#seen;
  }

  /** @param seen - all that is known of what was read */
  #forget(seen: Uint8Array): void {
    // A copy, because a view would keep all that it is cut from.
    this.#seen = seen.slice(-windowLength);
    this.#since = [];
    this.#sinceLength = 0;
  }

  /**
   * @param log - the log as it is now, whole
   * @returns what was not there before; empty when nothing is new
   */
  advance(log: Uint8Array): Uint8Array {
    // The server answers an empty text when it cannot read the log for a moment.
    if (log.length === 0) return log;
    const fresh = log.subarray(this.#place(fromBytes(log)));
    this.#position = log.length;
    this.#forget(log);
    return fresh;
  }

  #place(text: string): number {
    const window = fromBytes(this.#window);
    const from = this.#position - window.length;
    if (text.startsWith(window, from)) return this.#position;
    // When more than the window came back, the whole window lies somewhere inside.
    if (window.length === windowLength) {
      const at = text.indexOf(window);
      if (at !== -1) return at + windowLength;
    }
    return overlap(window, text);
  }
}

/** Most characters that are made at once; a call takes only this many arguments. */
const blockLength = 8192;

/**
 * Each byte as one character, U+0000 to U+00FF; the decoder of the name `latin1` would change some.
 *
 * @param bytes - any
 */
export function fromBytes(bytes: Uint8Array): string {
  let text = '';
  for (let start = 0; start < bytes.length; start += blockLength)
    text += String.fromCharCode(...bytes.subarray(start, start + blockLength));
  return text;
}

/**
 * Length of the longest end of one text that is the beginning of another, in linear time
 * (the prefix function of Knuth, Morris and Pratt).
 *
 * @param before - the text whose end is compared
 * @param after - the text whose beginning is compared
 */
export function overlap(before: string, after: string): number {
  const pattern = after.slice(0, before.length);
  if (pattern === '') return 0;
  const borders = new Int32Array(pattern.length);
  let matched = 0;
  for (let index = 1; index < pattern.length; index += 1) {
    matched = extend(pattern, borders, matched, pattern.charCodeAt(index));
    borders[index] = matched;
  }
  matched = 0;
  for (let index = 0; index < before.length; index += 1) {
    if (matched === pattern.length) matched = borders[matched - 1] ?? 0;
    matched = extend(pattern, borders, matched, before.charCodeAt(index));
  }
  return matched;
}

function extend(pattern: string, borders: Int32Array, matched: number, code: number): number {
  let length = matched;
  while (length > 0 && pattern.charCodeAt(length) !== code) length = borders[length - 1] ?? 0;
  return pattern.charCodeAt(length) === code ? length + 1 : length;
}
