import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** How a catalogue entry names a program that comes with this package. */
const ownProgram = /^platform:([a-z-]+)$/;

/** True for the name of a program of this package. */
export const isOwnProgram = (word: string): boolean => ownProgram.test(word);

/** Replaces the name of a program of this package by its file; other words stay as they are. */
export function resolveProgram(word: string): string {
  const name = ownProgram.exec(word)?.[1];
  if (name === undefined) return word;
  const file = `apps/${name}.js`;
  const [built, fallback] = [`../${file}`, `../../dist/${file}`].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  // Run from source, as the tests do, the program is that of the build.
  return built !== undefined && existsSync(built) ? built : (fallback ?? word);
}
