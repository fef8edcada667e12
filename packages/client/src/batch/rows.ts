import { isRecord } from '@skaha/base/record.js';
import { ValidationError } from '../errors/index.js';

/** One row of parameters: variables by name. */
export type Row = Record<string, string>;

const wrong = (message: string) => new ValidationError([{ path: 'rows', message }]);

/**
 * Reads a table of parameters from comma-separated values (RFC 4180). The first line names the
 * columns; quoted values may contain commas, line breaks and doubled quotes. Empty cells are left
 * out, because the platform cannot pass on empty variables.
 *
 * @param text - the table
 * @returns one row for each line after the first; empty lines are skipped
 * @throws {ValidationError} `request.invalid` naming the line
 * @example
 * ```ts
 * import { parseCsv } from 'skaha/batch';
 *
 * console.log(parseCsv('BAND,YEAR\nr,1998\n')); // [ { BAND: 'r', YEAR: '1998' } ]
 * ```
 */
export function parseCsv(text: string): Row[] {
  const [header, ...lines] = csvLines(text.replace(/^\uFEFF/, ''));
  if (header === undefined) throw wrong('The table of parameters is empty.');
  const columns = header.cells.map((cell) => cell.trim());
  columns.forEach((column, index) => {
    if (column === '') throw wrong(`Column ${index + 1} of the table has no name.`);
    if (columns.indexOf(column) < index) throw wrong(`Two columns are called ${column}.`);
  });
  return lines.map(({ cells, line }) => {
    if (cells.length !== columns.length) {
      throw wrong(
        `Line ${line} has ${cells.length} values, but there are ${columns.length} columns.`,
      );
    }
    const pairs = columns.map((column, index): [string, string] => [column, cells[index] ?? '']);
    return Object.fromEntries(pairs.filter(([, value]) => value !== ''));
  });
}

interface CsvLine {
  cells: string[];
  /** From 1. */
  line: number;
}

const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/y;

function csvLines(text: string): CsvLine[] {
  const lines: CsvLine[] = [];
  let cells: string[] = [];
  let line = 1;
  let start = 1;
  cell.lastIndex = 0;
  while (cell.lastIndex < text.length || cells.length > 0) {
    const match = cell.exec(text);
    if (match === null) throw wrong(`Line ${line} has a quote in the wrong place.`);
    const [all, quoted, bare = '', end = ''] = match;
    cells.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'));
    line += all.match(/\r\n|\n|\r/g)?.length ?? 0;
    if (end === ',') continue;
    if (cells.length > 1 || cells[0] !== '') lines.push({ cells, line: start });
    cells = [];
    start = line;
    if (end === '') break;
  }
  return lines;
}

/**
 * Reads a table of parameters from JSON Lines: one object of strings, numbers and booleans per
 * line. Numbers are kept as written, for example `1.10` and `12345678901234567890`. Null and empty
 * strings are left out, because the platform cannot pass on empty variables.
 *
 * @param text - the table
 * @returns one row for each line; empty lines are skipped
 * @throws {ValidationError} `request.invalid` naming the line
 */
export function parseJsonLines(text: string): Row[] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .flatMap((line, index) => (line.trim() === '' ? [] : [jsonRow(line, index + 1)]));
}

/** One name and its value, from where the last one ended. */
const pair = /\s*("(?:[^"\\]|\\.)*")\s*:\s*("(?:[^"\\]|\\.)*"|[^\s,}"]+)\s*[,}]/y;

/** A number stays the text that it is: to read and print it could make another of it. */
function jsonRow(text: string, line: number): Row {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong(`Line ${line} is not JSON; note that numbers such as 007 and .5 need quotes.`);
  }
  const where = `Line ${line}`;
  rowOf(value, where);
  const found = new Map<string, unknown>();
  pair.lastIndex = text.indexOf('{') + 1;
  for (let next = pair.exec(text); next !== null; next = pair.exec(text)) {
    const [, name = '', source = ''] = next;
    const key: unknown = JSON.parse(name);
    if (typeof key !== 'string') continue;
    if (found.has(key)) throw wrong(`${where} contains ${key} twice.`);
    found.set(key, source.startsWith('"') || source === 'null' ? JSON.parse(source) : source);
  }
  return rowOf(Object.fromEntries(found), where);
}

/**
 * Converts an object of names and values to a row.
 *
 * @param value - as it was read
 * @param where - the line or row, for errors
 * @throws {ValidationError} `request.invalid` with the value that is not text, a number, true or false
 * @example
 * ```ts
 * import { rowOf } from 'skaha/batch';
 *
 * console.log(rowOf({ BAND: 'r', SEED: 4 }, 'Row 1')); // { BAND: 'r', SEED: '4' }
 * ```
 */
export function rowOf(value: unknown, where: string): Row {
  if (!isRecord(value)) throw wrong(`${where} is not an object.`);
  const pairs = Object.entries(value).filter(([, cell]) => cell !== null && cell !== '');
  return Object.fromEntries(
    pairs.map(([name, cell]): [string, string] => {
      if (!['string', 'number', 'boolean'].includes(typeof cell)) {
        throw wrong(`${where}: the value of ${name} must be text, a number, true or false.`);
      }
      return [name, String(cell)];
    }),
  );
}
