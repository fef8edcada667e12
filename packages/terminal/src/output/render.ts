import type { Io } from '../io.js';
import { checkFields, type Field, fieldText, project, valueAt } from './field.js';
import type { OutputFormat } from './formats.js';
import { type OutputRequest, plainRequest } from './request.js';
import { separated } from './separated.js';
import { type Column, fields, table } from './table.js';
import { fillTemplate, templateFields } from './template.js';
import { plain } from './text.js';

/** Data in all the forms it can be printed in. */
export interface View {
  /** For programs: plain values only, field names are a promise. */
  data: unknown;
  /** For people; ends in a line end unless empty. */
  table: () => string;
  /** Ids, for `-q` and `-o name`. */
  names?: (() => readonly string[]) | undefined;
  /** What `--fields`, CSV and the like are about, where it is not the data itself: an object for each item. */
  items?: (() => readonly unknown[]) | undefined;
}

/** What printing needs. */
export type RenderIo = Pick<Io, 'out' | 'format' | 'output' | 'page'> &
  Partial<Pick<Io, 'isTty' | 'columns' | 'style'>>;

/** A value as JSON with two spaces, ending in a line end. */
export const toJson = (data: unknown): string => `${JSON.stringify(data, null, 2)}\n`;

/** A value as block YAML, ending in a line end. */
export async function toYaml(data: unknown): Promise<string> {
  const { stringify } = await import('yaml');
  // Through JSON, so that both formats decode to equal values.
  return stringify(JSON.parse(JSON.stringify(data)), {
    lineWidth: 0,
    aliasDuplicateObjects: false,
  });
}

/** One JSON value on each line. */
export const toJsonLines = (items: readonly unknown[]): string =>
  items.map((item) => `${JSON.stringify(item)}\n`).join('');

const isObject = (item: unknown): item is object => typeof item === 'object' && item !== null;

/** The items with named fields: a list's members, or the document itself. */
function itemsOf({ data, items }: View): readonly unknown[] {
  const all = items?.() ?? (Array.isArray(data) ? data : [data]);
  return all.map((item: unknown) => (isObject(item) ? item : { value: item }));
}

/** All fields of all items, in the order in which they come. */
function everyField(items: readonly unknown[], { known }: OutputRequest): Field[] {
  const found = items.flatMap((item) => (isObject(item) ? Object.keys(item) : []));
  const names = found.length === 0 ? (known?.names ?? []) : found;
  return [...new Set(names)].map((name) => ({ name, path: [name], isCertain: true }));
}

const fieldColumn = (header: string, { path }: Field): Column<unknown> => ({
  header,
  value: (item) => fieldText(valueAt(item, path)),
  // An id that is cut off is none.
  shrinkTo: /^(id|job)$/i.test(path.at(-1) ?? '') ? undefined : 6,
});

/** Everything that one of the fields was chosen for. */
function chosen({ fields, columns, template }: OutputRequest): readonly Field[] {
  return [
    ...(fields ?? []),
    ...(columns ?? []).map(({ field }) => field),
    ...templateFields(template ?? []),
  ];
}

/** Tables of some fields; undefined when the fields were not chosen. */
function fieldTable(io: RenderIo, items: readonly unknown[], request: OutputRequest) {
  const { columns, fields } = request;
  const shown = columns ?? fields?.map((field) => ({ header: field.name.toUpperCase(), field }));
  if (shown === undefined) return undefined;
  const { isTty = false, columns: width = 80, style = (_ink: unknown, text: string) => text } = io;
  return table(
    { isTty, columns: width, style, output: request },
    shown.map(({ header, field }) => fieldColumn(header, field)),
    items,
  );
}

function separatedText(
  format: 'csv' | 'tsv',
  items: readonly unknown[],
  request: OutputRequest,
  safe: (text: string) => string,
): string {
  const shown = request.fields ?? everyField(items, request);
  const header = request.headers ? shown.map(({ name }) => name) : undefined;
  const rows = items.map((item) => shown.map(({ path }) => safe(fieldText(valueAt(item, path)))));
  return separated(format, header, rows);
}

/** The data as documents, with nothing but the chosen fields. */
function documents(view: View, { fields }: OutputRequest): unknown {
  if (fields === undefined) return view.data;
  const shown = itemsOf(view).map((item) => project(item, fields));
  return Array.isArray(view.data) || view.items !== undefined ? shown : shown[0];
}

/**
 * The data as text in the form the user asked for.
 *
 * @param io - which form, and for which terminal
 * @param view - the data
 */
export async function toText(io: RenderIo, view: View): Promise<string> {
  const request = io.output ?? plainRequest;
  const asked = chosen(request);
  const needsItems = asked.length > 0 || /^(csv|tsv|template)$/.test(io.format);
  const items = needsItems ? itemsOf(view) : [];
  checkFields(asked, items, request.known);
  // What a server sends must not steer the terminal.
  const safe = io.isTty === true ? plain : (text: string) => text;
  const format: OutputFormat = io.format;
  switch (format) {
    case 'json':
      return toJson(documents(view, request));
    case 'jsonl': {
      const data = documents(view, request);
      return toJsonLines(Array.isArray(data) ? data : [data]);
    }
    case 'yaml':
      return toYaml(documents(view, request));
    case 'name':
      return (view.names?.() ?? []).map((name) => `${name}\n`).join('');
    case 'csv':
    case 'tsv':
      return separatedText(format, items, request, safe);
    case 'template': {
      const { template = [] } = request;
      return items.map((item) => `${fillTemplate(template, item, safe)}\n`).join('');
    }
    default:
      return fieldTable(io, items, request) ?? view.table();
  }
}

/**
 * Prints data to standard output in the form the user asked for.
 *
 * @param io - where to, and in which form
 * @param view - the data
 */
export async function render(io: RenderIo, view: View): Promise<void> {
  io.out(await toText(io, view));
}

/**
 * Prints one item: to people names and values, of which those without a value are left out.
 *
 * @param io - where to, and in which form
 * @param id - for `-q` and `-o name`
 * @param data - for programs
 * @param pairs - for people
 */
export const renderItem = (
  io: RenderIo & Pick<Io, 'style'>,
  id: string,
  data: unknown,
  pairs: Parameters<typeof fields>[1],
): Promise<void> => render(io, { data, table: () => fields(io, pairs), names: () => [id] });

/**
 * Prints data that is only looked at: on a terminal, what is longer than the screen goes to
 * the user's pager. Nothing may have to be done after it, because it waits for the reader.
 *
 * @param io - where to, and in which form
 * @param view - the data
 */
export async function renderPaged(io: RenderIo, view: View): Promise<void> {
  const text = await toText(io, view);
  if (io.page === undefined || !(await io.page(text))) io.out(text);
}
