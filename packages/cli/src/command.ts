import type {
  AnyOptionSpec,
  ArgumentSpec,
  CommandShape,
  CommandWords,
} from '@skaha/terminal/command-shape.js';
import type { ArgumentValues, OptionValues } from '@skaha/terminal/declare.js';
import type { Io, Terminal } from '@skaha/terminal/io.js';
import type { CommandEntry as ProgramEntry } from '@skaha/terminal/program.js';
import type { Deps } from './environment/deps.js';
import type { ExitStatus } from './exit.js';
import type { GlobalOptions } from './parse/globals.js';

export type { AnyOptionSpec, ArgumentSpec } from '@skaha/terminal/command-shape.js';
export {
  argument,
  documentOf,
  duration,
  fieldsOf,
  flag,
  integer,
  itemsOf,
  list,
  listOf,
  type OptionValues,
  required,
  text,
} from '@skaha/terminal/declare.js';

/** The exit status of a program that was run for the user, which is passed on. */
export interface CommandStatus {
  status: number;
}

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
}

declare const read: unique symbol;

/** A declared command, and by its type what is read from its command line. */
export interface Command<Options> extends CommandDefinition {
  readonly [read]?: Options;
}

/** What the `run` of a command gets: a key for each of its options and arguments. */
export type OptionsOf<Declared> = Declared extends Command<infer Options> ? Options : never;

/** The work of a command. Resolves to an exit status other than 0 only when no error says it. */
export type Run<Declared> = (
  io: Io,
  deps: Deps,
  options: OptionsOf<Declared>,
) => Promise<ExitStatus | CommandStatus | undefined> | Promise<void>;

/** A command as it is written down. */
interface CommandDeclaration<Options, Arguments, Rest>
  extends Omit<CommandWords, 'examples' | 'exitCodes'>,
    Pick<CommandDefinition, 'exitCodes' | 'notes'> {
  /** Command lines, and what each is for. */
  examples: Readonly<Record<string, string>>;
  arguments?: Arguments | undefined;
  rest?: Rest | undefined;
  options?: Options | undefined;
}

/** Declares a command: all that help and completion load, and of which type its options are. */
export function defineCommand<
  const Options extends Readonly<Record<string, AnyOptionSpec>> = Record<never, never>,
  const Arguments extends readonly ArgumentSpec[] = readonly [],
  const Rest extends ArgumentSpec = never,
>(
  declaration: CommandDeclaration<Options, Arguments, Rest>,
): Command<
  OptionValues<Options> & ArgumentValues<Arguments> & Record<Rest['key'], readonly string[]>
> {
  const { arguments: words = [], options = {}, examples, ...rest } = declaration;
  return {
    ...rest,
    arguments: words,
    options,
    examples: Object.entries(examples).map(([command, help]) => ({ command, help })),
  };
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
export interface CommandEntry extends ProgramEntry {
  /** Those of the aliases that are deprecated: using one prints a warning. */
  deprecated?: readonly string[] | undefined;
  group: (typeof commandGroups)[number];
  load: () => Promise<CommandDefinition>;
  /** Loads its work. */
  run: () => Promise<Run<Command<never>>>;
}
