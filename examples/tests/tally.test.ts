import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addStar,
  binCount,
  binOf,
  colourBins,
  diagramRows,
  emptyTally,
  magnitudeBins,
  mergeTallies,
  type Star,
  skyCellOf,
  skyCells,
} from '../star-catalogue/tally.mjs';

const star = fc.record({
  id: fc.integer({ min: 1, max: 120_000 }),
  magnitude: fc.integer({ min: -144, max: 1378 }).map((hundredths) => hundredths / 100),
  colour: fc.option(fc.integer({ min: -400, max: 5460 }).map((thousandths) => thousandths / 1000)),
  ra: fc.integer({ min: -1_800_000, max: 1_800_000 }).map((parts) => parts / 10_000),
  dec: fc.integer({ min: -900_000, max: 900_000 }).map((parts) => parts / 10_000),
});

const count = (stars: readonly Star[]) => {
  const tally = emptyTally();
  for (const one of stars) addStar(tally, one);
  return tally;
};

describe('the tally', () => {
  test('the cells cover the whole sky once', () => {
    const area = skyCells.reduce((sum, cell) => sum + cell.area, 0);

    expect(area).toBeCloseTo(4 * Math.PI * (180 / Math.PI) ** 2, 6);
  });

  test('a star falls into the cell around it', () => {
    fc.assert(
      fc.property(star, ({ ra, dec }) => {
        const cell = skyCells[skyCellOf(ra, dec)];
        expect(cell?.south).toBeLessThanOrEqual(dec);
        expect(cell?.north).toBeGreaterThanOrEqual(dec);
        // The two ends of right ascension are one meridian.
        const same = ra === 180 ? -180 : ra;
        expect(cell?.west).toBeLessThanOrEqual(same + 1e-9);
        expect(cell?.east).toBeGreaterThanOrEqual(same - 1e-9);
      }),
    );
  });

  test.each([
    [magnitudeBins, -2, 0],
    [magnitudeBins, -1.75, 1],
    [magnitudeBins, 13.999, 63],
    [magnitudeBins, 14, -1],
    [diagramRows, 9.1, 111],
    [diagramRows, 9.09, 110],
    [colourBins, -0.5, 0],
    [colourBins, 0.55, 42],
    [colourBins, -0.501, -1],
  ])('an edge belongs to the bin above it (%o, %d)', (bins, value, bin) => {
    expect(binOf(bins, value)).toBe(bin);
    expect(bin).toBeLessThan(binCount(bins));
  });

  test('parts of any size add up to the whole', () => {
    fc.assert(
      fc.property(fc.array(star, { maxLength: 60 }), fc.integer({ min: 1, max: 9 }), (stars, n) => {
        const parts = Array.from({ length: n }, (_, part) =>
          count(stars.filter((_, index) => index % n === part)),
        );
        expect(mergeTallies(parts)).toEqual(mergeTallies([count(stars)]));
      }),
    );
  });

  test('the brightest star comes first', () => {
    const stars = [1.5, -1.44, 0.03].map((magnitude, id) => {
      return { id, magnitude, colour: 0, ra: 0, dec: 0 };
    });

    expect(mergeTallies([count(stars)]).bright.map(({ id }) => id)).toEqual([1, 2, 0]);
  });
});
