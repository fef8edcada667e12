// @ts-check
// `npm run check`: everything that must be true before a change is done. `--no-tests` leaves the
// tests out.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { capture, passThrough } from './lib/command.mjs';
import { root } from './lib/root.mjs';
import { setup } from './lib/setup.mjs';
import { Steps } from './lib/steps.mjs';

/**
 * @param {string} title
 * @param {string} script - a program to run on this Node, then its words
 * @param {...string} args
 */
const node = (title, script, ...args) => ({
  title,
  work: () => capture(process.execPath, [join(root, script), ...args]),
});

const modules = 'node_modules';
const checks = [
  node('format and lint', `${modules}/@biomejs/biome/bin/biome`, 'ci', '--colors=off', '.'),
  node('types of the packages', `${modules}/typescript/bin/tsc`, '-b'),
  node(
    'types of tests, scripts and examples',
    `${modules}/typescript/bin/tsc`,
    '-p',
    'tsconfig.tests.json',
  ),
  node('unused code', `${modules}/knip/bin/knip.js`, '--no-progress'),
  node(
    'imports between packages and layers',
    `${modules}/dependency-cruiser/bin/dependency-cruise.mjs`,
    'packages',
    '--config',
    '.dependency-cruiser.mjs',
  ),
  node('expressions that grow too fast', 'scripts/check-expressions.mjs'),
  node('code that stands in two places', `${modules}/jscpd/run-jscpd.js`),
  node('examples in the documentation', 'scripts/check-examples.mjs'),
  node('reference of the commands', 'scripts/reference.mjs', '--check'),
  node('secrets', 'scripts/secret-scan.mjs'),
  node('lock file', 'scripts/check-lock.mjs'),
  node('public surface', 'scripts/api-report.mjs'),
  node('licences', 'scripts/check-licences.mjs'),
];

/** @param {readonly string[]} args */
async function check(args) {
  const { values } = parseArgs({ args: [...args], options: { 'no-tests': { type: 'boolean' } } });
  if (!(await setup({ build: false }))) return 1;
  const steps = new Steps();
  for (const { title, work } of checks) await steps.run(title, work);
  if (values['no-tests'] !== true) {
    const vitest = join(root, modules, 'vitest/vitest.mjs');
    const status = await passThrough(process.execPath, [vitest, 'run', '--coverage']);
    await steps.run('tests and their coverage', () => ({ ok: status === 0 }));
  }
  if (steps.failed.length > 0) process.stderr.write(`\nTo repair: ${steps.failed.join(', ')}.\n`);
  return steps.failed.length === 0 ? 0 : 1;
}

process.exitCode = await check(process.argv.slice(2));
