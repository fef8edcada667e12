import { expect, test } from 'vitest';
import { createScreen } from '../../src/output/screen.js';

function drawn(columns: number, rows: number, ...texts: string[]): string {
  let shown = '';
  const out = (chunk: string | Uint8Array) => {
    shown += String(chunk);
  };
  const screen = createScreen({ out, columns, rows });
  for (const text of texts) screen.draw(text);
  screen.close();
  screen.close();
  return shown;
}

const [hide, show, end, erase] = ['\u001B[?25l', '\u001B[?25h', '\u001B[K\n', '\u001B[J'];

test('new text takes the place of the old, and the cursor comes back once', () => {
  expect(drawn(20, 10, 'one\ntwo\n', 'three\n')).toBe(
    `${hide}one${end}two${end}${erase}\u001B[2A\rthree${end}${erase}${show}`,
  );
});

test('what is longer than the terminal is counted, what is wider is cut off', () => {
  expect(drawn(5, 4, 'a\nb\nc\nd\ne\n')).toBe(`${hide}a${end}b${end}… 3 …${end}${erase}${show}`);
  expect(drawn(5, 4, 'abcdefg\n')).toBe(`${hide}abcd…${end}${erase}${show}`);
});

test('without anything drawn nothing is written', () => {
  expect(drawn(20, 10)).toBe('');
});

test('a terminal that has changed its width is drawn afresh', () => {
  let shown = '';
  const io = {
    out: (chunk: string | Uint8Array) => {
      shown += String(chunk);
    },
    columns: 20,
    rows: 10,
  };
  const screen = createScreen(io);
  screen.draw('one');
  io.columns = 2;
  screen.draw('two');
  screen.close();
  expect(shown).toBe(`${hide}one${end}${erase}\u001B[2J\u001B[Ht…${end}${erase}${show}`);
});
