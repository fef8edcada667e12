import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, sessionPath } from './programs.js';

/** What images call their programs, and what many machines call the same. */
const usualNames: ReadonlyMap<string, readonly string[]> = new Map([
  ['python', ['python3']],
  ['pip', ['pip3']],
  ['ipython', ['ipython3']],
]);

/**
 * Makes a directory of links for names that this machine lacks and has by another: a command that
 * is right in an image is right here too.
 *
 * @param path - where sessions look for programs
 */
export function linkProgramAliases(directory: string, path = sessionPath()): void {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  for (const [name, others] of usualNames) {
    if (findProgram(name, path) !== undefined) continue;
    const found = others.map((other) => findProgram(other, path)).find((one) => one !== undefined);
    if (found !== undefined) symlinkSync(found, join(directory, name));
  }
}

/**
 * Why a command could not be found, for the events of its session; undefined when it is there, or
 * is no name of a program.
 *
 * @param path - where the session looked for programs
 */
export function absentProgram(word: string | undefined, path: string): string | undefined {
  if (word === undefined || word === '' || word.includes('/')) return undefined;
  if (findProgram(word, path) !== undefined) return undefined;
  return (
    `There is no program "${word}" in this session: it uses the programs of this machine, whatever its ` +
    'image is. Install it here, or run sessions in containers (runner: container)'
  );
}
