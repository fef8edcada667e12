import type { AnyOptionSpec, CommandShape, TextSpec } from '../command-shape.js';
import { flag, integer, list, text } from '../declare.js';
import type { OutputFormat } from '../output/formats.js';
import type { Program } from '../program.js';

/** `dryRun` as it is typed: `--dry-run`. */
export const longName = (key: string): string =>
  `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** Every name of an option as it is typed: the long one, further ones, the short one. */
export const optionNames = (key: string, { aliases = [], short }: AnyOptionSpec): string[] => [
  longName(key),
  ...aliases.map((alias) => `${alias.length === 1 ? '-' : '--'}${alias}`),
  ...(short === undefined ? [] : [`-${short}`]),
];

function choicesOf(formats: readonly OutputFormat[]): Pick<TextSpec, 'choices' | 'forms'> {
  if (!formats.includes('json')) return { choices: ['table', ...formats] };
  // Where there is nothing more to show, wide is the same as table.
  const first = ['wide', ...formats.filter((format) => format !== 'name' && format !== 'wide')];
  const last = formats.filter((format) => format === 'name');
  return {
    choices: ['table', ...first, 'jsonl', ...last, 'csv', 'tsv'],
    forms: ['columns=FIELDS', 'template=TEXT'],
  };
}

/** The options that choose among the data. */
function querySpecs(definition: CommandShape): Record<string, AnyOptionSpec> {
  const fields: Record<string, AnyOptionSpec> = {
    fields: text('FIELDS', 'only these fields, separated by commas'),
    noHeaders: flag('tables and CSV without the header line'),
  };
  if (definition.list !== true) return fields;
  return {
    ...fields,
    sortBy: text('FIELD', 'sort by a field; -FIELD for descending order'),
    filter: list(
      'FIELD=PATTERN',
      "only what matches, as in name='fit-*' or status!=Failed,Pending",
    ),
    limit: integer('COUNT', [0, Number.MAX_SAFE_INTEGER], 'at most this many'),
  };
}

/** The options a command has because it prints data. */
export function outputSpecs(definition: CommandShape): Record<string, AnyOptionSpec> {
  const formats = definition.formats;
  const specs: Record<string, AnyOptionSpec> = {};
  if (formats !== undefined) {
    specs['output'] = {
      type: 'string',
      short: 'o',
      value: 'FORMAT',
      ...choicesOf(formats),
      help: 'print the data in this format',
    };
    if (formats.includes('json')) specs['json'] = flag('same as -o json');
    if (formats.includes('yaml')) specs['yaml'] = flag('same as -o yaml');
    if (formats.includes('wide')) specs['wide'] = flag('same as -o wide');
    if (formats.includes('json')) Object.assign(specs, querySpecs(definition));
  }
  if (definition.quiet === true)
    specs['quiet'] = flag('print only ids, one per line', { short: 'q' });
  return specs;
}

/** The options a command has because it asks before it acts. */
export function confirmationSpecs(
  definition: CommandShape,
  program: Pick<Program, 'name'>,
): Record<string, AnyOptionSpec> {
  const variable = `${program.name.toUpperCase()}_YES`;
  return definition.confirms === true
    ? {
        yes: flag(`do not ask (also -f, --force, ${variable}=1)`, { short: 'y' }),
        force: flag('same as --yes', { short: 'f' }),
      }
    : {};
}

/** Every option a command understands, its own before the common ones of the same name. */
export const allSpecs = (
  definition: CommandShape,
  program: Pick<Program, 'name' | 'options'>,
): Record<string, AnyOptionSpec> => ({
  ...program.options,
  ...outputSpecs(definition),
  ...confirmationSpecs(definition, program),
  ...definition.options,
});
