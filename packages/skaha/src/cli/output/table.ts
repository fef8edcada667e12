import type { Io } from '../io.js';
import type { Ink } from './style.js';
import { type Cut, pad, plain, truncate, width } from './text.js';

/** One column of a table. */
export interface Column<Row> {
  header: string;
  value: (row: Row) => string;
  align?: 'left' | 'right' | undefined;
  /** Least width when the terminal is narrow; a column without it is never shortened. */
  shrinkTo?: number | undefined;
  /** Where text is cut off when it is shortened. @defaultValue `end` */
  cut?: Cut | undefined;
  ink?: ((row: Row) => Ink | undefined) | undefined;
}

const gap = '  ';

/** Takes from the widest shrinkable columns until the row fits, or nothing more can be taken. */
function fit(
  wanted: readonly number[],
  least: readonly (number | undefined)[],
  available: number,
): number[] {
  const widths = [...wanted];
  let excess =
    widths.reduce((sum, each) => sum + each, gap.length * (widths.length - 1)) - available;
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

/**
 * Lays rows out in columns under a header. On a terminal the table fits its width; in a pipe
 * nothing is ever cut off.
 *
 * @returns text that ends in a line end; only the header when there are no rows
 */
export function table<Row>(
  io: Pick<Io, 'isTty' | 'columns' | 'style'>,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): string {
  const cells = rows.map((row) => columns.map((column) => plain(column.value(row))));
  const wanted = columns.map((column, index) =>
    Math.max(width(column.header), ...cells.map((line) => width(line[index] ?? ''))),
  );
  const least = columns.map((column) =>
    column.shrinkTo === undefined ? undefined : Math.max(column.shrinkTo, width(column.header)),
  );
  const widths = io.isTty ? fit(wanted, least, io.columns) : wanted;
  const layOut = (line: readonly string[], paint: (text: string, index: number) => string) =>
    columns
      .map(({ align, cut }, index) => {
        const size = widths[index] ?? 0;
        const cell = truncate(line[index] ?? '', size, cut);
        const padded = pad(cell, size, align === 'right' ? 'left' : 'right');
        return padded.replace(cell, () => paint(cell, index));
      })
      .join(gap)
      .trimEnd();
  const header = layOut(
    columns.map((column) => column.header),
    (text) => io.style('dim', text),
  );
  const lines = rows.map((row, position) =>
    layOut(cells[position] ?? [], (text, index) => {
      const ink = columns[index]?.ink?.(row);
      return ink === undefined ? text : io.style(ink, text);
    }),
  );
  return [header, ...lines].map((line) => `${line}\n`).join('');
}

/**
 * Lays out names and values, one pair a line; pairs without a value are left out.
 *
 * @returns text that ends in a line end
 */
export function fields(
  io: Pick<Io, 'style'>,
  pairs: readonly (readonly [name: string, value: string | undefined])[],
): string {
  const shown = pairs.filter(([, value]) => value !== undefined && value !== '');
  const names = Math.max(0, ...shown.map(([name]) => width(name)));
  return shown
    .map(([name, value]) => `${io.style('dim', pad(name, names))}${gap}${value}\n`)
    .join('');
}
