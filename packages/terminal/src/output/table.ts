import type { Io } from '../io.js';
import type { Ink } from './style.js';
import { type Cut, pad, plain, truncate, width, wrap } from './text.js';

/** One column of a table. */
export interface Column<Row> {
  header: string;
  value: (row: Row) => string;
  align?: 'left' | 'right' | undefined;
  /** Least width when the terminal is narrow; a column without it is never shortened. */
  shrinkTo?: number | undefined;
  /** Where text is cut off when it is shortened. @defaultValue `end` */
  cut?: Cut | undefined;
  /** Broken into several lines where it is too long, rather than cut off. */
  wraps?: boolean | undefined;
  /** May be left out where even the least widths are too many; the largest number goes first. */
  dropFirst?: number | undefined;
  ink?: ((row: Row) => Ink | undefined) | undefined;
}

/** A column: its heading, what stands in it, and what else is to be known about it. */
export const column = <Row>(
  header: string,
  value: (row: Row) => string,
  more: Omit<Column<Row>, 'header' | 'value'> = {},
): Column<Row> => ({ header, value, ...more });

/** A column of numbers, or of texts that stand like numbers; `-` for what is not known. */
export const numberColumn = <Row>(
  header: string,
  value: (row: Row) => number | string | null | undefined,
  more: Omit<Column<Row>, 'align' | 'header' | 'value'> = {},
): Column<Row> => column(header, (row) => `${value(row) ?? '-'}`, { ...more, align: 'right' });

const gap = '  ';

/** Less than this says nothing beside a name. */
const lastRoom = 20;

/** Least width of a column that was not meant to be shortened, where nothing else helps. */
const lastResort = 6;

const total = (widths: readonly number[]): number =>
  widths.reduce((sum, each) => sum + each, gap.length * (widths.length - 1));

/** Takes from the widest shrinkable columns until the row fits, or nothing more can be taken. */
function fit(
  wanted: readonly number[],
  least: readonly (number | undefined)[],
  available: number,
): number[] {
  const widths = [...wanted];
  let excess = total(widths) - available;
  while (excess > 0) {
    let widest = -1;
    for (const [index, current] of widths.entries()) {
      const minimum = least[index];
      if (minimum === undefined || current <= minimum) continue;
      if (widest < 0 || current > (widths[widest] ?? 0)) widest = index;
    }
    if (widest < 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess -= 1;
  }
  return widths;
}

/** A column with its texts and the widths it may take. */
interface Laid<Row> {
  column: Column<Row>;
  cells: readonly string[];
  wanted: number;
  least: number | undefined;
}

function lay<Row>(column: Column<Row>, rows: readonly Row[], headers: boolean): Laid<Row> {
  const cells = rows.map((row) => plain(column.value(row)));
  const head = headers ? width(column.header) : 0;
  const wanted = cells.reduce((most, cell) => Math.max(most, width(cell)), head);
  const least = column.shrinkTo === undefined ? undefined : Math.max(column.shrinkTo, head);
  return { column, cells, wanted, least };
}

/** Leaves out what matters least while the rest cannot be made to fit. */
function droppedToFit<Row>(columns: readonly Laid<Row>[], available: number): Laid<Row>[] {
  const kept = [...columns];
  for (;;) {
    const least = kept.map(({ wanted, least }) => Math.min(wanted, least ?? wanted));
    const order = kept.map(({ column }) => column.dropFirst ?? 0);
    const first = Math.max(0, ...order);
    if (first === 0 || total(least) <= available) return kept;
    kept.splice(order.indexOf(first), 1);
  }
}

/** The width of each column on a terminal; what a row is known by is never shortened. */
function widthsFor<Row>(columns: readonly Laid<Row>[], available: number): number[] {
  const widths = fit(
    columns.map(({ wanted }) => wanted),
    columns.map(({ least }) => least),
    available,
  );
  const key = columns.findIndex(({ column }) => column.header !== '');
  const least = columns.map(({ column: { header, shrinkTo } }, index) => {
    if (shrinkTo !== undefined || index <= key || header === 'ID') return undefined;
    return Math.max(lastResort, width(header));
  });
  return fit(widths, least, available);
}

/** A text on lines of at most this many columns. */
function broken(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const line of wrap(text, columns)) {
    let rest = line;
    while (width(rest) > columns) {
      // A character may be wider than its column, and of two units.
      const head = truncate(rest, columns + 1).slice(0, -1) || Array.from(rest)[0] || rest;
      lines.push(head);
      rest = rest.slice(head.length);
    }
    lines.push(rest);
  }
  return lines;
}

/** What a table needs to know about where it is shown. */
export type TableIo = Pick<Io, 'isTty' | 'columns' | 'style' | 'output'>;

/**
 * Lays rows out in columns under a header. On a terminal the table fits its width; in a pipe
 * nothing is ever cut off.
 *
 * @returns text that ends in a line end; only the header when there are no rows
 */
export function table<Row>(
  io: TableIo,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): string {
  const headers = io.output?.headers !== false;
  const all = columns.map((column) => lay(column, rows, headers));
  const shown = io.isTty ? droppedToFit(all, io.columns) : all;
  const widths = io.isTty ? widthsFor(shown, io.columns) : shown.map(({ wanted }) => wanted);
  const layOut = (texts: readonly string[], paint: (text: string, index: number) => string) =>
    shown
      .map(({ column: { align, cut } }, index) => {
        const size = widths[index] ?? 0;
        const cell = truncate(texts[index] ?? '', size, cut);
        const padded = pad(cell, size, align === 'right' ? 'left' : 'right');
        return padded.replace(cell, () => paint(cell, index));
      })
      .join(gap)
      .trimEnd();
  const names = shown.map(({ column }) => column.header);
  const header = headers ? [layOut(names, (text) => io.style('dim', text))] : [];
  const lines = rows.flatMap((row, position) => {
    const texts = shown.map(({ column, cells }, index) => {
      const cell = cells[position] ?? '';
      return column.wraps === true ? broken(cell, Math.max(1, widths[index] ?? 0)) : [cell];
    });
    const height = texts.reduce((most, { length }) => Math.max(most, length), 1);
    return Array.from({ length: height }, (_, line) =>
      layOut(
        texts.map((each) => each[line] ?? ''),
        (text, index) => {
          const ink = shown[index]?.column.ink?.(row);
          return ink === undefined ? text : io.style(ink, text);
        },
      ),
    );
  });
  return [...header, ...lines].map((line) => `${line}\n`).join('');
}

/**
 * Lays out names and values, one pair a line; pairs without a value are left out.
 *
 * @returns text that ends in a line end
 */
export function fields(
  io: Pick<Io, 'style'> & Partial<Pick<Io, 'columns' | 'isTty'>>,
  pairs: readonly (readonly [name: string, value: string | undefined])[],
): string {
  const shown = pairs.filter(([, value]) => value !== undefined && value !== '');
  const names = Math.max(0, ...shown.map(([name]) => width(name)));
  const indent = `\n${' '.repeat(names)}${gap}`;
  const room = Math.max(lastRoom, (io.columns ?? 0) - names - gap.length);
  return shown
    .map(([name, value = '']) => {
      const lines = io.isTty === true ? wrap(value, room) : [value];
      return `${io.style('dim', pad(name, names))}${gap}${lines.join(indent)}\n`;
    })
    .join('');
}
