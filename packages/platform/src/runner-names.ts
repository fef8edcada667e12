import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The runners of this machine, best first. */
const own = ['sandbox', 'process', 'container'] as const;

/** The name of a runner of this machine. */
export type OwnRunner = (typeof own)[number];

/** Known runners in separate packages. */
export const knownPackages = ['kubernetes'] as const;

const prefix = 'skaha-platform-';

function packagesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length));
  } catch {
    return [];
  }
}

/** The `node_modules` directories in which a file finds packages. */
function foldersFrom(path: string): string[] {
  const parent = dirname(path);
  const here = basename(parent) === 'node_modules' ? parent : join(parent, 'node_modules');
  return parent === path ? [] : [here, ...foldersFrom(parent)];
}

/**
 * The possible values of `runner`: `auto`, the runners of this machine, and those of packages
 * `skaha-platform-NAME`, both known ones and all that are installed next to this one.
 *
 * @param from - a file of the package; others only in tests
 *
 * @example
 * ```ts
 * import { runnerNames } from 'skaha-platform';
 *
 * console.log(runnerNames().join(', '));
 * ```
 */
export function runnerNames(from: string = fileURLToPath(import.meta.url)): readonly string[] {
  const installed = [...new Set(foldersFrom(from))].flatMap(packagesIn).sort();
  return [...new Set(['auto', ...own, ...knownPackages, ...installed])];
}
