import { readdirSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { isProgram } from '@skaha/base/is-program.js';
import type { Terminal } from './io.js';
import { firstWords, type Program } from './program.js';

/** What Windows starts without a shell. Batch files need one, so they are no extensions. */
const windowsEndings = ['.exe', '.com'];

const endings = (platform: NodeJS.Platform): readonly string[] =>
  platform === 'win32' ? windowsEndings : [''];

/** Folders of the path, in order; relative ones could be anybody's. */
function folders(env: Terminal['env'], platform: NodeJS.Platform): string[] {
  const path = env['PATH'] ?? (platform === 'win32' ? env['Path'] : undefined) ?? '';
  return path.split(delimiter).filter((folder) => isAbsolute(folder));
}

/** What may be the name of an extension; never a path. */
const isExtensionName = (name: string): boolean => /^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(name);

/**
 * Finds the program that runs for a name.
 *
 * @param program - the one that it extends
 * @returns an absolute path, or undefined when there is none
 */
export function findExtension(
  program: Pick<Program, 'name'>,
  name: string,
  env: Terminal['env'],
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  if (!isExtensionName(name)) return undefined;
  for (const folder of folders(env, platform)) {
    for (const ending of endings(platform)) {
      const path = join(folder, `${program.name}-${name}${ending}`);
      if (isProgram(path)) return path;
    }
  }
  return undefined;
}

/**
 * The names of all extensions, for help and suggestions: programs that can be run and hide behind
 * no command.
 */
export function listExtensions(
  program: Program,
  env: Terminal['env'],
  platform: NodeJS.Platform = process.platform,
): string[] {
  const prefix = `${program.name}-`;
  const names = folders(env, platform)
    .flatMap(filesIn)
    .flatMap((file) => {
      if (!file.startsWith(prefix)) return [];
      const ending = endings(platform).find((one) => file.endsWith(one));
      return ending === undefined ? [] : [file.slice(prefix.length, file.length - ending.length)];
    });
  const taken = firstWords(program);
  const free = [...new Set(names)].filter((name) => isExtensionName(name) && !taken.has(name));
  return free.filter((name) => findExtension(program, name, env, platform) !== undefined).sort();
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
