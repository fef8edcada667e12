// Most text is of this kind; the tables behind the general expressions take long to set up.
const simple = /^[\x20-\x7E]*$/;

// Escape sequences in a name or message from a server must never reach the terminal.
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Text from elsewhere on one line, without control characters. */
export const plain = (text: string): string =>
  simple.test(text) ? text : text.replace(/[\t\r\n]+/g, ' ').replace(unprintable, '');

// biome-ignore lint/suspicious/noControlCharactersInRegex: matches our own escape sequences
const sequences = /\u001B\[[\d;]*m/g;
// Vowels and final consonants of Hangul stand in the cells of the consonant before them.
const marks = /[\p{Mn}\p{Me}\p{Cf}\u1160-\u11FF\uD7B0-\uD7FB]/u;
const picture = /\p{Emoji_Presentation}|\p{Emoji}\uFE0F/u;
const wide =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uA960-\uA97C\uAC00-\uD7A3\uF900-\uFAFF\uFE10-\uFE19\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{16FE0}-\u{18DFF}\u{1AFF0}-\u{1AFFE}\u{1B000}-\u{1B2FF}\u{1F200}-\u{1F2FF}\u{20000}-\u{3FFFD}]/u;

/** Number of terminal columns that text takes; escape sequences take none. */
export function width(text: string): number {
  if (simple.test(text)) return text.length;
  graphemes ??= new Intl.Segmenter();
  let columns = 0;
  for (const { segment } of graphemes.segment(text.replace(sequences, ''))) {
    columns += widthOf(segment);
  }
  return columns;
}

let graphemes: Intl.Segmenter | undefined;

/**
 * What people see as one character: flags and families are of several, and two columns wide. Other
 * scripts join letters that each have a cell of their own.
 */
function widthOf(grapheme: string): number {
  if (picture.test(grapheme)) return 2;
  let columns = 0;
  for (const character of grapheme) {
    if (!marks.test(character)) columns += wide.test(character) ? 2 : 1;
  }
  return columns;
}

/** Where text is cut off when it is shortened. */
export type Cut = 'start' | 'middle' | 'end';

/** As many characters as fit, from the beginning. */
function take(characters: readonly string[], columns: number): string[] {
  const kept: string[] = [];
  let used = 0;
  for (const character of characters) {
    used += width(character);
    if (used > columns) break;
    kept.push(character);
  }
  return kept;
}

/**
 * Shortens plain text to a number of columns, with `…` where something was cut off.
 *
 * @param cut - the end by default
 */
export function truncate(text: string, columns: number, cut: Cut = 'end'): string {
  if (width(text) <= columns) return text;
  const room = Math.max(0, columns - 1);
  const tailRoom = cut === 'end' ? 0 : cut === 'start' ? room : Math.floor(room / 2);
  graphemes ??= new Intl.Segmenter();
  // An accent that stands on its own must not be torn from its letter.
  const characters = Array.from(graphemes.segment(text), ({ segment }) => segment);
  const head = take(characters, room - tailRoom).join('');
  const tail = tailRoom === 0 ? [] : take(characters.toReversed(), tailRoom).toReversed();
  return `${head}…${tail.join('')}`;
}

/** Fills text up with spaces; text that is longer stays as it is. */
export function pad(text: string, columns: number, side: 'left' | 'right' = 'right'): string {
  const fill = ' '.repeat(Math.max(0, columns - width(text)));
  return side === 'right' ? text + fill : fill + text;
}

function wrapped(words: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && width(longer) > columns) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

/** Breaks text into lines of at most `columns`, at spaces. */
export const wrap = (text: string, columns: number): string[] => wrapped(text.split(' '), columns);

/**
 * Breaks words of ours into lines that fit a terminal. A command in quotes stays on one line where it
 * fits any, so that it can be copied; what is longer than a line is left to the terminal.
 *
 * @param text - lines; what is broken off keeps their indent
 * @param columns - of the terminal
 * @param program - the first word of commands in quotes
 */
export function reflow(text: string, columns: number, program: string): string {
  // A command, with what follows it up to the next space.
  const pieces = new RegExp(`'${program} [^']*'\\S*|\\S+`, 'g');
  const line = (one: string): string => {
    if (width(one) <= columns) return one;
    const indent = /^ */.exec(one)?.[0] ?? '';
    const room = Math.max(1, columns - indent.length);
    const words = (one.match(pieces) ?? []).flatMap((piece) =>
      width(piece) <= room ? [piece] : piece.split(' '),
    );
    return wrapped(words, room)
      .map((part) => indent + part)
      .join('\n');
  };
  return text.split('\n').map(line).join('\n');
}

/** A bar of so many cells; more than everything is still a full bar. */
export function bar(load: number, cells: number): string {
  const full = Math.round(Math.min(1, Math.max(0, load)) * cells);
  return '█'.repeat(full) + '░'.repeat(cells - full);
}

/** Ascending whole numbers with their runs drawn together: `1-8, 12, 16`. */
export function ranges(numbers: readonly number[]): string {
  const runs: [first: number, last: number][] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run !== undefined && number === run[1] + 1) run[1] = number;
    else runs.push([number, number]);
  }
  return runs
    .flatMap(([first, last]) => {
      if (first === last) return `${first}`;
      return last === first + 1 ? [`${first}`, `${last}`] : `${first}-${last}`;
    })
    .join(', ');
}

/** `1 session`, `2 sessions`. */
export const count = (amount: number, noun: string): string =>
  `${amount} ${noun}${amount === 1 ? '' : 's'}`;

/** A number as people read it: at most one decimal. */
export const short = (value: number): string => String(Math.round(value * 10) / 10);

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** A number of bytes as people read it. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit > 0 && value < 10 ? 1 : 0;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/**
 * Cuts a line of our own making off at a number of columns; escape sequences take none and stay.
 *
 * @param line - may hold escape sequences for colour
 */
export function clip(line: string, columns: number): string {
  if (width(line) <= columns) return line;
  let room = columns;
  return line
    .split(new RegExp(`(${sequences.source})`))
    .map((part) => {
      if (part.startsWith('\u001B')) return part;
      const kept = room <= 0 ? '' : truncate(part, room);
      room -= width(kept);
      return kept;
    })
    .join('');
}
