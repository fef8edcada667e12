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
  { name: program }: { name: string },
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
      `It stands for: '${program} ${text}'`,
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
