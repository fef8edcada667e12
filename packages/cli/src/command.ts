import type {
  ArgumentSpec,
  CommandShape,
  CommandWords,
  OptionSpec,
} from '@skaha/terminal/command-shape.js';
import type { Io, Terminal } from '@skaha/terminal/io.js';
import type { Deps } from './deps.js';
import type { ExitStatus } from './exit.js';
import type { GlobalOptions } from './parse/globals.js';

export type {
  AnyOptionSpec,
  ArgumentSpec,
  DurationSpec,
  Example,
  FlagSpec,
  IntegerSpec,
  ListSpec,
  OptionSpec,
  TextSpec,
} from '@skaha/terminal/command-shape.js';

/** The exit status of a program that was run for the user, which is passed on. */
export interface CommandStatus {
  status: number;
}

/** The work of a command. Resolves to an exit status other than 0 only when no error says it. */
export type Run<Options> = (
  io: Io,
  deps: Deps,
  options: Options,
) => Promise<ExitStatus | CommandStatus | undefined>;

/**
 * What is known on this machine alone about a command's options, by their keys, for its help.
 * Never fails, and sends nothing.
 */
export type OptionNotes = (
  env: Terminal['env'],
  globals: Partial<GlobalOptions>,
) => Promise<Readonly<Record<string, string>>>;

/** A command as help, completion and the parser see it. */
export interface CommandDefinition extends CommandShape {
  exitCodes?: Partial<Readonly<Record<ExitStatus, string>>> | undefined;
  notes?: OptionNotes | undefined;
  load: () => Promise<Run<never>>;
}

/** A command as it is written down: its option types lead, and each needs a declaration. */
export interface CommandDeclaration<Options, Argument extends keyof Options & string>
  extends CommandWords {
  exitCodes?: Partial<Readonly<Record<ExitStatus, string>>> | undefined;
  notes?: OptionNotes | undefined;
  arguments?: readonly ArgumentSpec<Argument>[] | undefined;
  rest?: ArgumentSpec<Argument> | undefined;
  options: { readonly [Key in Exclude<keyof Options, Argument>]-?: OptionSpec<Options[Key]> };
  load: () => Promise<Run<Options>>;
}

/**
 * Declares a command. Light: its work is behind `load`.
 *
 * @typeParam Options - what `run` gets: a key for each option and argument
 * @typeParam Argument - the keys of `Options` that are arguments rather than options
 */
export function defineCommand<Options, Argument extends keyof Options & string = never>(
  declaration: CommandDeclaration<Options, Argument>,
): CommandDefinition {
  return { ...declaration, arguments: declaration.arguments ?? [] };
}

/** The headings of the root help, in order. */
export const commandGroups = [
  'Sessions',
  'Data',
  'Images',
  'Server',
  'Login',
  'Contexts and configuration',
  'Local platform',
  'Client',
] as const;

/** One command in the table of contents. */
export interface CommandEntry {
  /** Canonical name, for example `ps` or `image ls`. */
  name: string;
  /** Other complete names, for example `list` or `image list`. */
  aliases?: readonly string[] | undefined;
  /** Those of the aliases that people are told to give up. */
  deprecated?: readonly string[] | undefined;
  group: (typeof commandGroups)[number];
  /** One line for the root help, without a closing dot. */
  summary: string;
  load: () => Promise<CommandDefinition>;
}
