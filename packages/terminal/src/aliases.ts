import { findExtension, listExtensions } from './extensions.js';
import type { Terminal } from './io.js';
import type { UnknownCommand } from './parse/route.js';
import { type Program, unknownCommand } from './program.js';
import { usageError } from './usage.js';
import { splitWords } from './words.js';

/** Names of the user's own, and the command lines they stand for. */
export type Aliases = Readonly<Record<string, string>>;

/**
 * The words of an alias's text.
 *
 * @throws {UsageError} `command.usage` for a quote that is not closed
 */
export const aliasWords = (text: string): string[] => splitWords(text, 'the text of the alias');

const placeholder = /\$(\$|@|[1-9])/g;

/**
 * The words that stand for an alias and its arguments. `$1` to `$9` are replaced by arguments, a
 * word `$@` by all of them, `$$` by a dollar sign; arguments that no placeholder names come last.
 *
 * @param program - before the text where it is shown
 * @throws {UsageError} `command.usage` when an argument is missing
 */
export function expandAlias(
  program: Pick<Program, 'name'>,
  name: string,
  text: string,
  given: readonly string[],
): string[] {
  const words = aliasWords(text);
  const named = words.flatMap((word) =>
    [...word.matchAll(placeholder)].map(([, which]) => which ?? ''),
  );
  const highest = Math.max(0, ...named.filter((which) => /\d/.test(which)).map(Number));
  if (given.length < highest) {
    throw usageError(
      `The alias '${name}' needs ${highest} ${highest === 1 ? 'argument' : 'arguments'}.`,
      `It stands for: '${program.name} ${text}'`,
    );
  }
  const filled = words.flatMap((word) =>
    word === '$@'
      ? given
      : [
          word.replace(placeholder, (_, which: string) => {
            if (which === '$') return '$';
            return which === '@' ? given.join(' ') : (given[Number(which) - 1] ?? '');
          }),
        ],
  );
  return named.includes('@') ? filled : [...filled, ...given.slice(highest)];
}

/**
 * Finds out what a name means that is no command: an alias, or an extension.
 *
 * @param aliases - undefined when they cannot be read
 * @param seen - the aliases that led to it
 * @returns the words that an alias stands for, or the path of the program that is the extension
 * @throws {UsageError} `command.usage` when it means nothing, or leads back to itself
 */
export function resolveUnknown(
  program: Program,
  { name, before, after }: UnknownCommand,
  aliases: Aliases | undefined,
  seen: readonly string[],
  env: Terminal['env'],
): { words: readonly string[] } | { extension: string } {
  const text = aliases !== undefined && Object.hasOwn(aliases, name) ? aliases[name] : undefined;
  if (text !== undefined) {
    if (seen.includes(name)) {
      throw usageError(
        `The alias '${name}' leads back to itself: ${[...seen, name].join(' → ')}.`,
        `Change it: ${program.name} alias set ${name} 'TEXT'`,
      );
    }
    return { words: [...before, ...expandAlias(program, name, text, after)] };
  }
  const extension = findExtension(program, name, env);
  if (extension === undefined) {
    const topics = after.includes('--help') ? program.topics.map((topic) => topic.name) : [];
    throw unknownCommand(program, name, {
      others: [...Object.keys(aliases ?? {}), ...listExtensions(program, env), ...topics],
      more:
        aliases === undefined
          ? ' Aliases are not available: the configuration cannot be read.'
          : '',
    });
  }
  if (before.length > 0) {
    throw usageError(
      `'${name}' is an extension; an option before its name, such as ${before[0]}, is not passed on to it.`,
      `Put options after the name: '${program.name} ${name} …'`,
    );
  }
  return { extension };
}
