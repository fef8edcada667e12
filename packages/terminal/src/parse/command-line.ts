import type { AnyOptionSpec, CommandShape } from '../command-shape.js';
import { usageLine } from '../help/layout.js';
import { didYouMean } from '../nearest.js';
import type { OutputRequest } from '../output/request.js';
import type { CommandEntry, Program } from '../program.js';
import { UsageError, usageError } from '../usage.js';
import { chooseOutput } from './format.js';
import { scan } from './scan.js';
import { allSpecs, longName, optionNames } from './specs.js';
import { readArguments, readOption } from './values.js';

/** What the words of one command say. */
export interface CommandLine {
  /** By key of the definition's options and arguments. */
  values: Readonly<Record<string, unknown>>;
  /** By key of the options of every command; a command's own option hides the one of its name. */
  common: Readonly<Record<string, unknown>>;
  /** The values of each option as they were typed, by key; `''` for each time a switch was given. */
  given: ReadonlyMap<string, readonly string[]>;
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
  program: Program,
  { name }: CommandEntry,
): never {
  if (formatOptions.has(quoted.split('=', 1)[0] ?? '') && specs['output'] === undefined)
    throw new UsageError(
      'output.unsupported_mode',
      `'${program.name} ${name}' does not print data in other formats, so it has no option '${quoted}'.`,
      { hint: 'Leave it out; programs can tell from the exit status how it went.' },
    );
  const names = Object.entries(specs)
    .flatMap(([key, spec]) => optionNames(key, spec))
    .filter((name) => name.startsWith('--'));
  const hint =
    program.optionHint(quoted, name) ?? didYouMean(quoted, names) ?? 'See the options with --help.';
  throw usageError(`There is no option '${quoted}' here.`, hint);
}

/**
 * Reads the words of one command.
 *
 * @throws {UsageError} `command.usage`, `output.conflict` or `output.unsupported_mode` for anything
 *   the command does not understand
 */
export function readCommandLine(
  program: Program,
  entry: CommandEntry,
  definition: CommandShape,
  words: readonly string[],
): CommandLine {
  const end = words.indexOf('--');
  const [before, after] = end < 0 ? [words, []] : [words.slice(0, end), words.slice(end + 1)];
  const specs = allSpecs(definition, program);
  const { given, words: others } = scan(before, specs, (name) =>
    unknownOption(name, specs, program, entry),
  );
  const read = Object.fromEntries(
    Object.entries(specs).map(([key, spec]) => [
      key,
      readOption(longName(key), spec, collected(given.get(key), spec)),
    ]),
  );
  program.checkWords(entry.name, before, others);
  const { arguments: known, rest } = definition;
  const usage = usageLine(`${program.name} ${entry.name}`, definition);
  const values = readArguments(known, rest, { before: others, after }, usage);
  const common = Object.keys(program.options).filter(
    (key) => !Object.hasOwn(definition.options, key),
  );
  return {
    values: { ...read, ...values },
    common: Object.fromEntries(common.map((key) => [key, read[key]])),
    given,
    output: chooseOutput(read, definition, program.fieldWords),
    assumeYes: definition.confirms === true && (read['yes'] === true || read['force'] === true),
  };
}
