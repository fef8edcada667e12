/** How much of what was already given is kept for finding the place again, in characters. */
const windowLength = 65_536;

/**
 * Finds what is new in a log that is always sent whole. The platform may drop the beginning of a
 * long log, or begin a new one when a container is started again; then the place is found by the
 * longest overlap between the end of what was seen and the beginning of what came.
 */
export class LogTracker {
  #length = 0;
  #window = '';

  /**
   * @param text - the log as it is now
   * @returns what was not there before; empty when nothing is new
   */
  advance(text: string): string {
    // The server answers an empty text when it cannot read the log for a moment.
    if (text === '') return '';
    const start = this.#place(text);
    this.#length = text.length;
    this.#window = text.slice(-windowLength);
    return text.slice(start);
  }

  #place(text: string): number {
    const from = this.#length - this.#window.length;
    if (text.startsWith(this.#window, from)) return this.#length;
    // When more than the window came back, the whole window lies somewhere inside.
    if (this.#window.length === windowLength) {
      const at = text.indexOf(this.#window);
      if (at !== -1) return at + windowLength;
    }
    return overlap(this.#window, text);
  }
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
