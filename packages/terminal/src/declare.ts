import type {
  AnyOptionSpec,
  ArgumentSpec,
  CommandWords,
  DurationSpec,
  FlagSpec,
  IntegerSpec,
  ListSpec,
  TextSpec,
} from './command-shape.js';
import type { DataFields } from './output/field.js';

/** What a declaration may say besides the words that each needs. */
type Extras<Spec> = Partial<Omit<Spec, 'help' | 'key' | 'max' | 'min' | 'type' | 'value'>>;

/** The least and the largest value. */
type Range = readonly [min: number, max: number];

/** Declares a switch. */
export const flag = (help: string, more: Extras<FlagSpec> = {}): FlagSpec => ({
  type: 'boolean',
  help,
  ...more,
});

/** Declares an option with a text. The name of the value in help comes first. */
export const text = <const Extra extends Extras<TextSpec> = object>(
  value: string,
  help: string,
  more: Extra = {} as Extra,
): TextSpec & Extra => ({ type: 'string', value, help, ...more });

/** Declares an option that may be given several times. */
export const list = (value: string, help: string, more: Extras<ListSpec> = {}): ListSpec => ({
  type: 'list',
  value,
  help,
  ...more,
});

/** Declares an option with a whole number. */
export const integer = <const Extra extends Extras<IntegerSpec> = object>(
  value: string,
  [min, max]: Range,
  help: string,
  more: Extra = {} as Extra,
): IntegerSpec & Extra => ({ type: 'integer', value, min, max, help, ...more });

/** Declares an option with a duration; range and default are in milliseconds. */
export const duration = <const Extra extends Extras<DurationSpec> = object>(
  [min, max]: Range,
  help: string,
  more: Extra = {} as Extra,
): DurationSpec & Extra => ({ type: 'duration', value: 'TIME', min, max, help, ...more });

/** Declares a word of the command line that is no option. */
export const argument = <
  const Key extends string,
  const Extra extends Extras<ArgumentSpec> = object,
>(
  key: Key,
  value: string,
  help: string,
  more: Extra = {} as Extra,
): ArgumentSpec<Key> & Extra => ({ key, value, help, ...more });

/** Declares one that must be given. */
export const required = <
  const Key extends string,
  const Extra extends Extras<ArgumentSpec> = object,
>(
  key: Key,
  value: string,
  help: string,
  more: Extra = {} as Extra,
): ArgumentSpec<Key> & { required: true } & Extra => ({
  ...argument(key, value, help, more),
  required: true,
});

/** The fields of a command's data: their names with blanks in between, and what else is known. */
export const fieldsOf = (names: string, more: Omit<DataFields, 'names'> = {}): DataFields => ({
  names: names.split(' '),
  ...more,
});

type DataWords = Pick<CommandWords, 'fields' | 'formats' | 'list' | 'quiet'>;

const known = (fields: DataFields | string | undefined): DataFields | undefined =>
  typeof fields === 'string' ? fieldsOf(fields) : fields;

/** Prints a list, which can be filtered, sorted, cut short, or reduced to its ids. */
export const listOf = (fields: DataFields | string): DataWords => ({
  ...itemsOf(fields),
  list: true,
});

/** Prints items, or only their ids. */
export const itemsOf = (fields?: DataFields | string): DataWords => ({
  formats: ['json', 'yaml', 'name'],
  fields: known(fields),
  quiet: true,
});

/** Prints one document, which has no id. */
export const documentOf = (fields?: DataFields | string): DataWords => ({
  formats: ['json', 'yaml'],
  fields: known(fields),
});

type UndefinedUnless<Spec, Known, Value> = Spec extends Known ? Value : Value | undefined;

/** One of the choices, where no other text is allowed. */
type Text<Spec> = Spec extends { forms: readonly string[] } | { others: RegExp }
  ? string
  : Spec extends { choices: readonly string[] }
    ? Spec['choices'][number]
    : string;

/** What is read for an option. */
type OptionValue<Spec> = Spec extends { type: 'boolean' }
  ? boolean
  : Spec extends { type: 'list' }
    ? readonly string[]
    : Spec extends { type: 'string' }
      ? UndefinedUnless<Spec, { default: string }, Text<Spec>>
      : UndefinedUnless<Spec, { default: number }, number>;

/** What is read for an argument. */
type ArgumentValue<Spec> = Spec extends { many: true }
  ? readonly string[]
  : UndefinedUnless<Spec, { required: true }, Text<Spec>>;

/** What may be undefined may also be left out. */
type OptionalIfUndefined<Values> = {
  [Key in keyof Values as undefined extends Values[Key] ? never : Key]: Values[Key];
} & { [Key in keyof Values as undefined extends Values[Key] ? Key : never]?: Values[Key] };

/** What is read for declared options, by their keys. */
export type OptionValues<Options extends Readonly<Record<string, AnyOptionSpec>>> =
  OptionalIfUndefined<{
    -readonly [Key in keyof Options]: OptionValue<Options[Key]>;
  }>;

/** What is read for declared arguments, by their keys. */
export type ArgumentValues<Arguments extends readonly ArgumentSpec[]> = OptionalIfUndefined<{
  [Spec in Arguments[number] as Spec['key']]: ArgumentValue<Spec>;
}>;
