import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Allowed, forTerminal, TerminalText } from '../../src/output/terminal-text.js';

const esc = '\u001B';
const bytes = (...codes: number[]) => Uint8Array.from(codes);
const join = (...parts: (string | Uint8Array)[]) =>
  Buffer.concat(parts.map((part) => Buffer.from(part)));

/** What no terminal may get: controls but tab and line end, C1, and what turns the writing. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const forbidden = /[\x00-\x08\x0B-\x1F\x7F-\x9F\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: likewise
const style = /\x1B\[[\d;:]*m/g;

const inPieces = (text: Uint8Array, allowed: Allowed, size: number): string => {
  const filter = new TerminalText(allowed);
  let shown = '';
  for (let start = 0; start < text.length; start += size)
    shown += filter.push(text.subarray(start, start + size));
  return shown + filter.end();
};

test('text of any language, tabs and line ends stay as they are', () => {
  const text = 'a\tb\nçα 日本 🔭 – “q” \uFFFD\n';
  for (const allowed of ['nothing', 'style'] as const)
    expect(forTerminal(text, allowed)).toBe(text);
});

describe.each([
  ['colour', `${esc}[31mred${esc}[0m`, 'red'],
  ['colour in subparameters', `${esc}[38:2::1:2:3mred${esc}[m`, 'red'],
])('%s', (_, text, bare) => {
  test('stays in a log, and nowhere else', () => {
    expect(forTerminal(text, 'style')).toBe(text);
    expect(forTerminal(text, 'nothing')).toBe(bare);
  });
});

test('a style that is left on ends with the text', () => {
  expect(forTerminal(`${esc}[1mbold`, 'style')).toBe(`${esc}[1mbold${esc}[0m`);
});

test.each<[string, string | Uint8Array, string]>([
  ['the cursor', `a${esc}[2Jb${esc}[10;10Hc${esc}[1A`, 'abc'],
  ['the title, ended by BEL or ST', `a${esc}]0;evil\u0007b${esc}]2;evil${esc}\\c`, 'abc'],
  ['a link', `${esc}]8;;http://evil/${esc}\\text${esc}]8;;${esc}\\`, 'text'],
  ['the clipboard', `a${esc}]52;c;ZXZpbA==\u0007b`, 'ab'],
  [
    'strings for devices',
    `a${esc}Pq#0${esc}\\b${esc}_x${esc}\\c${esc}^x${esc}\\d${esc}Xx${esc}\\e`,
    'abcde',
  ],
  ['a reset, and other character sets', `a${esc}cb${esc}(0c${esc}#8d`, 'abcd'],
  ['settings that end in m but are no style', `a${esc}[>4;2mb${esc}[?4mc${esc}[1 md`, 'abcd'],
  ['requests for an answer', `a${esc}[6nb${esc}[cc\u0005d`, 'abcd'],
  ['C1 in UTF-8', 'a\u009B2Jb\u009D0;evil\u009Cc\u0085d\u009B31me', 'abcde'],
  [
    'C1 as bytes',
    join('a', bytes(0x9b), '2Jb', bytes(0x9d), '0;evil', bytes(0x9c), 'c', bytes(0x9b), '31md'),
    'a\uFFFDb\uFFFDc\uFFFDd',
  ],
  ['C1 after a character that breaks off', join('a', bytes(0xe2, 0x9b), '2Jb'), 'a\uFFFD\uFFFDb'],
  [
    'C1 in more bytes than it takes',
    join('a', bytes(0xe0, 0x82, 0x9b), 'b'),
    'a\uFFFD\uFFFD\uFFFD',
  ],
  ['backspace, bell, delete', 'a\bb\u0007c\u007Fd\u0000e', 'abcde'],
  ['the direction of writing', 'a\u202Eb\u2066c\u2069d\u202Ce', 'abcde'],
  ['marks of direction', 'a\u200Fb\u200Ec\u061Cd', 'abcd'],
  ['a sequence that never ends', `a${esc}[31`, 'a'],
  ['a sequence broken off by another', `a${esc}[3${esc}[2Jb${esc}]0;x${esc}[Hc`, 'abc'],
])('%s is taken out', (_, text, shown) => {
  for (const allowed of ['nothing', 'style'] as const)
    expect(forTerminal(text, allowed)).toBe(shown);
  const whole = Buffer.from(text);
  for (const size of [1, 2, 3]) expect(inPieces(whole, 'style', size)).toBe(shown);
});

test('a line end ends what is unfinished: no further line is lost', () => {
  expect(forTerminal(`a${esc}]0;x\nb${esc}P\nc${esc}[3\nd`, 'style')).toBe('a\nb\nc\nd');
});

test('a return of the carriage begins a line, so that nothing is written over', () => {
  expect(forTerminal('10 %\r20 %\r\nend\r', 'nothing')).toBe('10 %\n20 %\nend\n');
  expect(inPieces(Buffer.from('a\r\nb'), 'style', 2)).toBe('a\nb');
});

/** Pieces of sequences, in any order. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        esc,
        '[',
        ']',
        'P',
        'm',
        '31',
        ';',
        '?',
        '\u0007',
        '\\',
        '\n',
        '\r',
        '\u009B',
      ),
      fc.string({ unit: 'binary', maxLength: 4 }),
      fc.uint8Array({ maxLength: 4 }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => join(...parts));

test('whatever comes, nothing but style is left, and pieces make no difference', () => {
  fc.assert(
    fc.property(hostile, fc.integer({ min: 1, max: 5 }), (text, size) => {
      expect(forTerminal(text, 'nothing')).not.toMatch(forbidden);
      const shown = forTerminal(text, 'style');
      expect(shown.replace(style, '')).not.toMatch(forbidden);
      expect(inPieces(text, 'style', size)).toBe(shown);
    }),
    { numRuns: 2000 },
  );
});
