import type { AnyOptionSpec } from '../command-shape.js';
import { usageError } from '../usage.js';
import { longName, optionNames } from './specs.js';

/** The options and other words of a command line, before their values are read. */
export interface Scanned {
  /** The values of each option that was given, in their order, by key; `''` for a switch. */
  given: ReadonlyMap<string, readonly string[]>;
  /** What is no option. */
  words: readonly string[];
}

interface Named {
  key: string;
  /** As help shows it, for example `-n, --name`. */
  shown: string;
  takesValue: boolean;
}

/** Options by every name they have, dashes included. */
function byName(specs: Readonly<Record<string, AnyOptionSpec>>): Map<string, Named> {
  const names = new Map<string, Named>();
  for (const [key, spec] of Object.entries(specs)) {
    const shown = `${spec.short === undefined ? '' : `-${spec.short}, `}${longName(key)}`;
    const named = { key, shown, takesValue: spec.type !== 'boolean' };
    for (const name of optionNames(key, spec)) names.set(name, named);
  }
  return names;
}

const looksLikeOption = (word: string): boolean =>
  word.length > 1 && word.startsWith('-') && !/^-(?:\d|\.\d)/.test(word);

/** The first option in a word, the value that is attached to it, and the letters after it. */
function split(word: string, names: ReadonlyMap<string, Named>) {
  if (word.startsWith('--')) {
    const equals = word.indexOf('=');
    if (equals < 0) return { name: word, option: names.get(word) };
    const option = names.get(word.slice(0, equals));
    // A switch takes no value, so that with one it is no option we know.
    if (option?.takesValue !== true) return { name: word, option: undefined };
    return { name: word.slice(0, equals), option, value: word.slice(equals + 1) };
  }
  const name = word.slice(0, 2);
  const option = names.get(name);
  if (option === undefined) return { name: word, option };
  const attached = word.length > 2 ? word.slice(2) : undefined;
  if (option.takesValue) return { name, option, value: attached };
  return { name, option, more: attached === undefined ? undefined : `-${attached}` };
}

/**
 * Separates options from other words: `--name VALUE`, `--name=VALUE`, `-n VALUE`, `-nVALUE`, and
 * switches together as in `-qa`. An option takes the next word whatever it looks like.
 *
 * @param words - up to `--`
 * @param specs - the options, by key
 * @param unknown - throws what is to be said about an option that does not exist
 * @throws {UsageError} `command.usage` when a value is missing
 */
export function scan(
  words: readonly string[],
  specs: Readonly<Record<string, AnyOptionSpec>>,
  unknown: (name: string) => never,
): Scanned {
  const names = byName(specs);
  const given = new Map<string, readonly string[]>();
  const others: string[] = [];
  const queue = [...words];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (!looksLikeOption(word)) {
      others.push(word);
      continue;
    }
    const { name, option, value, more } = split(word, names);
    if (option === undefined) return unknown(name);
    if (more !== undefined) queue.unshift(more);
    const text = option.takesValue ? (value ?? queue.shift()) : '';
    if (text === undefined) throw usageError(`${option.shown} needs a value.`);
    given.set(option.key, [...(given.get(option.key) ?? []), text]);
  }
  return { given, words: others };
}

/** The value of an option among words that nobody has parsed yet. */
export function optionIn(words: readonly string[], option: string): string | undefined {
  const index = words.indexOf(option);
  if (index >= 0) return words[index + 1];
  return words.find((word) => word.startsWith(`${option}=`))?.slice(option.length + 1);
}
