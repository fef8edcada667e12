import { usageLine } from '@skaha/terminal/help/usage-line.js';
import { didYouMean } from '@skaha/terminal/nearest.js';
import type { OutputFormat } from '@skaha/terminal/output/formats.js';
import type { OutputRequest } from '@skaha/terminal/output/request.js';
import { chooseOutput } from '@skaha/terminal/parse/format.js';
import { scan } from '@skaha/terminal/parse/scan.js';
import { allSpecs, longName } from '@skaha/terminal/parse/specs.js';
import { readArguments, readOption } from '@skaha/terminal/parse/values.js';
import { usageError } from '@skaha/terminal/usage.js';
import { SkahaError } from 'skaha';
import type { AnyOptionSpec, CommandDefinition, CommandEntry } from '../command.js';
import { fieldWords } from './filter.js';
import { type GlobalOptions, globalSpecs, readGlobals } from './globals.js';
import { optionHabit, volumeHabit, wordHabit } from './habits.js';

export interface Parsed {
  /** By key of the definition's options and arguments. */
  values: Readonly<Record<string, unknown>>;
  globals: GlobalOptions;
  format: OutputFormat;
  output: OutputRequest;
  assumeYes: boolean;
}

/** What `readOption` takes: the last value of an option that has only one. */
function collected(given: readonly string[] | undefined, { type }: AnyOptionSpec): unknown {
  if (given === undefined || type === 'list') return given;
  return type === 'boolean' ? true : given.at(-1);
}

const formatOptions = new Set(['--json', '--yaml', '--output', '-o', '--wide']);

/** An option that does not exist, with the one that was probably meant. */
function unknownOption(
  quoted: string,
  specs: Readonly<Record<string, AnyOptionSpec>>,
  { name }: CommandEntry,
): never {
  if (formatOptions.has(quoted.split('=', 1)[0] ?? '') && specs['output'] === undefined)
    throw new SkahaError(
      'output.unsupported_mode',
      `'skaha ${name}' does not print data in other formats, so it has no option '${quoted}'.`,
      { hint: 'Leave it out; programs can tell from the exit status how it went.' },
    );
  const habit = optionHabit(quoted, name);
  if (habit !== undefined) throw usageError(`There is no option '${quoted}' here.`, habit);
  const names = Object.entries(specs).flatMap(([key, spec]) => [
    longName(key),
    ...(spec.aliases ?? []).map((alias) => `--${alias}`),
  ]);
  const hint = didYouMean(quoted, names) ?? 'See the options with --help.';
  throw usageError(`There is no option '${quoted}' here.`, hint);
}

/** What would be read as something else than was meant, or refused without the next step. */
function refuseHabits(
  name: string,
  { arguments: known, rest }: CommandDefinition,
  words: readonly string[],
  others: readonly string[],
): void {
  const volume = name === 'create' ? volumeHabit(words) : undefined;
  if (volume !== undefined) throw usageError('Nothing can be mounted in a session.', volume);
  const surplus = rest === undefined && known.length === 0 ? others[0] : undefined;
  const habit = surplus === undefined ? undefined : wordHabit(surplus, name);
  if (habit !== undefined) throw usageError(`'${surplus}' is one argument too many.`, habit);
}

/**
 * Reads the words of one command.
 *
 * @throws {SkahaError} command.usage for anything the command does not understand
 */
export function parse(
  entry: CommandEntry,
  definition: CommandDefinition,
  words: readonly string[],
): Parsed {
  const end = words.indexOf('--');
  const specs = allSpecs(definition, globalSpecs);
  const before = end < 0 ? words : words.slice(0, end);
  const scanned = scan(before, specs, (name) => unknownOption(name, specs, entry));
  const read: Record<string, unknown> = {};
  for (const [key, spec] of Object.entries(specs))
    read[key] = readOption(longName(key), spec, collected(scanned.given.get(key), spec));
  const after = end < 0 ? [] : words.slice(end + 1);
  const usage = usageLine(`skaha ${entry.name}`, definition);
  refuseHabits(entry.name, definition, before, scanned.words);
  const values = readArguments(
    definition.arguments,
    definition.rest,
    { before: scanned.words, after },
    usage,
  );
  // A command's own option hides the common one of its name, as `wait --timeout` does.
  const common = Object.fromEntries(
    Object.keys(globalSpecs)
      .filter((key) => !Object.hasOwn(definition.options, key))
      .map((key) => [key, read[key]]),
  );
  const output = chooseOutput(read, definition, fieldWords);
  return {
    values: { ...read, ...values },
    globals: readGlobals(common, scanned.given.get('verbose')?.length ?? 0),
    format: output.format,
    output,
    assumeYes: definition.confirms === true && (read['yes'] === true || read['force'] === true),
  };
}
