import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  parseCores,
  parseMemoryGiB,
  parseTime,
  presentText,
  snapGiB,
} from '../../src/models/quantity.js';

describe('cores', () => {
  test.each([
    ['2', 2],
    ['0.043', 0.043],
    ['250m', 0.25],
    ['43012u', 0.043012],
    ['2512345678n', 2.512345678],
    [3, 3],
  ])('%s is %d', (text, cores) => {
    expect(parseCores(text)).toBeCloseTo(cores, 12);
  });

  test.each(['', '<none>', 'two', '-1', '1k', '1.', undefined, null, {}])('%j is none', (text) => {
    expect(parseCores(text)).toBeUndefined();
  });
});

describe('memory', () => {
  test.each([
    ['8.59', 'binary', 8],
    ['8G', 'binary', 8],
    ['512M', 'binary', 0.5],
    ['32Gi', 'decimal', 32],
    ['1Ti', 'decimal', 1024],
    ['549.756G', 'decimal', 512],
    ['0G', 'decimal', 0],
  ] as const)('%s read as %s is %d GiB', (text, reading, gibibytes) => {
    expect(parseMemoryGiB(text, reading)).toBeCloseTo(gibibytes, 2);
  });

  test.each(['<none>', 'much', '8X', ''])('%j is none', (text) => {
    expect(parseMemoryGiB(text, 'binary')).toBeUndefined();
  });

  test('every whole amount survives being printed as decimal gigabytes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4096 }), (gibibytes) => {
        const printed = ((gibibytes * 2 ** 30) / 1e9).toFixed(2);
        expect(snapGiB(parseMemoryGiB(printed, 'binary') ?? 0)).toBe(gibibytes);
      }),
    );
    expect(snapGiB(parseMemoryGiB('4.29', 'binary') ?? 0)).toBe(4);
    expect(snapGiB(1.5)).toBe(1.5);
  });
});

describe('times', () => {
  test.each([
    ['2026-08-06T15:25:07Z', '2026-08-06T15:25:07.000Z'],
    ['2026-08-06T15:25Z', '2026-08-06T15:25:00.000Z'],
    ['2026-08-06T15:25:07', '2026-08-06T15:25:07.000Z'],
    ['2026-08-06T15:25:07.5+02:00', '2026-08-06T13:25:07.500Z'],
    ['2026-08-06T15:25:07.123456Z', '2026-08-06T15:25:07.123Z'],
    ['2026-08-06T15:25:07-0330', '2026-08-06T18:55:07.000Z'],
  ])('%s', (text, iso) => {
    expect(parseTime(text)?.toISOString()).toBe(iso);
  });

  test.each(['<nil>', 'yesterday', '2026-13-01T00:00Z', '2026-08-06', 7])('%j is none', (text) => {
    expect(parseTime(text)).toBeUndefined();
  });

  test('a time as the server prints it is what Date makes of it, or none', () => {
    const digits = (size: number, max: number) =>
      fc.integer({ min: 0, max }).map((number) => String(number).padStart(size, '0'));
    fc.assert(
      fc.property(
        fc.tuple(digits(4, 9999), digits(2, 13), digits(2, 33)),
        fc.tuple(digits(2, 25), digits(2, 61), digits(2, 61)),
        (day, time) => {
          const text = `${day.join('-')}T${time.join(':')}Z`;
          const milliseconds = Date.parse(text);
          expect(parseTime(text)?.getTime() ?? Number.NaN).toBe(milliseconds);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('every time survives being written with or without seconds', () => {
    const range = { min: new Date('1970-01-01'), max: new Date('2200-01-01'), noInvalidDate: true };
    fc.assert(
      fc.property(fc.date(range), (date) => {
        const iso = date.toISOString();
        expect(parseTime(iso)?.toISOString()).toBe(iso);
        expect(parseTime(`${iso.slice(0, 19)}Z`)?.getTime()).toBe(
          Math.floor(date.getTime() / 1000) * 1000,
        );
        expect(parseTime(`${iso.slice(0, 16)}Z`)?.getTime()).toBe(
          Math.floor(date.getTime() / 60_000) * 60_000,
        );
      }),
    );
  });
});

test('texts that stand for nothing are nothing', () => {
  for (const text of ['', ' ', '<none>', '<nil>', 'not-applicable', null, undefined, [], true]) {
    expect(presentText(text)).toBeUndefined();
  }
  expect(presentText(' a ')).toBe('a');
  expect(presentText(4)).toBe('4');
});
