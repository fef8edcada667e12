// @ts-check
// Gives every parser that sees outside data inputs it does not expect, for a bounded time.
import { parseArgs } from 'node:util';
import { examine } from './lib/examine.mjs';
import { targets } from './targets/index.mjs';

const usage = `Usage: npm run fuzz [-- OPTIONS]

  --seconds N   time for all parsers together (default: 120)
  --seed N      of the inputs, to see the same ones again (default: a new one)
  --runs N      inputs for each parser at most
  --only TEXT   only parsers with TEXT in their name
`;

/**
 * @param {string} name
 * @param {string | undefined} text
 * @param {number} otherwise
 */
function whole(name, text, otherwise) {
  if (text === undefined) return otherwise;
  if (!/^-?\d{1,10}$/.test(text)) throw new TypeError(`--${name} takes a whole number.`);
  return Number(text);
}

/** @param {readonly string[]} args */
function read(args) {
  const text = /** @type {const} */ ({ type: 'string' });
  const { values } = parseArgs({
    args: [...args],
    options: { seconds: text, seed: text, runs: text, only: text, help: { type: 'boolean' } },
  });
  return {
    help: values.help === true,
    seconds: whole('seconds', values.seconds, 120),
    seed: whole('seed', values.seed, Date.now() % 2 ** 31),
    runs: whole('runs', values.runs, Number.MAX_SAFE_INTEGER),
    only: values.only ?? '',
  };
}

/** @param {readonly string[]} args */
async function fuzz(args) {
  const { help, seconds, seed, runs, only } = read(args);
  if (help) process.stdout.write(usage);
  if (help) return 0;
  const chosen = targets.filter(({ name }) => name.includes(only));
  if (chosen.length === 0) throw new TypeError(`No parser has '${only}' in its name.`);
  process.stdout.write(`${chosen.length} parsers, ${seconds} seconds, seed ${seed}\n`);
  const milliseconds = (seconds * 1000) / chosen.length;
  let failed = 0;
  for (const target of chosen) {
    const outcome = await examine(target, { seed, milliseconds, runs });
    const { finding } = outcome;
    process.stdout.write(
      `${finding === undefined ? 'ok  ' : 'FAIL'} ${target.name}: ${outcome.runs} inputs\n`,
    );
    if (finding === undefined) continue;
    failed += 1;
    process.stdout.write(
      `${finding}\n  again with: npm run fuzz -- --seed ${seed} --only '${target.name}'\n`,
    );
  }
  return failed === 0 ? 0 : 1;
}

try {
  process.exitCode = await fuzz(process.argv.slice(2));
} catch (error) {
  process.stderr.write(
    `Error: ${error instanceof Error ? error.message : String(error)}\n\n${usage}`,
  );
  process.exitCode = 2;
}
