// @ts-check
// The whole sky in the Hammer projection, which keeps areas: equal counts look equally dense.
import { skyCells } from '../tally.mjs';
import { density, starlight } from './colours.mjs';
import { legend } from './legend.mjs';
import { element, path, short, text } from './svg.mjs';

const centre = { x: 600, y: 415 };
const radius = 262;
const levels = 40;
const degrees = 180 / Math.PI;

/**
 * @param {number} ra - degrees, −180 to 180; grows to the left, as seen from inside
 * @param {number} dec - degrees
 * @returns {readonly [number, number]}
 */
function project(ra, dec) {
  const half = ra / 2 / degrees;
  const height = dec / degrees;
  const scale = radius / Math.sqrt(1 + Math.cos(height) * Math.cos(half));
  return [
    centre.x - 2 * scale * Math.cos(height) * Math.sin(half),
    centre.y - scale * Math.sin(height),
  ];
}

/**
 * Points along a line of constant declination.
 *
 * @param {number} dec
 * @param {number} from
 * @param {number} to
 */
function alongParallel(dec, from, to) {
  const steps = Math.max(1, Math.ceil(Math.abs(to - from) / 4));
  return Array.from({ length: steps + 1 }, (_, index) =>
    project(from + ((to - from) * index) / steps, dec),
  );
}

/**
 * @param {number} ra
 * @param {number} [end] - how far towards the poles
 */
const alongMeridian = (ra, end = 90) =>
  Array.from({ length: 61 }, (_, index) => project(ra, -end + (index * end) / 30));

/**
 * @param {import('../tally.mjs').Tally} tally
 * @param {ReadonlyMap<number, string>} names
 */
export function drawSky(tally, names) {
  const densities = skyCells.map(({ area }, index) => (tally.sky[index] ?? 0) / area);
  const sorted = [...densities].sort((a, b) => a - b);
  // The densest few cells (clusters) share the last colour, so that the rest can be told apart.
  const top = Math.max(1, Math.ceil(sorted[Math.floor(sorted.length * 0.99)] ?? 1));
  const outline = path([...alongMeridian(-180), ...alongMeridian(180).reverse()], true);
  return [
    drawCells(densities, top),
    drawGrid(),
    element('path', { d: galacticPlane(), class: 'galaxy' }),
    element('path', { d: outline, class: 'outline' }),
    drawBrightStars(tally.bright, names),
    drawLabels(),
    drawKeys(top),
  ].join('\n');
}

/**
 * @param {readonly number[]} densities
 * @param {number} top
 */
function drawCells(densities, top) {
  /** @type {string[][]} */
  const byLevel = Array.from({ length: levels + 1 }, () => []);
  for (const [index, { west, east, south, north }] of skyCells.entries()) {
    const share = Math.min(1, (densities[index] ?? 0) / top);
    const corners = [...alongParallel(south, west, east), ...alongParallel(north, east, west)];
    byLevel[Math.round(share * levels)]?.push(path(corners, true));
  }
  return byLevel
    .map((cells, level) => {
      const colour = density(level / levels);
      // A hair of the same colour closes the seams between neighbours.
      const seams = { stroke: colour, 'stroke-width': '0.6' };
      return cells.length === 0
        ? ''
        : element('path', { d: cells.join(''), fill: colour, ...seams });
    })
    .join('\n');
}

function drawGrid() {
  const hours = Array.from({ length: 11 }, (_, index) =>
    path(alongMeridian(-150 + index * 30, 90)),
  );
  const parallels = [-60, -30, 0, 30, 60].map((dec) => path(alongParallel(dec, -180, 180)));
  return element('path', { d: [...hours, ...parallels].join(''), class: 'grid' });
}

/** The galactic equator in equatorial coordinates (J2000 pole: 192.85948°, 27.12825°). */
function galacticPlane() {
  const pole = { ra: 192.85948, dec: 27.12825 / degrees, longitude: 122.93192 };
  const points = Array.from({ length: 361 }, (_, longitude) => {
    const angle = (pole.longitude - longitude) / degrees;
    const dec = Math.asin(Math.cos(pole.dec) * Math.cos(angle)) * degrees;
    const ra =
      pole.ra + Math.atan2(Math.sin(angle), -Math.sin(pole.dec) * Math.cos(angle)) * degrees;
    return { ra: ((ra + 540) % 360) - 180, dec };
  });
  return points
    .map(({ ra, dec }, index) => {
      const [x, y] = project(ra, dec);
      const before = points[index - 1];
      // Where the line leaves the map on one side it goes on at the other.
      const leaps = before === undefined || Math.abs(before.ra - ra) > 180;
      return `${leaps ? 'M' : 'L'}${short(x)} ${short(y)}`;
    })
    .join('');
}

/**
 * @param {readonly import('../tally.mjs').Star[]} stars
 * @param {ReadonlyMap<number, string>} names
 */
function drawBrightStars(stars, names) {
  const dots = stars.map(({ ra, dec, magnitude, colour }) => {
    const [cx, cy] = project(ra, dec);
    return element('circle', { cx, cy, r: 4.6 - magnitude * 1.1, fill: starlight(colour ?? 0) });
  });
  const words = stars.slice(0, 10).flatMap(({ id, ra, dec, magnitude }) => {
    const [x, y] = project(ra, dec);
    const name = names.get(id);
    return name === undefined ? [] : [text(x + 9 - magnitude, y + 4, name, { class: 'star' })];
  });
  return [element('g', { class: 'dots' }, dots.join('\n')), ...words].join('\n');
}

function drawLabels() {
  const declinations = [-60, -30, 0, 30, 60].map((dec) => {
    const [x, y] = project(180, dec);
    const sign = dec > 0 ? '+' : dec < 0 ? '−' : '';
    const away = Math.sign(-dec) * 6;
    return text(x - 8, y + 4 + away, `${sign}${Math.abs(dec)}°`, {
      class: 'tick',
      'text-anchor': 'end',
    });
  });
  const hours = [150, 120, 90, 60, 30, 0, -30, -60, -90, -120, -150].map((ra) => {
    const [x, y] = project(ra, 0);
    return text(x, y - 5, `${((ra + 360) % 360) / 15}h`, {
      class: 'hour',
      'text-anchor': 'middle',
    });
  });
  return [...declinations, ...hours].join('\n');
}

/** @param {number} top */
function drawKeys(top) {
  const marks = [0, 1, 2, 3, 4].map((quarter) => ({
    at: quarter / 4,
    label: `${quarter === 4 ? '≥ ' : ''}${((top * quarter) / 4).toLocaleString('en-GB')}`,
  }));
  const line = { d: 'M690 735h34', class: 'galaxy' };
  return [
    legend({
      x: 110,
      y: 727,
      width: 440,
      title: 'stars per square degree',
      ticks: marks,
      id: 'sky-scale',
    }),
    element('rect', { x: 682, y: 726, width: 50, height: 18, fill: density(0.3) }),
    element('path', line),
    text(742, 740, 'plane of the Milky Way', { class: 'label' }),
    element(
      'g',
      { class: 'dots' },
      element('circle', { cx: 707, cy: 762, r: 4.6, fill: starlight(0.3) }),
    ),
    text(742, 767, 'star brighter than magnitude 2', { class: 'label' }),
  ].join('\n');
}
