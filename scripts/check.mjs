// @ts-check
// `npm run check`: everything that must be true before a change is done. `--no-tests` leaves the
// tests out.
import { parseArgs } from 'node:util';
import { capture, passThrough } from './lib/command.mjs';
import { setup } from './lib/setup.mjs';
import { Steps } from './lib/steps.mjs';

const modules = 'node_modules';

/** What each check is called, and the program for it with its words. */
const checks = /** @type {const} */ ([
  ['format and lint', `${modules}/@biomejs/biome/bin/biome ci --colors=off .`],
  ['types of the packages', `${modules}/typescript/bin/tsc -b`],
  ['types of tests, scripts and examples', `${modules}/typescript/bin/tsc -p tsconfig.tests.json`],
  ['unused code', `${modules}/knip/bin/knip.js --no-progress`],
  [
    'imports between packages and layers',
    `${modules}/dependency-cruiser/bin/dependency-cruise.mjs packages --config .dependency-cruiser.mjs`,
  ],
  ['expressions that grow too fast', 'scripts/check-expressions.mjs'],
  ['duplicated code', `${modules}/jscpd/run-jscpd.js`],
  ['examples in the documentation', 'scripts/check-examples.mjs'],
  ['reference of the commands', 'scripts/reference.mjs --check'],
  ['secrets', 'scripts/secret-scan.mjs'],
  ['lock file', 'scripts/check-lock.mjs'],
  ['public surface', 'scripts/api-report.mjs'],
  ['licences', 'scripts/check-licences.mjs'],
]);

/** @param {readonly string[]} args */
async function check(args) {
  const { values } = parseArgs({ args: [...args], options: { 'no-tests': { type: 'boolean' } } });
  if (!(await setup({ build: false }))) return 1;
  const steps = new Steps();
  for (const [title, program] of checks)
    await steps.run(title, () => capture(process.execPath, program.split(' ')));
  if (values['no-tests'] !== true) {
    const words = [`${modules}/vitest/vitest.mjs`, 'run', '--coverage'];
    const status = await passThrough(process.execPath, words);
    await steps.run('tests and their coverage', () => ({ ok: status === 0 }));
  }
  if (steps.failed.length > 0) process.stderr.write(`\nTo repair: ${steps.failed.join(', ')}.\n`);
  return steps.failed.length === 0 ? 0 : 1;
}

process.exitCode = await check(process.argv.slice(2));
