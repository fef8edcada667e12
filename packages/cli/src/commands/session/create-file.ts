import type { Io } from '@skaha/terminal/io.js';
import { nearest } from '@skaha/terminal/nearest.js';
import { longName } from '@skaha/terminal/parse/specs.js';
import { readOption } from '@skaha/terminal/parse/values.js';
import { usageError } from '@skaha/terminal/usage.js';
import { isRecord } from 'skaha/internal/models/session.js';
import type { AnyOptionSpec } from '../../command.js';
import type { Deps } from '../../deps.js';
import { readText } from '../../text-file.js';
import { createCommand } from './create.js';
import type { ManyOptions } from './create-batch.js';
import type { CreateCommandOptions } from './create-prepare.js';
import { readRequests } from './create-requests.js';
import { readWritten } from './written.js';

/** Options that are about this one call and not about what is launched. */
const notInFiles = new Set([
  ...['file', 'dryRun', 'details', 'progress', 'notify', 'registryUser', 'registrySecretStdin'],
]);

const specs = new Map<string, AnyOptionSpec>(
  Object.entries(createCommand.options)
    .filter(([key]) => !notInFiles.has(key))
    .map(([key, spec]) => [longName(key).slice(2), spec]),
);
const keys = ['kind', 'image', 'command', ...specs.keys()];

const camelCase = (name: string): string =>
  name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

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
  value === null ? "a text or a number; null is none, '~' in quotes a text" : 'a text or a number';

function words(key: string, value: unknown, where: string): string[] {
  if (typeof value === 'string') return value.split(/\s+/).filter((word) => word !== '');
  if (Array.isArray(value) && value.every(isScalar)) return value.map(String);
  return wrongValue(key, where, 'a text or a list of words');
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

function readValue(key: string, value: unknown, where: string): unknown {
  if (key === 'command') return words(key, value, where);
  const spec = specs.get(key);
  if (spec?.type === 'list') return list(key, value, where);
  if (spec?.type === 'boolean') {
    const truth = typeof value === 'string' ? truths[value] : value;
    return typeof truth === 'boolean' ? truth : wrongValue(key, where, 'true or false');
  }
  if (!isScalar(value)) return wrongValue(key, where, 'a text or a number');
  return spec === undefined ? String(value) : readOption(`${where}: ${key}`, spec, String(value));
}

/**
 * Reads one launch from its document.
 *
 * @param where - for errors
 * @returns options by their keys
 * @throws {SkahaError} command.usage naming what is wrong
 */
export function readDocument(value: unknown, where: string): Record<string, unknown> {
  if (!isRecord(value))
    throw usageError(
      `${where} is not a list of options with values.`,
      'Write for example name: fit.',
    );
  const read: Record<string, unknown> = {};
  for (const [key, content] of Object.entries(value)) {
    if (!keys.includes(key)) {
      const guess = nearest(key, keys);
      const hint =
        guess === undefined ? `Valid keys: ${keys.join(', ')}.` : `Did you mean '${guess}'?`;
      throw usageError(`${where}: there is no option '${key}'.`, hint);
    }
    if (content !== null) read[camelCase(key)] = readValue(key, content, where);
  }
  return read;
}

/** One launch of a file. */
export type Specification = CreateCommandOptions & Pick<ManyOptions, 'rows'>;

/** What was given on the command line wins; lists are added to those of the file. */
export function merge(
  given: CreateCommandOptions,
  document: Readonly<Record<string, unknown>>,
): CreateCommandOptions {
  const merged: Record<string, unknown> = { ...document };
  for (const [key, value] of Object.entries(given)) {
    const known = merged[key];
    if (Array.isArray(value) && key !== 'command') {
      merged[key] = [...(Array.isArray(known) ? known : []), ...value];
    } else if (value === undefined || value === false || (Array.isArray(value) && !value.length)) {
      merged[key] = known ?? value;
    } else merged[key] = value;
  }
  // The values come from the same declarations as those of the command line.
  return merged as unknown as CreateCommandOptions;
}

/**
 * Reads a specification: one YAML document for each launch, with the long names of the options as
 * keys, or the list of requests that a dry run printed.
 *
 * @param given - what the command line says
 * @param path - of the file; `-` is standard input
 * @returns the options of each launch
 * @throws {SkahaError} command.usage naming what is wrong, and where
 */
export async function readSpecification(
  io: Io,
  deps: Deps,
  given: CreateCommandOptions,
  path: string,
): Promise<Specification[]> {
  const source = path === '-' ? 'Standard input' : path;
  const text = path === '-' ? await io.readAll() : await readText(deps, path, '-f');
  const values = (await readWritten(text, source)).filter((one) => one !== null);
  if (values.length === 0) throw usageError(`${source} holds nothing to launch.`);
  return values.flatMap((value, index): Specification[] => {
    const where = values.length === 1 ? source : `${source}, document ${index + 1}`;
    if (!Array.isArray(value)) return [merge(given, readDocument(value, where))];
    return readRequests(value, where).map(({ rows, ...document }) => {
      return { ...merge(given, document), rows };
    });
  });
}
