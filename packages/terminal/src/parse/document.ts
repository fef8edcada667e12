import { isRecord } from '@skaha/base/record.js';
import type { AnyOptionSpec, CommandShape } from '../command-shape.js';
import { didYouMean } from '../nearest.js';
import { usageError } from '../usage.js';
import { longName } from './specs.js';
import { readOption } from './values.js';

const isScalar = (value: unknown): value is boolean | number | string =>
  ['boolean', 'number', 'string'].includes(typeof value);

/** The other spellings that YAML has; a text in quotes is the same to us. */
const truths: Readonly<Record<string, boolean>> = {
  True: true,
  TRUE: true,
  False: false,
  FALSE: false,
};

function wrongValue(key: string, where: string, expected: string): never {
  throw usageError(`${where}: the value of ${key} must be ${expected}.`, 'Correct the file.');
}

const expected = (value: unknown): string =>
  value === null
    ? "text or a number; null means none, and '~' in quotes is text"
    : 'text or a number';

function wordList(key: string, value: unknown, where: string): string[] {
  if (typeof value === 'string') return value.split(/\s+/).filter((word) => word !== '');
  if (Array.isArray(value) && value.every(isScalar)) return value.map(String);
  return wrongValue(key, where, 'text or a list of arguments');
}

function list(key: string, value: unknown, where: string): string[] {
  if (isRecord(value)) {
    return Object.entries(value).map(([name, one]) =>
      isScalar(one) ? `${name}=${one}` : wrongValue(`${key}.${name}`, where, expected(one)),
    );
  }
  const items: unknown[] = Array.isArray(value) ? value : [value];
  return items.every(isScalar)
    ? items.map(String)
    : wrongValue(key, where, 'a list of texts, or names with values');
}

function readValue(key: string, value: unknown, where: string, spec?: AnyOptionSpec): unknown {
  if (spec?.type === 'list') return list(key, value, where);
  if (spec?.type === 'boolean') {
    const truth = typeof value === 'string' ? truths[value] : value;
    return typeof truth === 'boolean' ? truth : wrongValue(key, where, 'true or false');
  }
  if (!isScalar(value)) return wrongValue(key, where, 'text or a number');
  return spec === undefined ? String(value) : readOption(`${where}: ${key}`, spec, String(value));
}

/**
 * Reads the arguments and options of a command from a document, whose keys are those of the arguments
 * and the long names of the options; null counts as not given.
 *
 * @param where - what to call the document in error messages
 * @returns by the keys of arguments and options
 * @throws {UsageError} `command.usage` naming what is wrong
 */
export function readDocument(
  document: Readonly<Record<string, unknown>>,
  where: string,
  { arguments: single, rest, options }: Pick<CommandShape, 'arguments' | 'options' | 'rest'>,
): Record<string, unknown> {
  const specs = new Map(
    Object.entries(options).map(([option, spec]) => [longName(option).slice(2), { option, spec }]),
  );
  const words = [...single, ...(rest === undefined ? [] : [rest])];
  const keys = [...words.map(({ key }) => key), ...specs.keys()];
  const read: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(document)) {
    if (!keys.includes(key)) {
      const hint = didYouMean(key, keys) ?? `Valid keys: ${keys.join(', ')}.`;
      throw usageError(`${where}: there is no option '${key}'.`, hint);
    }
    if (value === null) continue;
    const { option = key, spec } = specs.get(key) ?? {};
    const isRest = key === rest?.key;
    read[option] = isRest ? wordList(key, value, where) : readValue(key, value, where, spec);
  }
  return read;
}
