// @ts-check
// Which room of the library imports from which, as the sources have it.
import { posix } from 'node:path';
import { floors } from '../floors.mjs';
import { importsOf } from '../lib/imports.mjs';
import { findFiles, readText } from '../lib/sources.mjs';

const library = 'packages/skaha/src';
const rooms = floors.flat();

/** @param {string} file - relative to the library's sources */
function roomOf(file) {
  if (file === 'client.ts') return file;
  return (file.split('/')[0] ?? file).replace(/\.[cm]?tsx?$/, '');
}

/**
 * @param {string} directory - top folder of the repository
 * @returns {Map<string, Set<string>>} for each room those it imports from
 */
export function roomImports(directory) {
  /** @type {Map<string, Set<string>>} */
  const found = new Map(rooms.map((room) => [room, new Set()]));
  for (const path of findFiles(directory, (each) => each.endsWith('.ts'), library)) {
    const file = path.slice(library.length + 1);
    for (const { specifier } of importsOf(path, readText(directory, path))) {
      const target = specifier === '#runtime' ? 'runtime/node.ts' : inside(file, specifier);
      const [from, to] = [roomOf(file), target && roomOf(target)];
      // The types of the seam are named from below; that is no dependency.
      if (to === undefined || from === to || target === 'runtime/types.ts') continue;
      found.get(from)?.add(to);
    }
  }
  return found;
}

/**
 * @param {string} file
 * @param {string} specifier
 */
const inside = (file, specifier) =>
  specifier.startsWith('.')
    ? posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts')
    : undefined;

/**
 * Leaves out what follows from the rest: where a room imports from another by way of a third, the
 * direct line says nothing new.
 *
 * @param {ReadonlyMap<string, ReadonlySet<string>>} imports
 * @returns {[string, string][]}
 */
export function essential(imports) {
  /** @type {Map<string, Set<string>>} */
  const reach = new Map();
  /** @param {string} room @returns {Set<string>} */
  const below = (room) => {
    const known = reach.get(room);
    if (known !== undefined) return known;
    /** @type {Set<string>} */
    const all = new Set();
    reach.set(room, all);
    for (const next of imports.get(room) ?? []) {
      all.add(next);
      for (const far of below(next)) all.add(far);
    }
    return all;
  };
  return [...imports].flatMap(([from, direct]) =>
    [...direct]
      .filter((to) => ![...direct].some((via) => via !== to && below(via).has(to)))
      .map((to) => /** @type {[string, string]} */ ([from, to])),
  );
}
