import { nearest } from '@skaha/terminal/nearest.js';
import { longName } from '@skaha/terminal/parse/specs.js';
import { type UsageError, usageError } from '@skaha/terminal/usage.js';

import type { AnyOptionSpec, CommandEntry } from '../command.js';
import { helpTopics } from '../help/topics.js';
import { globalSpecs } from './globals.js';
import { commandHabit } from './habits.js';

/** A first word that is no command, and the words around it. */
export interface UnknownCommand {
  to: 'unknown';
  name: string;
  before: readonly string[];
  after: readonly string[];
}

/** Where a command line leads. */
export type Route =
  | { to: 'root'; status: 0 | 2 }
  | { to: 'group'; name: string; entries: readonly CommandEntry[]; status: 0 | 2 }
  | { to: 'help'; entry: CommandEntry }
  | { to: 'topic'; name: string }
  /** `name` is the one that was typed. */
  | { to: 'command'; entry: CommandEntry; name: string; words: readonly string[] }
  | UnknownCommand;

const takesValue = new Set(
  Object.entries<AnyOptionSpec>(globalSpecs)
    .filter(([, spec]) => spec.type !== 'boolean')
    .map(([key]) => longName(key)),
);

/** Positions of the words that are neither options nor values of common options, up to `--`. */
function wordPositions(argv: readonly string[]): number[] {
  const positions: number[] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    if (word === '--') break;
    if (takesValue.has(word)) index += 1;
    else if (!word.startsWith('-') || word === '-') positions.push(index);
  }
  return positions;
}

const namesOf = (entry: CommandEntry): readonly string[] => [entry.name, ...(entry.aliases ?? [])];

function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  const before = end < 0 ? argv : argv.slice(0, end);
  return before.includes('-h') || before.includes('--help');
}

function find(entries: readonly CommandEntry[], name: string): CommandEntry | undefined {
  return entries.find((entry) => namesOf(entry).includes(name));
}

/**
 * The error for a name that means nothing.
 *
 * @param given - the name, without that of its group
 * @param around - the group; further names that would have been right; what else to say
 */
export function unknownCommand(
  entries: readonly CommandEntry[],
  given: string,
  {
    group,
    others = [],
    more = '',
  }: {
    group?: string | undefined;
    others?: readonly string[] | undefined;
    more?: string | undefined;
  } = {},
): UsageError {
  const prefix = group === undefined ? '' : `${group} `;
  const names = entries
    .flatMap(namesOf)
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length).split(' ')[0] ?? '');
  const habit = commandHabit(`${prefix}${given}`);
  const guess = nearest(given, new Set([...names, ...others]));
  const help = `See 'skaha ${prefix}--help'.${more}`;
  return usageError(
    `There is no command '${prefix}${given}'.`,
    habit !== undefined
      ? `${habit}. ${more}`.trim()
      : guess === undefined
        ? help
        : `Did you mean '${prefix}${guess}'? ${help}`,
  );
}

/** Another name of a whole group, which no help mentions. */
const groupAliases: Readonly<Record<string, string>> = { authentication: 'auth' };

function withGroupName(argv: readonly string[], position: number): readonly string[] {
  const word = argv[position] ?? '';
  const name = Object.hasOwn(groupAliases, word) ? groupAliases[word] : undefined;
  return name === undefined ? argv : argv.with(position, name);
}

const isTopic = (word: string): boolean => helpTopics.some(({ name }) => name === word);

/** `help`, about everything, a topic or a command. */
function helpRoute(words: readonly string[], entries: readonly CommandEntry[]): Route {
  const [first] = words;
  if (first === undefined) return { to: 'root', status: 0 };
  return words.length === 1 && isTopic(first)
    ? { to: 'topic', name: first }
    : route([...words, '--help'], entries);
}

const rootOptions = new Set(['--help', '--version', ...Object.keys(globalSpecs).map(longName)]);

/** What the Python clients have in place of the command `completion`. */
const formerCompletion = new Set(['--install-completion', '--show-completion']);

/** Nothing but options: help when nothing else was asked for. */
function withoutCommand(argv: readonly string[], help: boolean): Route {
  if (help || argv.length === 0) return { to: 'root', status: 0 };
  for (const word of argv) {
    const [name = ''] = word.split('=');
    if (rootOptions.has(name)) continue;
    const guess = name.startsWith('--') ? nearest(name, rootOptions) : undefined;
    const hint = formerCompletion.has(name)
      ? "Use 'skaha completion bash', or zsh, fish, powershell."
      : guess && `Did you mean '${guess}'?`;
    if (hint) throw usageError(`There is no option '${name}' here.`, hint);
  }
  throw usageError('A command is missing.', "See the commands with 'skaha --help'.");
}

/**
 * Finds the command that is meant, before any of its options are known.
 *
 * @throws {UsageError} `command.usage` for an unknown command of a group
 */
export function route(given: readonly string[], entries: readonly CommandEntry[]): Route {
  const positions = wordPositions(given);
  const help = asksForHelp(given);
  if (positions[0] === undefined) return withoutCommand(given, help);
  const argv = withGroupName(given, positions[0]);
  const first = argv[positions[0]] ?? '';
  if (first === 'help') {
    const words = positions.slice(1).flatMap((position) => argv[position] ?? []);
    return helpRoute(words, entries);
  }
  const members = entries.filter((entry) =>
    namesOf(entry).some((name) => name.startsWith(`${first} `)),
  );
  const second = positions[1] === undefined ? undefined : argv[positions[1]];
  const direct = find(entries, first);
  // Help about a group is about all of it, even where the bare word is a command.
  if (members.length > 0 && second === undefined && help && direct?.name !== first)
    return { to: 'group', name: first, entries: members, status: 0 };
  if (members.length > 0 && (second !== undefined || direct === undefined)) {
    if (second === undefined)
      return { to: 'group', name: first, entries: members, status: help ? 0 : 2 };
    const member = find(members, `${first} ${second}`);
    if (member !== undefined) return finish(argv, member, help, positions.slice(0, 2));
    if (direct === undefined) throw unknownCommand(members, second, { group: first });
  }
  if (direct === undefined && help && isTopic(first)) return { to: 'topic', name: first };
  if (direct === undefined) {
    const [before, after] = [argv.slice(0, positions[0]), argv.slice(positions[0] + 1)];
    return { to: 'unknown', name: first, before, after };
  }
  return finish(argv, direct, help, positions.slice(0, 1));
}

function finish(
  argv: readonly string[],
  entry: CommandEntry,
  help: boolean,
  names: readonly number[],
): Route {
  if (help) return { to: 'help', entry };
  const name = names.map((index) => argv[index]).join(' ');
  return { to: 'command', entry, name, words: argv.filter((_, index) => !names.includes(index)) };
}
