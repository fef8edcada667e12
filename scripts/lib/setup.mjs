// @ts-check
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleCommand } from '../bundle/bundle.mjs';
import { capture, npm, passThrough } from './command.mjs';
import { buildDashboard } from './dashboard.mjs';
import { root } from './root.mjs';
import { Steps } from './steps.mjs';

/** Oldest Node that runs this project; `engines` in package.json says the same. */
export const oldestNode = '20.19.0';

/**
 * Compares versions by their numbers.
 *
 * @param {string} version - for example `20.19.0`
 * @param {string} oldest
 */
export const isAtLeast = (version, oldest) =>
  version.localeCompare(oldest, 'en', { numeric: true }) >= 0;

/**
 * Whether node_modules holds what package-lock.json asks for. npm writes its own list only
 * at the end of an installation, so one that was interrupted does not count.
 *
 * @param {string} directory - the top folder of the repository
 */
export function isInstalled(directory) {
  const installed = readPackages(join(directory, 'node_modules', '.package-lock.json'));
  const wanted = readPackages(join(directory, 'package-lock.json'));
  if (installed === undefined || wanted === undefined) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    // Workspaces are linked; packages for other systems are rightly absent.
    if (!path.startsWith('node_modules/') || entry.optional === true) return true;
    if (entry.link === true) return existsSync(join(directory, path));
    const found = installed[path];
    if (found === undefined) return entry.peer === true;
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

/**
 * @typedef {{version?: string, integrity?: string, link?: boolean, optional?: boolean, peer?: boolean}} LockEntry
 * @param {string} path
 * @returns {Record<string, LockEntry> | undefined}
 */
function readPackages(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/**
 * Everything between a fresh clone and a built workspace; quick when nothing is left to do.
 *
 * @param {{build?: boolean}} [options]
 * @returns {Promise<boolean>} false when a step failed; it has then said why
 */
export async function setup({ build = true } = {}) {
  if (!isAtLeast(process.versions.node, oldestNode)) {
    process.stderr.write(
      `Error: this project needs Node ${oldestNode} or newer; this is Node ${process.versions.node}.\n` +
        'Hint: install a newer Node (https://nodejs.org) and run the same command again.\n',
    );
    return false;
  }
  const steps = new Steps();
  if (!isInstalled(root)) {
    const { file, args } = npm(['ci', '--no-audit', '--no-fund']);
    const takes = 'once, for up to two minutes where the network is slow';
    const install = () => capture(file, args);
    if (!(await steps.run('install dependencies', install, { takes }))) return false;
  }
  return (
    !build ||
    (await buildPackages(steps, existsSync(join(root, 'packages/platform/dist/index.js'))))
  );
}

/**
 * Does whatever set-up is missing, then runs a program of this repository on this Node.
 *
 * @param {string} program - its path from the top folder
 * @param {readonly string[]} words
 * @param {Readonly<Record<string, string>>} [env] - variables beside those of this process
 * @returns {Promise<number>} its exit code
 */
export async function setUpAndRun(program, words, env = {}) {
  if (!(await setup())) return 1;
  const args = [join(root, program), ...words];
  return passThrough(process.execPath, args, { ...process.env, ...env });
}

/**
 * @param {Steps} [steps]
 * @param {boolean} [quiet]
 */
export function buildPackages(steps = new Steps(), quiet = false) {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const isFirst = !quiet && !existsSync(join(root, 'packages/platform/dist/index.js'));
  return steps.run(
    'build',
    async () => {
      const compiled = await capture(process.execPath, [compiler, '-b']);
      if (!compiled.ok) return compiled;
      await buildDashboard();
      await bundleCommand();
      return { ok: true };
    },
    { quiet, ...(isFirst ? { takes: 'for half a minute, the first time' } : {}) },
  );
}
