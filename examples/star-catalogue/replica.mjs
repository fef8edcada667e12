// @ts-check
// Runs inside each replica: counts its share of the stars and writes what it found.
//
//     node replica.mjs CATALOGUE FOLDER
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripe } from 'skaha/distributed';
import { readCatalogue } from './catalogue.mjs';
import { addStar, emptyTally } from './tally.mjs';

const [catalogue, folder] = process.argv.slice(2);
if (catalogue === undefined || folder === undefined) {
  throw new Error('usage: node replica.mjs CATALOGUE FOLDER');
}

// The platform tells every replica which one it is, from 1, and how many there are.
const replica = process.env['REPLICA_ID'] ?? '1';
const replicas = process.env['REPLICA_COUNT'] ?? '1';
console.log(`replica ${replica} of ${replicas} reads ${catalogue}`);

const tally = emptyTally();
// `stripe` gives this replica every N-th star, from the same two variables.
for (const star of stripe(await readCatalogue(catalogue))) addStar(tally, star);

// A part appears under its name only when it is whole.
const part = join(folder, `part-${replica}.json`);
await writeFile(`${part}.partial`, JSON.stringify(tally));
await rename(`${part}.partial`, part);
console.log(`${tally.stars} stars, ${tally.withColour} with a colour; wrote ${part}`);
