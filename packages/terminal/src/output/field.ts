import { nearest } from '../nearest.js';
import { usageError } from '../usage.js';

/** What one item of a command's data holds. */
export interface DataFields {
  /** In the order in which they are printed. */
  names: readonly string[];
  /** Other words for some of them, for example `kind` for `type`. */
  aliases?: Readonly<Record<string, string>> | undefined;
  /** True when a server may send fields that nobody knows yet. */
  open?: boolean | undefined;
}

/** One field of each item, as the user asked for it. */
export interface Field {
  /** As typed: the key in documents, and in capitals the heading in tables. */
  name: string;
  path: readonly string[];
  /** False when only the data shows whether there is such a field. */
  isCertain: boolean;
}

const listed = (names: readonly string[]): string => `Valid fields: ${names.join(', ')}.`;

function unknownField(given: string, { names, aliases }: DataFields): never {
  const guess = nearest(given, [...names, ...Object.keys(aliases ?? {})]);
  throw usageError(
    `There is no field '${given}'.`,
    guess === undefined || guess === given
      ? listed(names)
      : `Did you mean '${guess}'? ${listed(names)}`,
  );
}

/**
 * Reads the name of a field: `status`, or with dots for one inside another: `error.code`.
 *
 * @param text - as typed
 * @param known - what the command's data holds; undefined when only the data shows it
 * @throws {UsageError} `command.usage` naming the fields there are
 */
export function readField(text: string, known: DataFields | undefined): Field {
  const name = text.trim().replace(/^\./, '');
  const [root = '', ...inner] = name.split('.');
  if (root === '' || inner.includes(''))
    throw usageError(`'${text}' is not the name of a field.`, known && listed(known.names));
  const same = (other: string) => other.toLowerCase() === root.toLowerCase();
  const alias = Object.entries(known?.aliases ?? {}).find(([other]) => same(other))?.[1];
  const found = known?.names.includes(root) ? root : (known?.names.find(same) ?? alias);
  if (found === undefined && known !== undefined && known.open !== true) unknownField(root, known);
  return { name, path: [found ?? root, ...inner], isCertain: found !== undefined };
}

/** Reads names of fields with commas between them. */
export const readFields = (text: string, known: DataFields | undefined): Field[] =>
  text.split(',').map((name) => readField(name, known));

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** What an item holds at a path; undefined where it leads nowhere. */
export function valueAt(item: unknown, path: readonly string[]): unknown {
  let value = item;
  for (const name of path) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

/**
 * Refuses fields that no item has.
 *
 * @param fields - those that were asked for
 * @param items - the data
 * @throws {UsageError} `command.usage` naming the fields there are
 */
export function checkFields(
  fields: readonly Field[],
  items: readonly unknown[],
  known: DataFields | undefined,
): void {
  const doubtful = fields.filter(({ isCertain }) => !isCertain);
  if (doubtful.length === 0 || items.length === 0) return;
  const names = new Set(known?.names);
  for (const item of items)
    if (isObject(item)) for (const name of Object.keys(item)) names.add(name);
  for (const { path } of doubtful) {
    const [root = ''] = path;
    if (!names.has(root)) unknownField(root, { names: [...names], aliases: known?.aliases });
  }
}

const isPlain = (value: unknown): boolean => !isObject(value);

/** A value as text on one line: lists with commas, what is nested deeper as JSON, null as nothing. */
export function fieldText(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value) && value.every(isPlain)) return value.map(fieldText).join(',');
  return isObject(value) ? JSON.stringify(value) : String(value);
}

/** An item for programs: the fields that its command declares, null where it has none. */
export const documentOf = ({ names }: DataFields, item: object): Record<string, unknown> =>
  Object.fromEntries(names.map((name) => [name, Reflect.get(item, name) ?? null]));

/** An item with nothing but some fields, null where it has none. */
export const project = (item: unknown, fields: readonly Field[]): Record<string, unknown> =>
  Object.fromEntries(fields.map(({ name, path }) => [name, valueAt(item, path) ?? null]));
