// @ts-check
// Runs inside the last session: adds up the parts, draws the picture and writes the summary.
//
//     node merge.mjs FOLDER PARTS NAMES
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readNames } from './catalogue.mjs';
import { drawPicture } from './picture/picture.mjs';
import { mergeTallies } from './tally.mjs';

const [folder, parts, namesFile] = process.argv.slice(2);
if (folder === undefined || parts === undefined || namesFile === undefined) {
  throw new Error('usage: node merge.mjs FOLDER PARTS NAMES');
}

const numbers = Array.from({ length: Number(parts) }, (_, index) => index + 1);
const files = await Promise.all(
  numbers.map((replica) => readFile(join(folder, `part-${replica}.json`), 'utf8')),
);
const tally = mergeTallies(files.map((text) => JSON.parse(text)));
const names = await readNames(namesFile);
const [brightest] = tally.bright;
const summary = {
  stars: tally.stars,
  withColour: tally.withColour,
  brightest: brightest && { ...brightest, name: names.get(brightest.id) ?? null },
};

const picture = join(folder, 'star-catalogue.svg');
await writeFile(picture, drawPicture(tally, { replicas: numbers.length, names }));
await writeFile(join(folder, 'summary.json'), `${JSON.stringify(summary)}\n`);
console.log(`${tally.stars} stars from ${numbers.length} parts; drew ${picture}`);
