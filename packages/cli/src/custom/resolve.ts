import { constants } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Terminal } from '@skaha/terminal/io.js';
import { usageError } from '@skaha/terminal/usage.js';
import { SkahaError } from 'skaha';
import type { CommandEntry } from '../command.js';
import type { Services } from '../deps.js';
import { helpTopics } from '../help/topics.js';
import { type UnknownCommand, unknownCommand } from '../parse/route.js';
import { expandAlias, readAliases } from './aliases.js';

const prefix = 'skaha-';
/** What Windows starts without a shell. Batch files need one, so they are no extensions. */
const windowsEndings = ['.exe', '.com'];

const endings = (platform: NodeJS.Platform): readonly string[] =>
  platform === 'win32' ? windowsEndings : [''];

/** Folders of the path, in order; relative ones could be anybody's. */
function folders(env: Terminal['env'], platform: NodeJS.Platform): string[] {
  const path = env['PATH'] ?? (platform === 'win32' ? env['Path'] : undefined) ?? '';
  return path.split(delimiter).filter((folder) => isAbsolute(folder));
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** What may be the name of an extension; never a path. */
const isExtensionName = (name: string): boolean => /^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(name);

/**
 * Finds the program that runs for a name.
 *
 * @param name - as typed
 * @param env - its `PATH` is looked through
 * @returns an absolute path, or undefined when there is none
 */
export async function findExtension(
  name: string,
  env: Terminal['env'],
  platform: NodeJS.Platform = process.platform,
): Promise<string | undefined> {
  if (!isExtensionName(name)) return undefined;
  for (const folder of folders(env, platform)) {
    for (const ending of endings(platform)) {
      const path = join(folder, `${prefix}${name}${ending}`);
      if (await isProgram(path)) return path;
    }
  }
  return undefined;
}

/** The names of all extensions, for suggestions. */
export async function listExtensions(
  env: Terminal['env'],
  platform: NodeJS.Platform = process.platform,
): Promise<string[]> {
  const listed = await Promise.all(
    folders(env, platform).map((folder) => readdir(folder).catch(() => [])),
  );
  const names = listed.flat().flatMap((file) => {
    if (!file.startsWith(prefix)) return [];
    const ending = endings(platform).find((one) => file.endsWith(one));
    return ending === undefined ? [] : [file.slice(prefix.length, file.length - ending.length)];
  });
  return [...new Set(names.filter(isExtensionName))].sort();
}

/** What a name that is no command leads to: other words, or the end of a program that was run. */
export type Resolved = { words: readonly string[] } | { status: number };

async function runExtension(
  { name, before, after }: UnknownCommand,
  program: string,
  { signal }: Terminal,
  services: Services,
): Promise<Resolved> {
  if (before.length > 0) {
    throw usageError(
      `'${name}' is an extension, which is not given the option ${before[0]} does not reach.`,
      `Put options after the name: 'skaha ${name} …'`,
    );
  }
  const status = await services.runExtension(program, after, signal);
  if (status !== undefined) return { status };
  throw new SkahaError('extension.unusable', `The extension ${program} cannot be started.`, {
    hint: 'Make it executable, and check the program named in its first line.',
    id: name,
  });
}

/**
 * Finds out what a name means that is no command of ours: an alias, or a program `skaha-NAME` on
 * the path.
 *
 * @param unknown - the name and the words around it
 * @param seen - aliases that led here
 * @throws {SkahaError} command.usage when it means nothing, or leads back to itself;
 * extension.unusable
 */
export async function resolveCustom(
  unknown: UnknownCommand,
  seen: readonly string[],
  entries: readonly CommandEntry[],
  { terminal, services }: { terminal: Terminal; services: Services },
): Promise<Resolved> {
  const { name, before, after } = unknown;
  const aliases = await readAliases(terminal.env, before);
  const text = aliases !== undefined && Object.hasOwn(aliases, name) ? aliases[name] : undefined;
  if (text !== undefined) {
    if (seen.includes(name)) {
      throw usageError(
        `The alias '${name}' leads back to itself: ${[...seen, name].join(' → ')}.`,
        `Change it: skaha alias set ${name} 'TEXT'`,
      );
    }
    return { words: [...before, ...expandAlias(name, text, after)] };
  }
  const program = await findExtension(name, terminal.env);
  if (program !== undefined) return runExtension(unknown, program, terminal, services);
  const topics = after.includes('--help') ? helpTopics.map((topic) => topic.name) : [];
  const others = [
    ...Object.keys(aliases ?? {}),
    ...(await listExtensions(terminal.env)),
    ...topics,
  ];
  throw unknownCommand(entries, name, {
    others,
    more: aliases === undefined ? ' Aliases are not known: the configuration cannot be read.' : '',
  });
}
