import { readFile } from 'node:fs/promises';
import { isRecord } from '@skaha/base/record.js';
import { systemCode } from '@skaha/base/system-code.js';
import { type Aliases, expandAlias } from '@skaha/terminal/aliases.js';
import { findExtension, listExtensions } from '@skaha/terminal/extensions.js';
import type { Terminal } from '@skaha/terminal/io.js';
import type { UnknownCommand } from '@skaha/terminal/parse/route.js';
import { optionIn } from '@skaha/terminal/parse/scan.js';
import { type Program, unknownCommand } from '@skaha/terminal/program.js';
import { usageError } from '@skaha/terminal/usage.js';
import { SkahaError } from 'skaha';
import type { Services } from './deps.js';
import { configPath } from './places.js';

/**
 * The configuration file as it is, unread: a look at its text costs less than reading it.
 *
 * @throws whatever the file system says
 */
export const configurationText = (env: Terminal['env'], given?: string | undefined) =>
  readFile(configPath(env, given), 'utf8');

/**
 * Reads the aliases of the configuration file without checking the rest of it, so that it costs
 * little, and works as long as the file is YAML.
 *
 * @returns none when there is no file; undefined when it cannot be read
 */
export async function readAliases(
  env: Terminal['env'],
  words: readonly string[] = [],
): Promise<Aliases | undefined> {
  try {
    const text = await configurationText(env, optionIn(words, '--config'));
    if (!text.includes('aliases')) return {};
    const { parse } = await import('yaml');
    const root: unknown = parse(text, { schema: 'core', maxAliasCount: 0, logLevel: 'error' });
    const found =
      isRecord(root) && isRecord(root['aliases']) ? Object.entries(root['aliases']) : [];
    return Object.fromEntries(
      found.flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
    );
  } catch (error) {
    return systemCode(error) === 'ENOENT' ? {} : undefined;
  }
}

async function runExtension(
  { name, before, after }: UnknownCommand,
  extension: string,
  { signal }: Terminal,
  services: Services,
): Promise<number> {
  if (before.length > 0) {
    throw usageError(
      `'${name}' is an extension; an option before its name, such as ${before[0]}, is not passed on to it.`,
      `Put options after the name: 'skaha ${name} …'`,
    );
  }
  const status = await services.runExtension(extension, after, signal);
  if (status !== undefined) return status;
  throw new SkahaError('extension.unusable', `The extension ${extension} cannot be started.`, {
    hint: 'Make it executable, and check the program named in its first line.',
    id: name,
  });
}

/**
 * Finds out what a name means that is no command of ours: an alias, or a program `skaha-NAME` on
 * the path.
 *
 * @param seen - the aliases that led to it
 * @returns the words that an alias stands for, or the exit status of an extension, which has run
 * @throws {SkahaError} extension.unusable
 * @throws {UsageError} `command.usage` when it means nothing, or leads back to itself
 */
export async function resolveUnknown(
  unknown: UnknownCommand,
  seen: readonly string[],
  program: Program,
  { terminal, services }: { terminal: Terminal; services: Services },
): Promise<readonly string[] | number> {
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
    return [...before, ...expandAlias(program, name, text, after)];
  }
  const extension = findExtension(program, name, terminal.env);
  if (extension !== undefined) return runExtension(unknown, extension, terminal, services);
  const topics = after.includes('--help') ? program.topics.map((topic) => topic.name) : [];
  throw unknownCommand(program, name, {
    others: [...Object.keys(aliases ?? {}), ...listExtensions(program, terminal.env), ...topics],
    more:
      aliases === undefined ? ' Aliases are not available: the configuration cannot be read.' : '',
  });
}
