import { ValidationError, type ValidationIssue } from '../errors/index.js';
import type { BatchSpec, RowValue } from './types.js';

/** The largest number of items in a batch. */
export const maximumItems = 10_000;

/** What makes one item differ from the others. */
export interface PlannedItem {
  /** From 1. */
  index: number;
  /** Variables of this item only. */
  env: Readonly<Record<string, string>>;
}

/** The name of the session of one item, of this many. */
export const nameOf = ({ name }: Pick<BatchSpec, 'name'>, index: number, total: number): string =>
  total === 1 ? name : `${name}-${index}`;

const issue = (path: string, message: string) => new ValidationError([{ path, message }]);

/**
 * Reads the values of a job array.
 *
 * @param text - numbers and ranges with an optional step, for example `0-99`, `1,5,9-12`, `0-100:10`
 * @returns the values in the order they were written
 * @throws {ValidationError} `request.invalid`
 * @example
 * ```ts
 * import { parseArray } from 'skaha/batch';
 *
 * console.log(parseArray('1,5,8-10')); // [ 1, 5, 8, 9, 10 ]
 * ```
 */
export function parseArray(text: string): number[] {
  const values: number[] = [];
  for (const part of text.split(',')) {
    const match = /^\s*(\d{1,9})(?:-(\d{1,9})(?::(\d{1,9}))?)?\s*$/.exec(part);
    if (match === null) {
      throw issue('array', `${JSON.stringify(part.slice(0, 60))} is neither a number nor a range.`);
    }
    const first = Number(match[1]);
    const last = Number(match[2] ?? first);
    const step = Number(match[3] ?? 1);
    if (last < first) throw issue('array', `The range ${part.trim()} runs backwards.`);
    if (step < 1) throw issue('array', `The step of the range ${part.trim()} must be at least 1.`);
    for (let value = first; value <= last; value += step) {
      if (values.length >= maximumItems) throw tooMany('array');
      values.push(value);
    }
  }
  return values;
}

const tooMany = (path: string) =>
  issue(path, `A batch can have at most ${maximumItems.toLocaleString('en')} sessions.`);

/**
 * The items of a batch, in order.
 *
 * @param spec - what to launch
 * @throws {ValidationError} `request.invalid` if there is none, too many, or a value twice
 */
export function itemsOf(spec: BatchSpec): PlannedItem[] {
  const { replicas, array, rows } = spec;
  const given = [replicas, array, rows].filter((one) => one !== undefined).length;
  if (given > 1) throw issue('replicas', 'Give only one of replicas, array and rows.');
  if (rows !== undefined) return rowItems(rows);
  if (array !== undefined) return arrayItems(array);
  const total = replicas ?? 1;
  if (!Number.isInteger(total) || total < 1) {
    throw issue('replicas', `replicas must be a whole number of at least 1, not ${total}.`);
  }
  if (total > maximumItems) throw tooMany('replicas');
  return Array.from({ length: total }, (_, position) => ({ index: position + 1, env: {} }));
}

function arrayItems(array: readonly number[] | string): PlannedItem[] {
  const values = typeof array === 'string' ? parseArray(array) : array;
  if (values.length === 0) throw issue('array', 'The array has no values.');
  if (values.length > maximumItems) throw tooMany('array');
  const seen = new Set<number>();
  return values.map((value, position) => {
    if (!Number.isSafeInteger(value)) throw issue('array', `${value} is not a whole number.`);
    if (seen.has(value)) throw issue('array', `The value ${value} is in the array twice.`);
    seen.add(value);
    return { index: position + 1, env: { ARRAY_INDEX: String(value) } };
  });
}

function rowItems(rows: NonNullable<BatchSpec['rows']>): PlannedItem[] {
  if (rows.length === 0) throw issue('rows', 'There are no rows of parameters.');
  if (rows.length > maximumItems) throw tooMany('rows');
  return rows.map((row, position) => ({ index: position + 1, env: textRow(row, position) }));
}

const isText = (row: Readonly<Record<string, RowValue>>): row is Readonly<Record<string, string>> =>
  Object.values(row).every((value) => typeof value === 'string');

/** The variables of a row: each value as the text that it was written as. */
function textRow(
  row: Readonly<Record<string, RowValue>>,
  position: number,
): Readonly<Record<string, string>> {
  if (isText(row)) return row;
  const pairs = Object.entries(row).map(([name, value]): [string, string] => {
    const problem = valueProblem(value);
    if (problem === undefined) return [name, Object.is(value, -0) ? '-0' : String(value)];
    throw issue(`rows.${position}.${name}`, `Row ${position + 1}: the value of ${name} ${problem}`);
  });
  return Object.fromEntries(pairs);
}

function valueProblem(value: unknown): string | undefined {
  if (!['bigint', 'boolean', 'number', 'string'].includes(typeof value))
    return 'must be text, a number, true or false.';
  if (typeof value !== 'number') return undefined;
  if (!Number.isFinite(value)) return `is ${value}, which is not a number.`;
  return Number.isInteger(value) && !Number.isSafeInteger(value)
    ? 'has more digits than a number can represent: write it as text or a bigint.'
    : undefined;
}

/** Says of issues in which row they are. */
export function inRow(issues: readonly ValidationIssue[], index: number): ValidationIssue[] {
  return issues.map(({ path, message }) => ({
    path: `rows.${index - 1}.${path}`,
    message: `Row ${index}: ${message}`,
  }));
}
