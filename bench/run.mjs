// @ts-check
// Prints one table of ratios and writes them to a file; fails when one exceeds its budget.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../scripts/lib/root.mjs';
import { judge, machine, table } from './lib/figures.mjs';
import { Python } from './lib/python.mjs';
import { batches, logs } from './parts/clients.mjs';
import { creates } from './parts/creates.mjs';
import { dashboard } from './parts/dashboard.mjs';
import { jobs } from './parts/jobs.mjs';
import { many } from './parts/known.mjs';
import { platform, queue } from './parts/platform.mjs';
import { follow, list, watch } from './parts/reading.mjs';
import { size } from './parts/size.mjs';
import { start } from './parts/start.mjs';
import { storage } from './parts/storage.mjs';
import { store } from './parts/store.mjs';

/**
 * @typedef {object} Context
 * @property {boolean} quick - fewer rounds: a first look, not a judgement
 * @property {Python | undefined} python
 * @property {number} bundleKilobytes - what the bundle for browsers may weigh
 */

/** @type {Readonly<Record<string, (context: Context) => Promise<import('./lib/figures.mjs').Figure[]>>>} */
const parts = {
  start,
  creates,
  list,
  follow,
  watch,
  size,
  platform,
  queue,
  jobs,
  many,
  batches,
  logs,
  storage,
  store,
  dashboard,
};

const usage = `npm run bench -- [--only NAME]… [--quick] [--output FILE] [--python INTERPRETER]

  --only NAME           one of: ${Object.keys(parts).join(', ')}
  --quick               fewer rounds
  --output FILE         where the figures go, as JSON (bench/results.json)
  --python INTERPRETER  does the same work with the Python client that is installed there
`;

function readOptions() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true, default: Object.keys(parts) },
      quick: { type: 'boolean', default: false },
      output: { type: 'string', default: join(root, 'bench/results.json') },
      python: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const unknown = values.only.find((name) => !Object.hasOwn(parts, name));
  if (unknown !== undefined) throw new Error(`there is no part "${unknown}"\n\n${usage}`);
  return values;
}

async function main() {
  const { only, quick, output, python: interpreter, help } = readOptions();
  if (help) {
    process.stdout.write(usage);
    return;
  }
  const budgets = JSON.parse(readFileSync(join(root, 'bench/budgets.json'), 'utf8'));
  const python = await Python.find(interpreter);
  const context = { quick, python, bundleKilobytes: budgets.packages.browserKilobytesCompressed };
  const rows = [];
  for (const [name, part] of Object.entries(parts)) {
    if (!only.includes(name)) continue;
    process.stderr.write(`measuring: ${name}\n`);
    rows.push(...judge(name, await part(context), budgets.ratios));
  }
  const exceeded = rows.filter((row) => row.exceeded);
  const described = { ...machine(), ...(python === undefined ? {} : { python: python.found }) };
  const result = { machine: described, quick, rows, exceeded: exceeded.map(({ name }) => name) };
  writeFileSync(output, `${JSON.stringify(result, null, 2)}\n`);
  console.log(
    `\n${Object.entries(machine())
      .map(([key, value]) => `${key} ${value}`)
      .join(', ')}`,
  );
  if (python !== undefined) console.log(`Python: ${python.found.package} ${python.found.version}`);
  console.log(`\n${table(rows).join('\n')}\n`);
  for (const { name, ratio, budget } of exceeded)
    console.log(`${name}: ${ratio.toFixed(2)}, at most ${budget ?? 'a number'}`);
  if (exceeded.length > 0) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  process.stderr.write(`Error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
