import { nearest } from '../nearest.js';
import {
  type CommandEntry,
  commandNamed,
  namesOf,
  type Program,
  unknownCommand,
} from '../program.js';
import { usageError } from '../usage.js';
import { longName } from './specs.js';

/** A first word that is no command, and the words around it. */
export interface UnknownCommand {
  to: 'unknown';
  name: string;
  before: readonly string[];
  after: readonly string[];
}

/** Where a command line leads. */
export type Route<Entry> =
  | { to: 'root'; status: 0 | 2 }
  | { to: 'group'; name: string; entries: readonly Entry[]; status: 0 | 2 }
  | { to: 'help'; entry: Entry }
  | { to: 'topic'; name: string }
  /** `name` is the one that was typed. */
  | { to: 'command'; entry: Entry; name: string; words: readonly string[] }
  | UnknownCommand;

/** Positions of the words that are neither options nor values of common options, up to `--`. */
function wordPositions(argv: readonly string[], { options }: Program): number[] {
  const takeValue = new Set(
    Object.entries(options)
      .filter(([, spec]) => spec.type !== 'boolean')
      .map(([key]) => longName(key)),
  );
  const positions: number[] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    if (word === '--') break;
    if (takeValue.has(word)) index += 1;
    else if (!word.startsWith('-') || word === '-') positions.push(index);
  }
  return positions;
}

function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  const before = end < 0 ? argv : argv.slice(0, end);
  return before.includes('-h') || before.includes('--help');
}

function withGroupName(
  argv: readonly string[],
  position: number,
  { groupAliases }: Program,
): readonly string[] {
  const word = argv[position] ?? '';
  const name = Object.hasOwn(groupAliases, word) ? groupAliases[word] : undefined;
  return name === undefined ? argv : argv.with(position, name);
}

const isTopic = (word: string, { topics }: Program): boolean =>
  topics.some(({ name }) => name === word);

/** `help`, about everything, a topic or a command. */
function helpRoute<Entry extends CommandEntry>(
  words: readonly string[],
  program: Program<Entry>,
): Route<Entry> {
  const [first] = words;
  if (first === undefined) return { to: 'root', status: 0 };
  return words.length === 1 && isTopic(first, program)
    ? { to: 'topic', name: first }
    : route([...words, '--help'], program);
}

/** Nothing but options: help when nothing else was asked for. */
function withoutCommand(argv: readonly string[], help: boolean, program: Program): Route<never> {
  if (help || argv.length === 0) return { to: 'root', status: 0 };
  const known = new Set(['--help', '--version', ...Object.keys(program.options).map(longName)]);
  for (const word of argv) {
    const [name = ''] = word.split('=');
    if (known.has(name)) continue;
    const guess = name.startsWith('--') ? nearest(name, known) : undefined;
    const hint = program.optionHint(name) ?? (guess && `Did you mean '${guess}'?`);
    if (hint) throw usageError(`There is no option '${name}' here.`, hint);
  }
  throw usageError('A command is missing.', `See the commands with '${program.name} --help'.`);
}

/**
 * Finds the command that is meant, before any of its options are known.
 *
 * @throws {UsageError} `command.usage` for an unknown command of a group
 */
export function route<Entry extends CommandEntry>(
  given: readonly string[],
  program: Program<Entry>,
): Route<Entry> {
  const positions = wordPositions(given, program);
  const help = asksForHelp(given);
  if (positions[0] === undefined) return withoutCommand(given, help, program);
  const argv = withGroupName(given, positions[0], program);
  const first = argv[positions[0]] ?? '';
  if (first === 'help') {
    const words = positions.slice(1).flatMap((position) => argv[position] ?? []);
    return helpRoute(words, program);
  }
  const members = program.commands.filter((entry) =>
    namesOf(entry).some((name) => name.startsWith(`${first} `)),
  );
  const second = positions[1] === undefined ? undefined : argv[positions[1]];
  const direct = commandNamed(program.commands, first);
  // Help about a group is about all of it, even where the bare word is a command.
  if (members.length > 0 && second === undefined && help && direct?.name !== first)
    return { to: 'group', name: first, entries: members, status: 0 };
  if (members.length > 0 && (second !== undefined || direct === undefined)) {
    if (second === undefined)
      return { to: 'group', name: first, entries: members, status: help ? 0 : 2 };
    const member = commandNamed(members, `${first} ${second}`);
    if (member !== undefined) return finish(argv, member, help, positions.slice(0, 2));
    if (direct === undefined) throw unknownCommand(program, second, { group: first });
  }
  if (direct === undefined && help && isTopic(first, program)) return { to: 'topic', name: first };
  if (direct === undefined) {
    const [before, after] = [argv.slice(0, positions[0]), argv.slice(positions[0] + 1)];
    return { to: 'unknown', name: first, before, after };
  }
  return finish(argv, direct, help, positions.slice(0, 1));
}

function finish<Entry>(
  argv: readonly string[],
  entry: Entry,
  help: boolean,
  names: readonly number[],
): Route<Entry> {
  if (help) return { to: 'help', entry };
  const name = names.map((index) => argv[index]).join(' ');
  return { to: 'command', entry, name, words: argv.filter((_, index) => !names.includes(index)) };
}
