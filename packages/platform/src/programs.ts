import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The name of a program of this package in a catalogue entry. */
const named = /^platform:([a-z-]+)$/;

/** Directory of the programs that come with this package. */
export const ownPrograms = builtPrograms();

/** When running from source, as tests do, the programs are those of the build. */
function builtPrograms(): string {
  const [beside = '', built = ''] = ['./apps', '../dist/apps'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  return existsSync(join(beside, 'webpage.js')) ? beside : built;
}

/**
 * The file of a program of this package, by its name in the catalogue; undefined for other words.
 */
export function ownProgram(word: string): string | undefined {
  const name = named.exec(word)?.[1];
  return name === undefined ? undefined : join(ownPrograms, `${name}.js`);
}
