import { Command, CommanderError, Option } from 'commander';
import type { AnyOptionSpec, CommandDefinition, CommandEntry } from '../command.js';
import { usageLine } from '../help/usage-line.js';
import type { OutputFormat } from '../io.js';
import { nearest } from '../nearest.js';
import { usageError } from '../usage.js';
import { chooseFormat } from './format.js';
import { type GlobalOptions, readGlobals } from './globals.js';
import { allSpecs, longName } from './specs.js';
import { readArguments, readOption } from './values.js';

/** A command line, understood. */
export interface Parsed {
  /** By key of the definition's options and arguments. */
  values: Readonly<Record<string, unknown>>;
  globals: GlobalOptions;
  format: OutputFormat;
  assumeYes: boolean;
}

const isNegative = (key: string): boolean => /^no[A-Z]/.test(key);

function declare(program: Command, key: string, spec: AnyOptionSpec): void {
  const add = (names: string) => {
    const option = new Option(spec.type === 'boolean' ? names : `${names} <value>`);
    if (spec.type === 'list')
      option.argParser((value: string, earlier: string[] | undefined) => [
        ...(earlier ?? []),
        value,
      ]);
    program.addOption(option);
  };
  add(spec.short === undefined ? longName(key) : `-${spec.short}, ${longName(key)}`);
  for (const alias of spec.aliases ?? []) add(`--${alias}`);
}

const camelCase = (name: string): string =>
  name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

function collected(program: Command, key: string, spec: AnyOptionSpec): unknown {
  const options: Readonly<Record<string, unknown>> = program.opts();
  if (isNegative(key)) return options[`${key.charAt(2).toLowerCase()}${key.slice(3)}`] === false;
  for (const name of [key, ...(spec.aliases ?? []).map(camelCase)]) {
    if (options[name] !== undefined) return options[name];
  }
  return undefined;
}

/** Commander's complaints, in our words and with our suggestion. */
function explain(error: CommanderError, specs: Readonly<Record<string, AnyOptionSpec>>): never {
  const quoted = /'([^']*)'/.exec(error.message)?.[1] ?? '';
  if (error.code === 'commander.optionMissingArgument')
    throw usageError(`${quoted.split(' <')[0]} needs a value.`);
  const guess = nearest(
    quoted,
    Object.entries(specs).flatMap(([key, spec]) => [
      longName(key),
      ...(spec.aliases ?? []).map((alias) => `--${alias}`),
    ]),
  );
  throw usageError(
    `There is no option '${quoted}' here.`,
    guess === undefined ? 'See the options with --help.' : `Did you mean '${guess}'?`,
  );
}

/**
 * Reads the words of one command.
 *
 * @param words - all of them but the command's name
 * @throws {SkahaError} command.usage for anything the command does not understand
 */
export function parse(
  entry: CommandEntry,
  definition: CommandDefinition,
  words: readonly string[],
): Parsed {
  const end = words.indexOf('--');
  const specs = allSpecs(definition);
  const program = new Command().helpOption(false).allowExcessArguments(true).exitOverride();
  program.configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
  program.argument('[words...]');
  program.showSuggestionAfterError(false);
  for (const [key, spec] of Object.entries(specs)) declare(program, key, spec);
  let verbosity = 0;
  program.on('option:verbose', () => {
    verbosity += 1;
  });
  try {
    program.parse(end < 0 ? [...words] : words.slice(0, end), { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) explain(error, specs);
    throw error;
  }
  const read: Record<string, unknown> = {};
  for (const [key, spec] of Object.entries(specs))
    read[key] = readOption(longName(key), spec, collected(program, key, spec));
  const after = end < 0 ? [] : words.slice(end + 1);
  const usage = usageLine(entry, definition);
  const values = readArguments(
    definition.arguments,
    definition.rest,
    { before: program.args, after },
    usage,
  );
  // A command's own option hides the common one of its name, as `wait --timeout` does.
  const common = Object.fromEntries(
    Object.entries(read).filter(([key]) => !Object.hasOwn(definition.options, key)),
  );
  return {
    values: { ...read, ...values },
    globals: readGlobals(common, verbosity),
    format: chooseFormat(read),
    assumeYes: definition.confirms === true && (read['yes'] === true || read['force'] === true),
  };
}
