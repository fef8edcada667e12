import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDuration, parseDuration } from '../../src/parse/duration.js';

test.each([
  ['90', 90_000],
  ['0', 0],
  ['1.5', 1500],
  ['30s', 30_000],
  ['250ms', 250],
  ['10m', 600_000],
  ['2h30m', 9_000_000],
  ['1.5h', 5_400_000],
  ['3d', 259_200_000],
  ['1w', 604_800_000],
])('%s is %d ms', (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds);
});

test.each(['', 's', '10x', '-5', '5 m', '1e3', '2h 30m', '10M', 'Infinity'])(
  '%j is no duration',
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);

test('what is formatted reads back as the same time', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000_000 }), (seconds) => {
      expect(parseDuration(formatDuration(seconds * 1000))).toBe(seconds * 1000);
    }),
  );
});
