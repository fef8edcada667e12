import type { Terminal } from '@skaha/terminal/io.js';
import { usageError } from '@skaha/terminal/usage.js';
import { SkahaError } from 'skaha';
import type { CommandEntry } from '../command.js';
import type { Services } from '../deps.js';
import { helpTopics } from '../help/topics.js';
import { type UnknownCommand, unknownCommand } from '../parse/route.js';
import { expandAlias, readAliases } from './aliases.js';
import { findExtension, listExtensions } from './extensions.js';

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
      `'${name}' is an extension; an option before its name, such as ${before[0]}, is not passed on to it.`,
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
  const program = findExtension(name, terminal.env);
  if (program !== undefined) return runExtension(unknown, program, terminal, services);
  const topics = after.includes('--help') ? helpTopics.map((topic) => topic.name) : [];
  const others = [
    ...Object.keys(aliases ?? {}),
    ...listExtensions(terminal.env, entries),
    ...topics,
  ];
  throw unknownCommand(entries, name, {
    others,
    more:
      aliases === undefined ? ' Aliases are not available: the configuration cannot be read.' : '',
  });
}
