// @ts-check
// Draws the rooms of the library and who imports from whom: docs/public/floors.svg.
// `--check` says whether that file is what the sources say now.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { floors } from '../floors.mjs';
import { report } from '../lib/report.mjs';
import { root } from '../lib/root.mjs';
import { readText } from '../lib/sources.mjs';
import { essential, roomImports } from './imports.mjs';

/** @typedef {{x: number, y: number}} Point */

export const diagramPath = 'docs/public/floors.svg';
const box = { width: 104, height: 30 };
const [floorHeight, columnWidth, width] = [64, 56, 800];

/**
 * How far to the right a room stands, chosen so that few lines cross and none runs behind a box.
 * A room that is not named here stands at the left.
 *
 * @type {Readonly<Record<string, number>>}
 */
const columns = {
  sync: 8,
  cli: 6,
  index: 10,
  'client.ts': 8,
  batch: 9,
  session: 9,
  account: 6,
  images: 3,
  context: 7,
  overview: 1,
  repository: 9,
  client: 3,
  runtime: 5,
  hooks: 3,
  auth: 6,
  discovery: 9,
  transport: 1,
  config: 6,
  wire: 8,
  models: 10,
  utils: 3,
  helpers: 12,
  errors: 8,
  version: 1,
};

/** What a room is called in the picture. @param {string} room */
const label = (room) => (room === 'client.ts' ? 'SkahaClient' : room);

/** @returns {Map<string, Point>} the middle of each box */
function places() {
  return new Map(
    [...floors].reverse().flatMap((rooms, row) =>
      rooms.map((room) => {
        const x = 64 + (columns[room] ?? 0) * columnWidth;
        return /** @type {const} */ ([room, { x, y: 28 + row * floorHeight }]);
      }),
    ),
  );
}

/** @param {Point} from @param {Point} to */
function curve(from, to) {
  const [top, end] = [from.y + box.height / 2, to.y - box.height / 2];
  const bend = Math.round((end - top) / 2);
  return `<path d="M${from.x} ${top}C${from.x} ${top + bend} ${to.x} ${end - bend} ${to.x} ${end}" marker-end="url(#tip)"/>`;
}

/**
 * @param {ReadonlyMap<string, ReadonlySet<string>>} imports - by room
 * @returns {string} the picture
 */
export function drawFloors(imports) {
  const where = places();
  const lines = essential(imports).flatMap(([from, to]) => {
    const [start, end] = [where.get(from), where.get(to)];
    if (start === undefined || end === undefined) return [];
    return [curve(start, end)];
  });
  const boxes = [...where].map(([room, { x, y }]) => {
    const corner = `x="${x - box.width / 2}" y="${y - box.height / 2}"`;
    const below = [...(imports.get(room) ?? [])].sort().map(label).join(', ');
    const title = `${label(room)} imports from ${below === '' ? 'nothing' : below}`;
    return `<g><title>${title}</title><rect ${corner} width="${box.width}" height="${box.height}" rx="6"/><text x="${x}" y="${y + 4.5}">${label(room)}</text></g>`;
  });
  const height = floors.length * floorHeight;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Rooms of the library, each above those it imports from">`,
    '<!-- Written by scripts/docs/diagram.mjs from the imports of the sources. -->',
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0l8 4-8 4z" fill="#7d93ad"/></marker></defs>',
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<g fill="none" stroke="#7d93ad" stroke-width="1.2">${lines.join('')}</g>`,
    '<g fill="#e6effa" stroke="#2f6cb9" font-family="system-ui, sans-serif" font-size="13" text-anchor="middle">',
    '<style>text{fill:#16304f;stroke:none}</style>',
    ...boxes,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

/**
 * @param {string} directory
 * @returns {string[]}
 */
export function checkDiagram(directory) {
  const now = drawFloors(roomImports(directory));
  return readText(directory, diagramPath) === now
    ? []
    : [`${diagramPath}:1: differs from the imports; run node scripts/docs/diagram.mjs`];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--check')) report('Diagram', checkDiagram(root));
  else writeFileSync(join(root, diagramPath), drawFloors(roomImports(root)));
}
