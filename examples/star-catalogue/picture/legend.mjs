// @ts-check
import { density } from './colours.mjs';
import { element, text } from './svg.mjs';

/**
 * A horizontal bar that says which colour means how much.
 *
 * @param {object} options
 * @param {number} options.x
 * @param {number} options.y
 * @param {number} options.width
 * @param {string} options.title
 * @param {readonly {at: number, label: string}[]} options.ticks - `at` from 0 to 1
 * @param {string} options.id - unique in the picture
 */
export function legend({ x, y, width, title, ticks, id }) {
  const stops = Array.from({ length: 17 }, (_, index) =>
    element('stop', { offset: `${(index / 16) * 100}%`, 'stop-color': density(index / 16) }),
  );
  const marks = ticks.flatMap(({ at, label }) => [
    element('path', { d: `M${x + at * width} ${y + 14}v5`, class: 'axis' }),
    text(x + at * width, y + 34, label, { class: 'tick', 'text-anchor': 'middle' }),
  ]);
  return [
    element('defs', {}, element('linearGradient', { id }, stops.join(''))),
    text(x, y - 8, title, { class: 'label' }),
    element('rect', { x, y, width, height: 14, fill: `url(#${id})` }),
    ...marks,
  ].join('\n');
}
