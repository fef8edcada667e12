import { usageError } from '../usage.js';
import { type DataFields, type Field, readField, valueAt } from './field.js';

/** What a list is sorted by. */
export interface SortKey {
  field: Field;
  isDescending: boolean;
}

/**
 * Reads `startTime`, `-startTime` or `startTime:desc`, or several of them with commas.
 *
 * @param text - as typed
 * @param known - what the command's data holds
 * @throws {UsageError} `command.usage` when there is no such field
 */
export function readSortKeys(text: string, known: DataFields | undefined): SortKey[] {
  return text.split(',').map((part) => {
    const [name = '', direction, more] = part.trim().replace(/^[-+]/, '').split(':');
    if (more !== undefined || (direction !== undefined && !/^(asc|desc)$/i.test(direction)))
      throw usageError(`'${part}' is not a sort order.`, 'Write FIELD, -FIELD or FIELD:desc.');
    const isDescending = part.trim().startsWith('-') || direction?.toLowerCase() === 'desc';
    return { field: readField(name, known), isDescending };
  });
}

const units = 'kmgtp';

/** A number, or an amount with a unit such as `512M` or `2 GiB`; undefined for other texts. */
function magnitude(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  if (typeof value !== 'string') return undefined;
  const match = /^(-?\d+(?:\.\d+)?)\s*(?:([kmgtp])i?b?)?$/i.exec(value.trim());
  if (match === null) return undefined;
  const power = match[2] === undefined ? 0 : units.indexOf(match[2].toLowerCase()) + 1;
  return Number(match[1]) * 1024 ** power;
}

const isMissing = (value: unknown): boolean =>
  value === undefined || value === null || value === '';

/** Fields that look like numbers but count up differently: 1.9, 1.10. */
const versions = new Set(['tag', 'version']);

type Compare = (left: unknown, right: unknown) => number;

const byAmount: Compare = (left, right) => (magnitude(left) ?? 0) - (magnitude(right) ?? 0);
const byText: Compare = (left, right) =>
  String(left).localeCompare(String(right), 'en', { numeric: true, sensitivity: 'base' });

/** Amounts are compared as such where all values are amounts, so that there is one order. */
function comparison({ path }: Field, values: readonly unknown[]): Compare {
  if (versions.has(path.at(-1) ?? '')) return byText;
  const isAmount = values.every((value) => isMissing(value) || magnitude(value) !== undefined);
  return isAmount ? byAmount : byText;
}

/**
 * Puts items in order; those without the field come last either way, and what is equal stays in
 * the order it had.
 *
 * @param items - left as they are
 * @param documentOf - what holds the fields of an item
 */
export function sorted<Item>(
  items: readonly Item[],
  keys: readonly SortKey[],
  documentOf: (item: Item) => unknown,
): Item[] {
  const orders = keys.map(({ field, isDescending }) => {
    const values = new Map(items.map((item) => [item, valueAt(documentOf(item), field.path)]));
    return { values, isDescending, compare: comparison(field, [...values.values()]) };
  });
  return [...items].sort((left, right) => {
    for (const { values, isDescending, compare } of orders) {
      const [a, b] = [values.get(left), values.get(right)];
      if (isMissing(a) || isMissing(b)) {
        if (isMissing(a) !== isMissing(b)) return isMissing(a) ? 1 : -1;
        continue;
      }
      const order = compare(a, b);
      if (order !== 0) return isDescending ? -order : order;
    }
    return 0;
  });
}
