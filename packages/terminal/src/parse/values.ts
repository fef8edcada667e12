import type { AnyOptionSpec, ArgumentSpec } from '../command-shape.js';
import { didYouMean } from '../nearest.js';
import { usageError } from '../usage.js';
import { formatDuration, parseDuration } from './duration.js';

/** Matches a value against the allowed ones without regard to case. */
export function readChoice(
  name: string,
  given: string,
  choices: readonly string[],
  forms: readonly string[] = [],
): string {
  const match = choices.find((choice) => choice.toLowerCase() === given.toLowerCase());
  if (match !== undefined) return match;
  const form = forms
    .map((each) => each.slice(0, each.indexOf('=') + 1))
    .find((start) => given.toLowerCase().startsWith(start));
  if (form !== undefined) return form + given.slice(form.length);
  const list = `Valid values: ${[...choices, ...forms].join(', ')}.`;
  throw usageError(
    `'${given}' is not a valid value for ${name}.`,
    didYouMean(given, choices, list),
  );
}

/**
 * Reads a whole number.
 *
 * @param name - of the option or argument
 * @param given - as typed
 * @param min - least value allowed
 * @param max - greatest value allowed
 * @throws {UsageError} `command.usage` naming the range
 */
export function readInteger(name: string, given: string, min: number, max: number): number {
  const value = /^[+-]?\d+(\.0+)?$/.test(given) ? Number(given) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  throw usageError(`${name} must be a whole number ${range}, not '${given}'.`);
}

function readDuration(name: string, given: string, min: number, max: number): number {
  const value = parseDuration(given);
  if (value !== undefined && value >= min && value <= max) return value;
  const range = `from ${formatDuration(min)} to ${formatDuration(max)}`;
  throw usageError(
    `${name} must be a time ${range}, not '${given}'.`,
    'Write a number of seconds, or a number with a unit: 90, 30s, 10m, 2h, 3d.',
  );
}

/**
 * Turns what was typed for an option into what `run` gets.
 *
 * @param name - as typed, for example `--replicas`
 * @param given - undefined when the option was not given
 * @throws {UsageError} `command.usage` naming the valid values
 */
export function readOption(name: string, spec: AnyOptionSpec, given: unknown): unknown {
  if (spec.type === 'boolean') return given === true;
  if (spec.type === 'list') return Array.isArray(given) ? given : [];
  if (typeof given !== 'string') return spec.default;
  if (spec.type === 'integer') return readInteger(name, given, spec.min, spec.max);
  if (spec.type === 'duration') return readDuration(name, given, spec.min, spec.max);
  return spec.choices === undefined ? given : readChoice(name, given, spec.choices, spec.forms);
}

/** What was given for the arguments of a command. */
export interface Words {
  /** Words that are no options, before `--`. */
  before: readonly string[];
  /** Words after `--`. */
  after: readonly string[];
}

function readArgument(spec: ArgumentSpec, given: string): string {
  const { choices, others, value } = spec;
  const passes = choices === undefined || others?.test(given) === true;
  return passes ? given : readChoice(value, given, choices);
}

/**
 * Assigns words to the arguments of a command.
 *
 * @param usage - shown as the hint when something is missing or too much
 * @throws {UsageError} `command.usage` for a missing, surplus or invalid word
 */
export function readArguments(
  specs: readonly ArgumentSpec[],
  rest: ArgumentSpec | undefined,
  words: Words,
  usage: string,
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  const queue = rest === undefined ? [...words.before, ...words.after] : [...words.before];
  for (const spec of specs) {
    const taken = queue.splice(0, spec.many === true ? queue.length : 1);
    if (spec.required === true && taken.length === 0)
      throw usageError(`${spec.value} is missing.`, `Usage: ${usage}`);
    const read = taken.map((word) => readArgument(spec, word));
    values[spec.key] = spec.many === true ? read : read[0];
  }
  if (rest !== undefined) values[rest.key] = [...queue, ...words.after];
  else if (queue[0] !== undefined)
    throw usageError(`'${queue[0]}' is one argument too many.`, `Usage: ${usage}`);
  return values;
}
