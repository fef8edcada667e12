// @ts-check
// What is counted, and how counts of different replicas become one. No input and no output here.

/**
 * @typedef {object} Star
 * @property {number} id - Hipparcos number
 * @property {number} magnitude - apparent, in the V band
 * @property {number | null} colour - B−V; null where the catalogue has none
 * @property {number} ra - right ascension in degrees, −180 to 180
 * @property {number} dec - declination in degrees, −90 to 90
 */

/**
 * @typedef {object} Tally
 * @property {number} stars
 * @property {number} withColour
 * @property {number[]} magnitudes - stars in each bin of {@link magnitudeBins}
 * @property {number[]} colours - stars in each bin of {@link colourBins}
 * @property {number[]} diagram - stars in each cell, row by row of {@link diagramRows}
 * @property {number[]} sky - stars in each cell of {@link skyCells}
 * @property {Star[]} bright - every star brighter than {@link brightLimit}, brightest first
 */

/**
 * Equal bins. Their edges are kept in thousandths, the catalogue's own precision: in binary
 * fractions a star could fall on the wrong side of an edge.
 *
 * @typedef {{from: number, to: number, step: number}} Bins
 */

/** @type {Bins} */
export const magnitudeBins = { from: -2_000, to: 14_000, step: 250 };
/** @type {Bins} */
export const colourBins = { from: -500, to: 2_500, step: 25 };
/** @type {Bins} */
export const diagramRows = { from: -2_000, to: 14_000, step: 100 };

export const brightLimit = 2;

/** @param {Bins} bins */
export const binCount = (bins) => (bins.to - bins.from) / bins.step;

/**
 * @param {Bins} bins
 * @param {number} value
 * @returns {number} which bin, or −1 when it lies in none
 */
export function binOf(bins, value) {
  const bin = Math.floor((Math.round(value * 1000) - bins.from) / bins.step);
  return bin >= 0 && bin < binCount(bins) ? bin : -1;
}

const bandHeight = 3;
const bandCount = 180 / bandHeight;

/**
 * The sky in bands of declination, each cut into cells of nearly the same area. Every band has
 * an even number of them, so that none lies across the edge of the map.
 *
 * @type {readonly {first: number, cells: number, south: number, north: number}[]}
 */
const bands = Array.from({ length: bandCount }).reduce(
  (
    /** @type {{first: number, cells: number, south: number, north: number}[]} */ made,
    _,
    index,
  ) => {
    const south = -90 + index * bandHeight;
    const middle = ((south + bandHeight / 2) * Math.PI) / 180;
    const last = made.at(-1);
    made.push({
      first: last === undefined ? 0 : last.first + last.cells,
      cells: 2 * Math.max(1, Math.round((180 / bandHeight) * Math.cos(middle))),
      south,
      north: south + bandHeight,
    });
    return made;
  },
  [],
);

/**
 * Every cell of the sky, in the order of `Tally.sky`: its edges in degrees (west and east from
 * −180 to 180), and its area in square degrees.
 */
export const skyCells = bands.flatMap(({ cells, south, north }) => {
  const degrees = 180 / Math.PI;
  const height = Math.sin(north / degrees) - Math.sin(south / degrees);
  return Array.from({ length: cells }, (_, index) => ({
    west: -180 + (index * 360) / cells,
    east: -180 + ((index + 1) * 360) / cells,
    south,
    north,
    area: ((2 * Math.PI * height) / cells) * degrees ** 2,
  }));
});

/**
 * @param {number} ra
 * @param {number} dec
 * @returns {number} index into {@link skyCells}
 */
export function skyCellOf(ra, dec) {
  const row = Math.min(bandCount - 1, Math.floor((dec + 90) / bandHeight));
  const band = bands[row];
  if (band === undefined) throw new RangeError(`declination ${dec} is not on the sky`);
  const column = Math.floor((((ra + 540) % 360) / 360) * band.cells);
  return band.first + column;
}

/** @returns {Tally} */
export const emptyTally = () => ({
  stars: 0,
  withColour: 0,
  magnitudes: zeros(binCount(magnitudeBins)),
  colours: zeros(binCount(colourBins)),
  diagram: zeros(binCount(diagramRows) * binCount(colourBins)),
  sky: zeros(skyCells.length),
  bright: [],
});

/**
 * Counts one star.
 *
 * @param {Tally} tally
 * @param {Star} star
 */
export function addStar(tally, star) {
  tally.stars += 1;
  increment(tally.magnitudes, binOf(magnitudeBins, star.magnitude));
  increment(tally.sky, skyCellOf(star.ra, star.dec));
  if (star.magnitude < brightLimit) tally.bright.push(star);
  if (star.colour === null) return;
  tally.withColour += 1;
  const column = binOf(colourBins, star.colour);
  const row = binOf(diagramRows, star.magnitude);
  increment(tally.colours, column);
  if (column >= 0 && row >= 0) increment(tally.diagram, row * binCount(colourBins) + column);
}

/**
 * Adds up what the replicas counted.
 *
 * @param {readonly Tally[]} parts
 * @returns {Tally}
 */
export function mergeTallies(parts) {
  const whole = emptyTally();
  for (const part of parts) {
    whole.stars += part.stars;
    whole.withColour += part.withColour;
    for (const grid of /** @type {const} */ (['magnitudes', 'colours', 'diagram', 'sky'])) {
      for (const [index, count] of part[grid].entries()) increment(whole[grid], index, count);
    }
    whole.bright.push(...part.bright);
  }
  whole.bright.sort((a, b) => a.magnitude - b.magnitude || a.id - b.id);
  return whole;
}

/** @param {number} length */
const zeros = (length) => new Array(length).fill(0);

/**
 * @param {number[]} counts
 * @param {number} index
 * @param {number} [by]
 */
function increment(counts, index, by = 1) {
  const count = counts[index];
  if (count !== undefined) counts[index] = count + by;
}
