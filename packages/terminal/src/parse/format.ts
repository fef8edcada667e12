import type { CommandShape } from '../command-shape.js';
import { type DataFields, readField, readFields } from '../output/field.js';
import { type FieldWords, readFilter } from '../output/filter.js';
import { type OutputFormat, outputFormats } from '../output/formats.js';
import type { ChosenColumn, OutputRequest } from '../output/request.js';
import { readSortKeys } from '../output/sort.js';
import { readTemplate } from '../output/template.js';
import { UsageError, usageError } from '../usage.js';

type Values = Readonly<Record<string, unknown>>;

/** A format as it was asked for: `columns` and `template` come with a text. */
interface Asked {
  format: OutputFormat;
  text: string;
}

function chooseFormat(values: Values): Asked {
  const asked = new Map<OutputFormat, { as: string; text: string }>();
  const given = typeof values['output'] === 'string' ? values['output'] : '';
  const [name, ...text] = given.split('=');
  const named = outputFormats.find((format) => format === name);
  if (named !== undefined) asked.set(named, { as: `-o ${named}`, text: text.join('=') });
  for (const format of ['json', 'yaml', 'wide'] as const)
    if (values[format] === true) asked.set(format, { as: `--${format}`, text: '' });
  if (values['quiet'] === true) asked.set('name', { as: '--quiet', text: '' });
  if (asked.size > 1)
    throw new UsageError(
      'output.conflict',
      `${[...asked.values()].map(({ as }) => as).join(' and ')} cannot be used together.`,
      { hint: 'Choose one output format.' },
    );
  const [only] = asked;
  return only === undefined
    ? { format: 'table', text: '' }
    : { format: only[0], text: only[1].text };
}

function readColumns(text: string, known: DataFields | undefined): ChosenColumn[] {
  return text.split(',').map((part) => {
    const [header, path, more] = part.split(':');
    if (more !== undefined)
      throw usageError(`'${part}' is not a column.`, 'Write FIELD or HEADING:FIELD.');
    const field = readField(path ?? header ?? '', known);
    return { header: path === undefined ? field.name.toUpperCase() : (header ?? ''), field };
  });
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;

/** Ids alone have no fields, and columns and templates name their own. */
function refuseSurplus(values: Values, format: OutputFormat): void {
  if (values['fields'] === undefined || !/^(name|columns|template)$/.test(format)) return;
  throw usageError(
    `--fields and ${format === 'name' ? 'ids only' : `-o ${format}`} cannot be used together.`,
    'Use --fields with tables, JSON, YAML, CSV and TSV.',
  );
}

/**
 * Settles on how the data is printed.
 *
 * @param values - what was given for the options of the output
 * @param definition - of the command
 * @param words - how values of some fields may be written in a filter
 * @throws {UsageError} `output.conflict` when two formats were asked for, `command.usage` when there
 *   is no such field
 */
export function chooseOutput(
  values: Values,
  { fields: known, list }: Pick<CommandShape, 'fields' | 'list'>,
  words: FieldWords,
): OutputRequest {
  const { format, text } = chooseFormat(values);
  refuseSurplus(values, format);
  // Some commands have a --filter or --limit of their own, which they read by themselves.
  const query = list === true ? values : {};
  const [fields, sortBy] = [textOf(values['fields']), textOf(query['sortBy'])];
  const filters: readonly string[] = Array.isArray(query['filter']) ? query['filter'] : [];
  return {
    format,
    columns: format === 'columns' ? readColumns(text, known) : undefined,
    template: format === 'template' ? readTemplate(text, known) : undefined,
    fields: fields === undefined ? undefined : readFields(fields, known),
    filters: filters.map((filter) => readFilter(filter, known, words)),
    sortBy: sortBy === undefined ? [] : readSortKeys(sortBy, known),
    limit: typeof query['limit'] === 'number' ? query['limit'] : undefined,
    headers: values['noHeaders'] !== true,
    known,
  };
}

/** Guesses the format for an error that stopped the command line from being read. */
export function guessFormat(argv: readonly string[]): OutputFormat {
  const end = argv.indexOf('--');
  const words = end < 0 ? argv : argv.slice(0, end);
  const asks = (format: 'json' | 'jsonl' | 'yaml') =>
    words.includes(`--${format}`) ||
    words.some((word, index) => /^(-o|--output=?)$/.test(word) && words[index + 1] === format) ||
    words.includes(`--output=${format}`) ||
    words.includes(`-o${format}`);
  return (['json', 'jsonl', 'yaml'] as const).find(asks) ?? 'table';
}
