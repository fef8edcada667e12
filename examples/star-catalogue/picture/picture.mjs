// @ts-check
import { binCount, colourBins } from '../tally.mjs';
import { drawDiagram } from './diagram.mjs';
import { drawSky } from './sky.mjs';
import { element, text, thousands } from './svg.mjs';

const size = { width: 1200, height: 1530 };

const style = `
  text { font-family: "Helvetica Neue", Helvetica, Arial, "DejaVu Sans", sans-serif; fill: #1c2430; }
  .title { font-size: 34px; font-weight: 700; }
  .subtitle { font-size: 17px; fill: #4a5566; }
  .heading { font-size: 21px; font-weight: 700; }
  .label { font-size: 14px; }
  .note { font-size: 14px; fill: #4a5566; }
  .tick { font-size: 12.5px; fill: #4a5566; }
  .class { font-size: 14px; font-weight: 700; fill: #4a5566; }
  .hour { font-size: 12px; fill: #ffffff; fill-opacity: 0.85; }
  .star { font-size: 13px; fill: #ffffff; stroke: #10141c; stroke-width: 3px; stroke-linejoin: round; paint-order: stroke; }
  .axis, .frame, .outline { fill: none; stroke: #4a5566; stroke-width: 1.2; }
  .grid { fill: none; stroke: #ffffff; stroke-opacity: 0.38; stroke-width: 0.8; }
  .galaxy { fill: none; stroke: #ff6f91; stroke-width: 2; stroke-dasharray: 7 4; }
  .dots circle { stroke: #10141c; stroke-width: 1; }
  .bars { fill: #3b6b8f; }
`;

/**
 * The picture: where the stars are, and how their colours go with their brightness.
 *
 * @param {import('../tally.mjs').Tally} tally
 * @param {{replicas: number, names: ReadonlyMap<number, string>}} about
 * @returns {string} a complete SVG document
 */
export function drawPicture(tally, { replicas, names }) {
  const counted = `${thousands(tally.stars)} stars of the Hipparcos catalogue`;
  const content = [
    element('title', {}, `${counted}: map of the sky and colour–magnitude diagram`),
    element('style', {}, style),
    element('rect', { ...size, fill: '#ffffff' }),
    text(60, 64, 'The Hipparcos stars', { class: 'title' }),
    text(60, 94, `${counted}, counted by ${replicas} replica${replicas === 1 ? '' : 's'}`, {
      class: 'subtitle',
    }),
    text(60, 136, 'Where they are', { class: 'heading' }),
    drawSky(tally, names),
    text(60, 848, 'What colours they have', { class: 'heading' }),
    drawDiagram(tally),
    drawNotes(tally, names),
  ];
  const { width, height } = size;
  return `${element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: 'img',
    },
    `\n${content.join('\n')}\n`,
  )}\n`;
}

/**
 * @param {import('../tally.mjs').Tally} tally
 * @param {ReadonlyMap<number, string>} names
 */
function drawNotes(tally, names) {
  const [brightest] = tally.bright;
  const shown = tally.diagram.reduce((sum, count) => sum + count, 0);
  const peak = tally.colours.indexOf(Math.max(...tally.colours));
  const colour = (colourBins.from + (peak + 0.5) * colourBins.step) / 1000;
  const lines = [
    `${thousands(tally.withColour)} stars have a colour;`,
    `${thousands(tally.withColour - shown)} of them lie outside`,
    `the diagram (B−V above ${(colourBins.from + binCount(colourBins) * colourBins.step) / 1000}).`,
    '',
    `The commonest colour is`,
    `B−V ≈ ${colour.toFixed(2)}.`,
    '',
    ...(brightest === undefined
      ? []
      : [
          'Brightest:',
          `${names.get(brightest.id) ?? `HIP ${brightest.id}`}, V = ${brightest.magnitude.toFixed(2).replace('-', '−')}`,
        ]),
    '',
    'Data: d3-celestial,',
    'from the Hipparcos catalogue',
  ];
  return lines
    .map((line, index) => text(950, 1068 + index * 21, line, { class: 'note' }))
    .join('\n');
}
