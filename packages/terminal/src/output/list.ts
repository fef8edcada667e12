import { type Io, isMachine, note } from '../io.js';
import { checkFields } from './field.js';
import { meets } from './filter.js';
import { type RenderIo, renderPaged, toText, type View } from './render.js';
import { plainRequest } from './request.js';
import { sorted } from './sort.js';
import { type Column, table } from './table.js';

/** A list in all the forms it can be printed in. */
export interface ListView<Row> {
  rows: readonly Row[];
  /** One row for programs: plain values only, field names are a promise. */
  document: (row: Row) => Readonly<Record<string, unknown>>;
  /** For people. */
  columns: readonly Column<Row>[] | ((rows: readonly Row[]) => readonly Column<Row>[]);
  /** For `-q` and `-o name`. */
  name?: ((row: Row) => string) | undefined;
}

type ListIo = RenderIo & Pick<Io, 'isTty' | 'columns' | 'style'>;

/** The rows that the user asked for, in the order the user asked for. */
function select<Row>(io: Pick<Io, 'output'>, { rows, document }: ListView<Row>) {
  const { filters, sortBy, limit, known } = io.output ?? plainRequest;
  const documents = new Map(rows.map((row) => [row, document(row)]));
  const documentOf = (row: Row) => documents.get(row);
  checkFields(
    [...filters, ...sortBy].map(({ field }) => field),
    [...documents.values()],
    known,
  );
  const fitting = rows.filter((row) => filters.every((filter) => meets(documentOf(row), filter)));
  const shown = sorted(fitting, sortBy, documentOf).slice(0, limit ?? fitting.length);
  return { shown, data: shown.map(documentOf) };
}

/** The rows that the user asked for, in the order the user asked for. */
export const selectRows = <Row>(io: Pick<Io, 'output'>, view: ListView<Row>): Row[] =>
  select(io, view).shown;

function viewOf<Row>(io: ListIo, list: ListView<Row>): View & { isEmpty: boolean } {
  const { columns, name } = list;
  const { shown, data } = select(io, list);
  return {
    data,
    table: () => table(io, typeof columns === 'function' ? columns(shown) : columns, shown),
    names: name && (() => shown.map(name)),
    isEmpty: shown.length === 0,
  };
}

/** A list as text in the form the user asked for, or a line of words where nothing is left. */
export async function listText<Row>(
  io: ListIo,
  list: ListView<Row>,
  empty: string,
): Promise<string> {
  const view = viewOf(io, list);
  return view.isEmpty ? `${empty}\n` : toText(io, view);
}

/**
 * Prints a list to standard output: the rows, the order and the form that the user asked for. On a
 * terminal, what is longer than the screen goes to the user's pager.
 *
 * @param io - where to, and how
 * @param list - the rows
 * @param empty - what to say to people when nothing is left
 */
export async function renderList<Row>(
  io: ListIo & Pick<Io, 'err'>,
  list: ListView<Row>,
  empty: string,
): Promise<void> {
  const view = viewOf(io, list);
  if (view.isEmpty && !isMachine(io.format)) {
    note(io, empty);
    // A program that reads CSV still needs the heading.
    if (io.format !== 'csv' && io.format !== 'tsv') return;
  }
  await renderPaged(io, view);
}
