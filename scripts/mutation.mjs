// @ts-check
// `npm run mutation [-- GROUP...]`: changes the sources in small ways, one at a time, and counts
// how many of the changes the tests notice. It needs minutes, not seconds.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { passThrough } from './lib/command.mjs';
import { mutationGroups } from './lib/mutation.mjs';
import { root } from './lib/root.mjs';
import { setup } from './lib/setup.mjs';

/** @param {readonly string[]} args */
async function mutation(args) {
  const { positionals } = parseArgs({ args: [...args], allowPositionals: true });
  const names = positionals.length > 0 ? positionals : Object.keys(mutationGroups);
  const unknown = names.filter((name) => !Object.hasOwn(mutationGroups, name));
  if (unknown.length > 0) {
    process.stderr.write(
      `Error: there is no group ${unknown.join(', ')}.\n` +
        `Hint: the groups are ${Object.keys(mutationGroups).join(', ')}.\n`,
    );
    return 2;
  }
  if (!(await setup({ build: false }))) return 1;
  let status = 0;
  for (const name of names) {
    process.stdout.write(`\n== ${name}\n`);
    const program = join(root, 'scripts/lib/mutation-run.mjs');
    status ||= await passThrough(process.execPath, [program, name]);
  }
  return status;
}

process.exitCode = await mutation(process.argv.slice(2));
