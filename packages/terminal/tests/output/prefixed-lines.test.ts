import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tailStart } from '../../src/output/prefixed-lines.js';

test('the tail of a log begins after a line end', () => {
  const encode = (text: string) => new TextEncoder().encode(text);
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z]{0,5}$/)), fc.nat(12), (lines, count) => {
      const text = lines.map((line) => `${line}\n`).join('');
      const tail = text.slice(tailStart(encode(text), count));
      expect(tail).toBe(
        lines
          .slice(Math.max(0, lines.length - count))
          .map((l) => `${l}\n`)
          .join(''),
      );
    }),
  );
  expect(tailStart(encode('a\nb'), 1)).toBe(2);
});
