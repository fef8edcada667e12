// @ts-check

/**
 * Numbers in a picture need no more than a tenth of a pixel.
 *
 * @param {number} value
 */
export const short = (value) => String(Math.round(value * 10) / 10);

/** @param {string} text */
const escaped = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/**
 * One element.
 *
 * @param {string} name
 * @param {Readonly<Record<string, string | number>>} attributes
 * @param {string} [content] - markup inside
 */
export function element(name, attributes, content) {
  const written = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? short(value) : escaped(value)}"`)
    .join('');
  return content === undefined ? `<${name}${written}/>` : `<${name}${written}>${content}</${name}>`;
}

/**
 * @param {number} x
 * @param {number} y
 * @param {string} words
 * @param {Readonly<Record<string, string | number>>} [attributes]
 */
export const text = (x, y, words, attributes = {}) =>
  element('text', { x, y, ...attributes }, escaped(words));

/**
 * @param {readonly (readonly [number, number])[]} points
 * @param {boolean} [closed]
 */
export const path = (points, closed = false) =>
  `M${points.map(([x, y]) => `${short(x)} ${short(y)}`).join('L')}${closed ? 'Z' : ''}`;

/** @param {number} value */
export const thousands = (value) => value.toLocaleString('en-GB');
