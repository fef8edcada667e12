import type { Deps } from './deps.js';
import type { ExitStatus } from './exit.js';
import type { Io, OutputFormat } from './io.js';
import type { DataFields } from './output/field.js';

interface Described {
  /** What it does, as a phrase without a closing dot. */
  help: string;
  /** One letter, for example `a` for `-a`. */
  short?: string | undefined;
  /** Further long names without dashes, not shown in help. */
  aliases?: readonly string[] | undefined;
}

/** A switch, off unless given. */
export interface FlagSpec extends Described {
  type: 'boolean';
}

/** An option with a text value. */
export interface TextSpec extends Described {
  type: 'string';
  /** Stands for the value in help, for example `NAME`. */
  value: string;
  default?: string | undefined;
  /** The only values allowed; matched without regard to case, passed on as written here. */
  choices?: readonly string[] | undefined;
  /** Values of the user's own that are allowed beside the choices, for example `columns=FIELDS`. */
  forms?: readonly string[] | undefined;
}

/** An option that may be given several times. */
export interface ListSpec extends Described {
  type: 'list';
  value: string;
}

/** An option with a whole number. */
export interface IntegerSpec extends Described {
  type: 'integer';
  value: string;
  min: number;
  max: number;
  default?: number | undefined;
}

/** An option with a duration such as `90`, `30s`, `10m`, `2h` or `3d`; in milliseconds for `run`. */
export interface DurationSpec extends Described {
  type: 'duration';
  value: string;
  /** Bounds and default in milliseconds. */
  min: number;
  max: number;
  default?: number | undefined;
}

/** Any option. */
export type AnyOptionSpec = FlagSpec | TextSpec | ListSpec | IntegerSpec | DurationSpec;

type Defaulted<Spec extends { default?: unknown }, T> = undefined extends T
  ? Spec
  : Spec & { default: NonNullable<T> };

/** The option that yields a `T`. */
export type OptionSpec<T> = [T] extends [boolean]
  ? FlagSpec
  : [T] extends [readonly string[]]
    ? ListSpec
    : [T] extends [number | undefined]
      ? Defaulted<IntegerSpec, T> | Defaulted<DurationSpec, T>
      : Defaulted<TextSpec, T>;

/** A word on the command line that is no option. */
export interface ArgumentSpec<Key extends string = string> {
  /** The key under which `run` gets it: a string, or an array of strings when `many`. */
  key: Key;
  /** Stands for it in help, for example `SESSION`. */
  value: string;
  help: string;
  required?: boolean | undefined;
  many?: boolean | undefined;
  choices?: readonly string[] | undefined;
}

/** One line of the examples in help. */
export interface Example {
  command: string;
  help: string;
}

/** The work of a command. Resolves to an exit status other than 0 only when no error says it. */
export type Run<Options> = (
  io: Io,
  deps: Deps,
  options: Options,
) => Promise<ExitStatus | undefined>;

interface Shape {
  /** What the command does, in a few sentences. */
  description: string;
  examples: readonly Example[];
  /** The statuses a user of this command meets beside 0, 2 and 130; a text replaces the general one. */
  exitCodes?: Partial<Readonly<Record<ExitStatus, string>>> | undefined;
  /**
   * The formats of its data beside `table`; none when it prints no data. With `json` come those
   * that can be made of any data: `jsonl`, `csv`, `tsv`, `columns=…`, `template=…`.
   */
  formats?: readonly OutputFormat[] | undefined;
  /** What one item of its data holds; when left out only the data can tell. */
  fields?: DataFields | undefined;
  /** Its data is a list, which can be filtered, sorted and cut short. */
  list?: boolean | undefined;
  /** Works without the configuration, which is not even looked at. */
  standalone?: boolean | undefined;
  /** Offers `-q`, which prints ids only. */
  quiet?: boolean | undefined;
  /** Asks before it acts: offers `-y`, `--yes`, `-f`, `--force`. */
  confirms?: boolean | undefined;
}

/** A command as help, completion and the parser see it. */
export interface CommandDefinition extends Shape {
  arguments: readonly ArgumentSpec[];
  /** Takes all words after `--`, and words beyond the declared ones. */
  rest?: ArgumentSpec | undefined;
  options: Readonly<Record<string, AnyOptionSpec>>;
  load: () => Promise<Run<never>>;
}

/** A command as it is written down: its option types lead, and each needs a declaration. */
export interface CommandDeclaration<Options, Argument extends keyof Options & string>
  extends Shape {
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
