// @ts-check
// `npm run audit:durability`: kills a platform at random moments while sessions are created and
// deleted, clients are killed and others are slow, and then accounts for every session that was ever
// acknowledged. A full disk, steps of the clock and 200 lists at once of 10,000 sessions follow.
import { readOptions, refuse } from './lib/options.mjs';
import { setUpAndRun } from './lib/setup.mjs';

const usage = `Usage: npm run audit:durability -- [OPTIONS]

  --minutes N    how long (default 10)
  --runner NAME  process (default) or sandbox
`;

/** @param {string} message */
const fail = (message) => refuse(message, usage);

const options = readOptions(
  { minutes: { type: 'string', default: '10' }, runner: { type: 'string', default: 'process' } },
  usage,
);
const minutes = Number(options.minutes);
const runner = options.runner;
if (!(minutes > 0 && minutes <= 1_440)) fail('--minutes takes a number up to 1440.');
if (!['process', 'sandbox'].includes(runner)) fail(`There is no audit of the runner '${runner}'.`);

const suites = ['audit', 'full-disk', 'clock-steps', 'many-lists'].map(
  (name) => `packages/platform/tests/durability/${name}.slow.test.ts`,
);
process.exitCode = await setUpAndRun(
  'node_modules/vitest/vitest.mjs',
  // What this machine cannot do is said in the name of the test that is skipped.
  ['run', '--project', 'slow', '--reporter=verbose', '--maxWorkers=1', ...suites],
  { AUDIT_SECONDS: String(Math.ceil(minutes * 60)), AUDIT_RUNNER: runner },
);
