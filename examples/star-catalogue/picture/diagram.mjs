// @ts-check
// Colour against apparent magnitude, with the counts along both axes.
import { binCount, colourBins, diagramRows, magnitudeBins } from '../tally.mjs';
import { density } from './colours.mjs';
import { legend } from './legend.mjs';
import { element, short, text, thousands } from './svg.mjs';

// Whole pixels for every cell: 120 columns of 5 and 160 rows of 3.
const plot = { left: 110, top: 965, width: 600, height: 480 };
const right = plot.left + plot.width;
const bottom = plot.top + plot.height;
const strip = { gap: 24, height: 76, width: 150 };

/** Where main-sequence stars of each spectral class lie, by B−V. */
const classes = [
  { name: 'B', from: -0.33, to: -0.02 },
  { name: 'A', from: -0.02, to: 0.3 },
  { name: 'F', from: 0.3, to: 0.58 },
  { name: 'G', from: 0.58, to: 0.81 },
  { name: 'K', from: 0.81, to: 1.4 },
  { name: 'M', from: 1.4, to: 2.0 },
];

/** @param {number} colour - B−V */
const xOf = (colour) =>
  plot.left + ((colour * 1000 - colourBins.from) / (colourBins.to - colourBins.from)) * plot.width;
/** @param {number} magnitude */
const yOf = (magnitude) =>
  plot.top +
  ((magnitude * 1000 - diagramRows.from) / (diagramRows.to - diagramRows.from)) * plot.height;

/** @param {import('../tally.mjs').Tally} tally */
export function drawDiagram(tally) {
  const most = Math.max(...tally.diagram, 1);
  return [
    drawCells(tally.diagram, most),
    drawClasses(),
    drawAxes(),
    drawColours(tally.colours),
    drawMagnitudes(tally.magnitudes),
    drawKey(most),
  ].join('\n');
}

/**
 * @param {readonly number[]} counts
 * @param {number} most
 */
function drawCells(counts, most) {
  const columns = binCount(colourBins);
  const width = plot.width / columns;
  const height = plot.height / binCount(diagramRows);
  /** @type {Map<string, string>} */
  const byColour = new Map();
  for (const [index, count] of counts.entries()) {
    if (count === 0) continue;
    const colour = density(shade(count, most));
    const x = plot.left + (index % columns) * width;
    const y = plot.top + Math.floor(index / columns) * height;
    const cell = `M${short(x)} ${short(y)}h${short(width)}v${short(height)}h-${short(width)}Z`;
    byColour.set(colour, (byColour.get(colour) ?? '') + cell);
  }
  return [...byColour]
    .map(([fill, d]) => element('path', { d, fill, 'shape-rendering': 'crispEdges' }))
    .join('\n');
}

/**
 * Counts span three powers of ten, so colour follows their logarithm.
 *
 * @param {number} count
 * @param {number} most
 */
const shade = (count, most) => (most <= 1 ? 1 : Math.log(count) / Math.log(most));

function drawClasses() {
  const y = plot.top + 18;
  return classes
    .flatMap(({ name, from, to }) => [
      element('path', { d: `M${short(xOf(from))} ${plot.top}v8`, class: 'axis' }),
      text(xOf((from + to) / 2), y, name, { class: 'class', 'text-anchor': 'middle' }),
    ])
    .concat(text(right - 8, y, 'spectral class', { class: 'tick', 'text-anchor': 'end' }))
    .join('\n');
}

function drawAxes() {
  const colours = [-0.5, 0, 0.5, 1, 1.5, 2, 2.5].flatMap((colour) => [
    element('path', { d: `M${short(xOf(colour))} ${bottom}v6`, class: 'axis' }),
    text(xOf(colour), bottom + 22, colour.toFixed(1).replace('-', '−'), {
      class: 'tick',
      'text-anchor': 'middle',
    }),
  ]);
  const magnitudes = [-2, 0, 2, 4, 6, 8, 10, 12, 14].flatMap((magnitude) => [
    element('path', { d: `M${plot.left} ${short(yOf(magnitude))}h-6`, class: 'axis' }),
    text(plot.left - 11, yOf(magnitude) + 4, String(magnitude).replace('-', '−'), {
      class: 'tick',
      'text-anchor': 'end',
    }),
  ]);
  const { left, top, width, height } = plot;
  return [
    element('rect', { x: left, y: top, width, height, class: 'frame' }),
    ...colours,
    ...magnitudes,
    text(left, bottom + 46, 'blue, hot', { class: 'tick' }),
    text(left + width / 2, bottom + 46, 'colour B−V (magnitudes)', {
      class: 'label',
      'text-anchor': 'middle',
    }),
    text(right, bottom + 46, 'red, cool', { class: 'tick', 'text-anchor': 'end' }),
    text(0, 0, 'apparent magnitude V', {
      class: 'label',
      'text-anchor': 'middle',
      transform: `translate(${left - 48} ${top + height / 2}) rotate(-90)`,
    }),
    text(0, 0, 'bright', {
      class: 'tick',
      'text-anchor': 'end',
      transform: `translate(${left - 48} ${top}) rotate(-90)`,
    }),
    text(0, 0, 'faint', {
      class: 'tick',
      transform: `translate(${left - 48} ${bottom}) rotate(-90)`,
    }),
  ].join('\n');
}

/** @param {readonly number[]} counts */
function drawColours(counts) {
  const most = Math.max(...counts, 1);
  const base = plot.top - 10;
  const width = plot.width / counts.length;
  const bars = counts.map((count, index) => {
    const height = (count / most) * strip.height;
    return `M${short(plot.left + index * width)} ${short(base)}v${short(-height)}h${short(width)}v${short(height)}Z`;
  });
  return [
    element('path', { d: bars.join(''), class: 'bars' }),
    element('path', { d: `M${plot.left} ${base}h${plot.width}`, class: 'axis' }),
    text(plot.left - 11, base - strip.height + 6, thousands(most), {
      class: 'tick',
      'text-anchor': 'end',
    }),
    text(plot.left - 11, base + 2, '0', { class: 'tick', 'text-anchor': 'end' }),
    text(right - 4, base - strip.height + 8, 'stars per 0.025 in B−V', {
      class: 'tick',
      'text-anchor': 'end',
    }),
  ].join('\n');
}

/** @param {readonly number[]} counts */
function drawMagnitudes(counts) {
  const most = Math.max(...counts, 1);
  const base = right + strip.gap;
  const height = plot.height / counts.length;
  const bars = counts.map((count, index) => {
    const width = (count / most) * strip.width;
    return `M${base} ${short(plot.top + index * height)}h${short(width)}v${short(height)}h${short(-width)}Z`;
  });
  const step = magnitudeBins.step / 1000;
  return [
    element('path', { d: bars.join(''), class: 'bars' }),
    element('path', { d: `M${base} ${plot.top}v${plot.height}`, class: 'axis' }),
    text(base + strip.width, bottom + 22, thousands(most), { class: 'tick', 'text-anchor': 'end' }),
    text(base, bottom + 22, '0', { class: 'tick' }),
    text(base, bottom + 46, `stars per ${step} magnitude`, { class: 'tick' }),
  ].join('\n');
}

/** @param {number} most */
function drawKey(most) {
  const counts = [1, 10, 100, 1000].filter((count) => count < most * 0.4);
  const ticks = [...counts, most].map((count) => ({
    at: shade(count, most),
    label: thousands(count),
  }));
  return legend({
    x: 950,
    y: plot.top + 26,
    width: 190,
    title: 'stars per cell',
    ticks,
    id: 'diagram-scale',
  });
}
