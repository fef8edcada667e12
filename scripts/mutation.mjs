// @ts-check
// `npm run mutation [-- GROUP...]`: changes the sources in small ways, one at a time, and counts
// how many of the changes the tests notice. It needs minutes, not seconds.
import { join } from 'node:path';
import { passThrough } from './lib/command.mjs';
import { mutationGroups } from './lib/mutation.mjs';
import { root } from './lib/root.mjs';
import { setup } from './lib/setup.mjs';

/** @param {readonly string[]} args */
async function mutation(args) {
  const names = args.length > 0 ? args : Object.keys(mutationGroups);
  const unknown = names.filter((name) => !Object.hasOwn(mutationGroups, name));
  if (unknown.length > 0) {
    process.stderr.write(
      `Error: there is no group ${unknown.join(', ')}.\n` +
        `Hint: the groups are ${Object.keys(mutationGroups).join(', ')}.\n`,
    );
    return 2;
  }
  if (!(await setup({ build: false }))) return 1;
  const stryker = join(root, 'node_modules/@stryker-mutator/core/bin/stryker.js');
  let status = 0;
  for (const name of names) {
    process.stdout.write(`\n== ${name}\n`);
    const words = [stryker, 'run', 'scripts/lib/stryker.config.mjs'];
    const env = { ...process.env, MUTATION_GROUP: name };
    status = (await passThrough(process.execPath, words, env)) || status;
  }
  return status;
}

process.exitCode = await mutation(process.argv.slice(2));
