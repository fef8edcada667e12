import type { AnyOptionSpec, CommandShape } from './command-shape.js';
import { nearest } from './nearest.js';
import type { FieldWords } from './output/filter.js';
import { type UsageError, usageError } from './usage.js';

/** One command in the table of contents of a program: what is known of it before it is loaded. */
export interface CommandEntry {
  /** Canonical name, for example `ps` or `image ls`. */
  name: string;
  /** Other complete names, for example `list` or `image list`. */
  aliases?: readonly string[] | undefined;
  /** Its heading in the program's help. */
  group: string;
  /** One line for the program's help, without a closing dot. */
  summary: string;
  /** Loads its declaration, which help and completion need. */
  load: () => Promise<CommandShape>;
}

/** Something that `PROGRAM help` explains besides commands. */
export interface HelpTopic {
  name: string;
  /** One line for lists, without a closing dot. */
  summary: string;
}

/** A program of many commands, as its parser, its help and its completion know it. */
export interface Program<Entry extends CommandEntry = CommandEntry> {
  /** As it is typed; `NAME_YES=1` answers its questions with yes. */
  name: string;
  /** What it is for, and how to begin, each in a sentence of its help. */
  purpose: string;
  beginning: string;
  /** In the order of its help. */
  commands: readonly Entry[];
  /** The headings of its help, in order. */
  groups: readonly string[];
  /** The options of every command. */
  options: Readonly<Record<string, AnyOptionSpec>>;
  topics: readonly HelpTopic[];
  /** What each exit status says, where a command has no words of its own for it. */
  exitMeanings: Readonly<Record<number, string>>;
  /** Other first words of commands, which no help mentions. */
  groupAliases: Readonly<Record<string, string>>;
  /** What to write in place of a command that people know from other programs. */
  commandHint(name: string): string | undefined;
  /** The same for an option; the command is undefined while it is not known. */
  optionHint(option: string, command?: string): string | undefined;
  /**
   * Throws for words that would be read as something else than was meant, or refused without the
   * next step.
   *
   * @param words - all up to `--`
   * @param others - those that are no options
   */
  checkWords(command: string, words: readonly string[], others: readonly string[]): void;
  /** How values of some fields may be written in filters. */
  fieldWords: FieldWords;
}

export const namesOf = ({ name, aliases = [] }: CommandEntry): readonly string[] => [
  name,
  ...aliases,
];

export const commandNamed = <Entry extends CommandEntry>(
  entries: readonly Entry[],
  name: string,
): Entry | undefined => entries.find((entry) => namesOf(entry).includes(name));

/** The first words of all names of commands: an alias or an extension of such a name would never run. */
export const firstWords = ({ commands }: Program): ReadonlySet<string> =>
  new Set(['help', ...commands.flatMap(namesOf).map((full) => full.split(' ', 1)[0] ?? '')]);

/**
 * The error for a name that means nothing.
 *
 * @param given - the name, without that of its group
 * @param around - the group; further names that would have been right; what else to say
 */
export function unknownCommand(
  program: Program,
  given: string,
  around: { group?: string; others?: readonly string[]; more?: string } = {},
): UsageError {
  const { group, others = [], more = '' } = around;
  const prefix = group === undefined ? '' : `${group} `;
  const names = program.commands
    .flatMap(namesOf)
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length).split(' ')[0] ?? '');
  const hint = program.commandHint(`${prefix}${given}`);
  const guess = nearest(given, new Set([...names, ...others]));
  const help = `See '${program.name} ${prefix}--help'.${more}`;
  return usageError(
    `There is no command '${prefix}${given}'.`,
    hint !== undefined
      ? `${hint}. ${more}`.trim()
      : guess === undefined
        ? help
        : `Did you mean '${prefix}${guess}'? ${help}`,
  );
}
