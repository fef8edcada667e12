// @ts-check

/** Dark to light through blue, green and yellow: even steps for every eye, also in grey. */
const scale = [
  '#440154',
  '#472d7b',
  '#3b528b',
  '#2c728e',
  '#21918c',
  '#28ae80',
  '#5ec962',
  '#addc30',
  '#fde725',
];

/** Colours of stars by B−V, hot to cool. */
const stars = ['#9bb2ff', '#bfd0ff', '#f2f4ff', '#fff4dc', '#ffdfa8', '#ffc37d', '#ff9d5c'];

/** @param {number} share - 0 to 1; anything beyond is taken as the end */
export const density = (share) => between(scale, share);

/** @param {number} colour - B−V */
export const starlight = (colour) => between(stars, (colour + 0.3) / 2.1);

/**
 * @param {readonly string[]} stops
 * @param {number} share
 */
function between(stops, share) {
  const place = Math.min(1, Math.max(0, share)) * (stops.length - 1);
  const index = Math.min(stops.length - 2, Math.floor(place));
  const [from, to] = [channels(stops[index]), channels(stops[index + 1])];
  const mixed = from.map((value, channel) => {
    return Math.round(value + ((to[channel] ?? value) - value) * (place - index));
  });
  return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

/** @param {string | undefined} colour */
const channels = (colour = '#000000') =>
  [1, 3, 5].map((start) => Number.parseInt(colour.slice(start, start + 2), 16));
