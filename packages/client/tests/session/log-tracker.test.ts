import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LogTracker as ByteTracker, overlap } from '../../src/session/log-tracker.js';

/** The same for text, which is easier to write down. */
class LogTracker {
  readonly #tracker = new ByteTracker();

  advance(text: string): string {
    return Buffer.from(this.#tracker.advance(Buffer.from(text))).toString();
  }
}

describe('the longest overlap', () => {
  test('is what a slow comparison finds', () => {
    const text = fc.stringMatching(/^[ab]{0,12}$/);
    fc.assert(
      fc.property(text, text, (before, after) => {
        let longest = 0;
        for (let length = 1; length <= Math.min(before.length, after.length); length += 1) {
          if (before.endsWith(after.slice(0, length))) longest = length;
        }
        expect(overlap(before, after)).toBe(longest);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a followed log', () => {
  test('gives each part of a growing log once', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (parts) => {
        const tracker = new LogTracker();
        let whole = '';
        let given = '';
        for (const part of parts) {
          whole += part;
          given += tracker.advance(whole);
        }
        expect(given).toBe(whole);
      }),
    );
  });

  test('finds its place when the beginning was dropped', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 20 }),
        fc.nat(),
        fc.integer({ min: 0, max: 5 }),
        (sizes, drop, more) => {
          // Every line differs, as with time stamps: then the place is certain.
          let count = 0;
          const lines = sizes.flatMap((size) =>
            Array.from({ length: size }, () => `line ${count++}\n`),
          );
          const tracker = new LogTracker();
          tracker.advance(lines.join(''));
          const added = Array.from({ length: more }, () => `line ${count++}\n`);
          const kept = lines.slice(drop % lines.length);
          expect(tracker.advance([...kept, ...added].join(''))).toBe(added.join(''));
        },
      ),
    );
  });

  test('finds its place in long logs', () => {
    const lines = Array.from({ length: 20_000 }, (_, index) => `line ${index}\n`);
    const tracker = new LogTracker();
    expect(tracker.advance(lines.slice(0, 15_000).join(''))).toBe(lines.slice(0, 15_000).join(''));
    const rotated = lines.slice(1_000).join('');
    expect(tracker.advance(rotated)).toBe(lines.slice(15_000).join(''));
  });

  test('takes nothing for a log that cannot be read for a moment', () => {
    const tracker = new LogTracker();
    tracker.advance('a\n');
    expect(tracker.advance('')).toBe('');
    expect(tracker.advance('a\nb\n')).toBe('b\n');
  });

  test('gives the whole log of a container that was started again', () => {
    const tracker = new LogTracker();
    tracker.advance('first run\n');
    expect(tracker.advance('second run\n')).toBe('second run\n');
  });
});
