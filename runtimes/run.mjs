// @ts-check
// `npm run test:runtimes`: the cases of `runtimes/suite` on every runtime the README speaks of,
// against one local platform. `--update` writes the table there; `--only bun` tries one.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../scripts/lib/root.mjs';
import { setup } from '../scripts/lib/setup.mjs';
import { installRuntimes, programs, runBrowser, runProgram, startControl } from './programs.mjs';
import { tableOf, withTable } from './table.mjs';

/** @typedef {import('./programs.mjs').RuntimeResult} RuntimeResult */

/** @param {RuntimeResult} result */
function tell({ runtime, results, missing, broken }) {
  const failed = results.filter(({ error }) => error !== undefined);
  const skipped = results.filter((result) => result.skipped !== undefined);
  if (missing !== undefined) process.stdout.write(`${runtime}: not tried, ${missing}\n`);
  else if (broken !== undefined) process.stdout.write(`${runtime}: came to nothing\n${broken}\n`);
  else
    process.stdout.write(
      `${runtime}: ${results.length - failed.length - skipped.length} passed, ${failed.length} failed, ${skipped.length} skipped\n`,
    );
  for (const { credential, group, name, skipped: why } of skipped)
    process.stdout.write(`  ${credential} · ${group} ${name}: skipped, ${why}\n`);
  for (const { credential, group, name, error } of failed)
    process.stdout.write(
      `  ${credential} · ${group} ${name}\n    ${error?.replaceAll('\n', '\n    ')}\n`,
    );
}

/** @param {string | undefined} only */
async function tryAll(only) {
  const { startPlatform } = await import('skaha-platform');
  const data = mkdtempSync(join(tmpdir(), 'skaha-runtimes-'));
  const platform = await startPlatform({ data, port: 0, runner: 'process' });
  const { server, url } = await startControl(platform);
  /** @type {RuntimeResult[]} */
  const all = [];
  try {
    const wanted = (/** @type {string} */ text) =>
      only === undefined || text.toLowerCase().includes(only.toLowerCase());
    for (const program of programs) {
      if (!wanted(`${program.name} ${program.file}`)) continue;
      all.push(await runProgram(program, platform, url));
      tell(/** @type {RuntimeResult} */ (all.at(-1)));
    }
    if (wanted('chromium')) {
      all.push(await runBrowser(platform));
      tell(/** @type {RuntimeResult} */ (all.at(-1)));
    }
  } finally {
    server.close();
    server.closeAllConnections();
    await platform.stop();
    rmSync(data, { recursive: true, force: true });
  }
  return all;
}

/** @param {readonly string[]} args */
async function main(args) {
  const { values } = parseArgs({
    args: [...args],
    options: { update: { type: 'boolean' }, only: { type: 'string' } },
  });
  if (!(await setup())) return 1;
  const installed = await installRuntimes();
  if (!installed.ok)
    process.stdout.write(`The runtimes cannot be installed:\n${installed.output}\n`);
  const all = await tryAll(values.only);
  const readme = join(root, 'README.md');
  if (values.update === true && values.only === undefined)
    writeFileSync(readme, withTable(readFileSync(readme, 'utf8'), tableOf(all)));
  const well = all.every(
    ({ results, broken }) => broken === undefined && results.every(({ error }) => !error),
  );
  return well && installed.ok && all.some(({ results }) => results.length > 0) ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
