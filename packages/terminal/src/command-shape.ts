import type { DataFields } from './output/field.js';
import type { OutputFormat } from './output/formats.js';

interface Described {
  /** What it does, as a phrase without a closing dot. */
  help: string;
  /** One letter, for example `a` for `-a`. */
  short?: string | undefined;
  /** Further names without dashes, not shown in help; one of a single letter takes one dash. */
  aliases?: readonly string[] | undefined;
}

/** A switch, off unless given. */
export interface FlagSpec extends Described {
  type: 'boolean';
}

/** An option with a text value. */
export interface TextSpec extends Described {
  type: 'string';
  /** The value in help, for example `NAME`. */
  value: string;
  default?: string | undefined;
  /** The only values allowed; matched without regard to case, passed on as written here. */
  choices?: readonly string[] | undefined;
  /** Values of the user's own that are allowed besides the choices, for example `columns=FIELDS`. */
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

/** A word on the command line that is no option. */
export interface ArgumentSpec<Key extends string = string> {
  /** The key under which `run` gets it: a string, or an array of strings when `many`. */
  key: Key;
  /** Its name in help, for example `SESSION`. */
  value: string;
  help: string;
  required?: boolean | undefined;
  many?: boolean | undefined;
  choices?: readonly string[] | undefined;
  /** Other words than the choices that pass as they are, for the command to judge. */
  others?: RegExp | undefined;
}

/** One line of the examples in help. */
export interface Example {
  command: string;
  help: string;
}

/** What a command says about itself. */
export interface CommandWords {
  /** What the command does, in a few sentences. */
  description: string;
  examples: readonly Example[];
  /** The statuses a user of this command meets besides 0, 2 and 130; a text replaces the general one. */
  exitCodes?: Readonly<Record<number, string>> | undefined;
  /**
   * The formats of its data besides `table`; none when it prints no data. With `json` come those
   * that can be made of any data: `jsonl`, `csv`, `tsv`, `columns=…`, `template=…`.
   */
  formats?: readonly OutputFormat[] | undefined;
  /** What one item of its data holds; when left out only the data shows it. */
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

/** The words, options and arguments of a command, as help, completion and the parser see it. */
export interface CommandShape extends CommandWords {
  arguments: readonly ArgumentSpec[];
  /** Takes all words after `--`, and words beyond the declared ones. */
  rest?: ArgumentSpec | undefined;
  options: Readonly<Record<string, AnyOptionSpec>>;
}
