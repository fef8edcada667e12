// @ts-check
// `npm run test:kubernetes`: the tests that need a real cluster, on one that is made for them. What it
// is made of is built first where it is missing. Words after `--` go to Vitest.
import { join } from 'node:path';
import { passThrough } from '../../../../scripts/lib/command.mjs';
import { root } from '../../../../scripts/lib/root.mjs';
import { setup } from '../../../../scripts/lib/setup.mjs';
import { buildParts, missingParts, partsFolder } from './parts.mjs';

const say = (/** @type {string} */ words) => process.stderr.write(`${words}\n`);

async function main() {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    say('Error: a node of a cluster needs Linux, and root.');
    return 1;
  }
  if (!(await setup())) return 1;
  const folder = partsFolder();
  const missing = missingParts(folder);
  if (missing.length > 0) {
    say(`Kubernetes is built into ${folder}, once; it takes up to half an hour.`);
    buildParts(folder, say);
  }
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const config = join(root, 'packages/platform-kubernetes/tests/lab/vitest.config.ts');
  const words = ['run', '--config', config, '--root', root, ...process.argv.slice(2)];
  // Tests have a home of their own.
  const env = { ...process.env, TEST_KUBERNETES_DIR: folder };
  return await passThrough(process.execPath, [vitest, ...words], env);
}

process.exitCode = await main();
