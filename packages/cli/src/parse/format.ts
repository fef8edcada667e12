import { type DataFields, readField, readFields } from '@skaha/terminal/output/field.js';
import { type FieldWords, type Filter, readFilter as read } from '@skaha/terminal/output/filter.js';
import { type OutputFormat, outputFormats } from '@skaha/terminal/output/formats.js';
import type { ChosenColumn, OutputRequest } from '@skaha/terminal/output/request.js';
import { readSortKeys } from '@skaha/terminal/output/sort.js';
import { readTemplate } from '@skaha/terminal/output/template.js';
import { usageError } from '@skaha/terminal/usage.js';
import { sessionKinds, sessionStatuses } from '@skaha/wire/kinds.js';
import { canonicalStatus } from '@skaha/wire/status.js';
import { SkahaError } from 'skaha';
import type { CommandDefinition } from '../command.js';

const words: FieldWords = {
  caseless: new Set(['status', 'type', 'kind', 'kinds']),
  spelling: { status: canonicalStatus },
  usual: {
    status: [...sessionStatuses, 'Unknown', 'Error'],
    type: sessionKinds,
    kind: sessionKinds,
  },
};

/**
 * Reads a condition on a field; statuses may be spelled as users of other tools do.
 *
 * @param text - as typed, such as `status=running`
 * @throws {UsageError} when it is none, or there is no such field
 */
export const readFilter = (text: string, known: DataFields | undefined): Filter =>
  read(text, known, words);

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
    throw new SkahaError(
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
 * @throws {SkahaError} output.conflict when two formats were asked for, command.usage when there is
 * no such field
 */
export function chooseOutput(
  values: Values,
  { fields: known, list }: Pick<CommandDefinition, 'fields' | 'list'>,
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
    filters: filters.map((filter) => readFilter(filter, known)),
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
