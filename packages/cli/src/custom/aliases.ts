import { readFile } from 'node:fs/promises';
import { isRecord } from '@skaha/base/record.js';
import { systemCode } from '@skaha/base/system-code.js';
import type { Terminal } from '@skaha/terminal/io.js';
import { usageError } from '@skaha/terminal/usage.js';
import { splitWords } from '@skaha/terminal/words.js';
import { configPath } from '../places.js';

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
 * @throws {SkahaError} command.usage when an argument is missing
 */
export function expandAlias(name: string, text: string, given: readonly string[]): string[] {
  const words = aliasWords(text);
  const named = words.flatMap((word) =>
    [...word.matchAll(placeholder)].map(([, which]) => which ?? ''),
  );
  const highest = Math.max(0, ...named.filter((which) => /\d/.test(which)).map(Number));
  if (given.length < highest) {
    throw usageError(
      `The alias '${name}' needs ${highest} ${highest === 1 ? 'argument' : 'arguments'}.`,
      `It stands for: 'skaha ${text}'`,
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

/** Names of the user's own, and what they stand for. */
export type Aliases = Readonly<Record<string, string>>;

/** The value of an option among words that nobody has parsed yet. */
export function optionIn(words: readonly string[], option: string): string | undefined {
  const index = words.indexOf(option);
  if (index >= 0) return words[index + 1];
  return words.find((word) => word.startsWith(`${option}=`))?.slice(option.length + 1);
}

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
