// @ts-check
// The little of Markdown that the checks and the documentation site need to know.

/**
 * The anchor of a heading, as GitHub makes it. The site uses the same, so that a link works in
 * both places.
 *
 * @param {string} heading - without the signs in front of it
 * @returns {string}
 */
export function slugOf(heading) {
  return heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-');
}

/**
 * @typedef {object} Line
 * @property {string} text
 * @property {number} number - from 1
 * @property {boolean} code - inside a block of code, or at its edge
 */

/**
 * @param {string} text - a page
 * @returns {Line[]}
 */
export function linesOf(text) {
  let fence = '';
  return text.split('\n').map((line, index) => {
    const mark = /^\s*(`{3,}|~{3,})/.exec(line)?.[1] ?? '';
    const edge = fence === '' ? mark !== '' : mark.startsWith(fence) && line.trim() === mark;
    const code = fence !== '' || edge;
    if (edge) fence = fence === '' ? mark : '';
    return { text: line, number: index + 1, code };
  });
}

/**
 * Every place of a page that a link can lead to.
 *
 * @param {string} text
 * @returns {Set<string>}
 */
export function anchorsOf(text) {
  /** @type {Set<string>} */
  const found = new Set();
  for (const { text: line, code } of linesOf(text)) {
    const heading = code ? undefined : /^#{1,6} +(.*?)\s*$/.exec(line)?.[1];
    if (heading === undefined) continue;
    const base = slugOf(heading);
    let slug = base;
    for (let count = 1; found.has(slug); count++) slug = `${base}-${count}`;
    found.add(slug);
  }
  return found;
}

/**
 * Targets of the links of a page, also of those that go over the end of a line.
 *
 * @param {string} text
 * @returns {string[]}
 */
export function linksOf(text) {
  const prose = linesOf(text)
    .map(({ text: line, code }) => (code ? '' : line.replace(/`[^`\n]*`/g, 'code')))
    .join('\n');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? '');
}

/**
 * The blocks of code whose opening line is exactly this, in order.
 *
 * @param {string} text
 * @param {string} opening - such as `sh` or `sh runnable`
 * @returns {{code: string, line: number}[]} with the number of their first line
 */
export function blocksOf(text, opening) {
  /** @type {{code: string, line: number}[]} */
  const blocks = [];
  /** @type {string[] | undefined} */
  let open;
  let first = 0;
  for (const [index, line] of text.split('\n').entries()) {
    if (open === undefined && line.trim() === `\`\`\`${opening}`) {
      open = [];
      first = index + 2;
    } else if (open !== undefined && line.trim() === '```') {
      blocks.push({ code: open.join('\n'), line: first });
      open = undefined;
    } else open?.push(line);
  }
  return blocks;
}
