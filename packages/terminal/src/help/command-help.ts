import type { AnyOptionSpec, ArgumentSpec, CommandShape } from '../command-shape.js';
import { listExtensions } from '../extensions.js';
import type { Terminal } from '../io.js';
import { plain, wrap } from '../output/text.js';
import { confirmationSpecs, outputSpecs } from '../parse/specs.js';
import type { CommandEntry, Program } from '../program.js';
import { type HelpLayout, optionRows, section, termList, usageLine } from './layout.js';

type Rows = readonly (readonly [term: string, meaning: string])[];

/** An argument as a row of help. */
export function argumentRow(spec: ArgumentSpec): [string, string] {
  const choices = spec.choices === undefined ? '' : ` (${spec.choices.join(', ')})`;
  return [spec.value, `${spec.help}${choices}`];
}

/**
 * The exit statuses of a command as rows of help.
 *
 * @param meanings - what each says about a command that has no words of its own for it
 */
export function exitRows(
  { exitCodes: special = {} }: CommandShape,
  meanings: Readonly<Record<number, string>>,
): [string, string][] {
  const statuses = Object.keys({ 0: '', 2: '', ...special })
    .map(Number)
    .sort((left, right) => left - right);
  return statuses.map((status) => [String(status), special[status] || (meanings[status] ?? '')]);
}

/** The names for `--fields` and its like, and other words for some of them. */
function fieldLines({ fields }: CommandShape, layout: HelpLayout): string[] {
  if (fields === undefined) return [];
  const others = Object.entries(fields.aliases ?? {}).map(([word, name]) => `${word} (${name})`);
  const text = [...fields.names, ...others].join(', ');
  return wrap(text, layout.columns - 2).map((line) => `  ${line}`);
}

/** An option with what is known of it here behind its own words. */
const noted = (spec: AnyOptionSpec, note: string | undefined): AnyOptionSpec =>
  note === undefined ? spec : { ...spec, help: `${spec.help} [${note}]` };

/**
 * The help of one command.
 *
 * @param notes - what is known on this machine about options, by their keys
 * @returns text that ends in a line end
 */
export function commandHelp(
  program: Program,
  { name, aliases = [] }: CommandEntry,
  definition: CommandShape,
  layout: HelpLayout,
  notes: Readonly<Record<string, string>> = {},
): string {
  const own = Object.entries(definition.options).map(([key, spec]) => [
    key,
    noted(spec, Object.hasOwn(notes, key) ? notes[key] : undefined),
  ]);
  const options = { ...Object.fromEntries(own), ...confirmationSpecs(definition, program) };
  const specs = [...definition.arguments, ...(definition.rest ? [definition.rest] : [])];
  const examples = definition.examples.flatMap(({ command, help }) => [
    `  ${layout.style('dim', `# ${help}`)}`,
    `  ${command}`,
  ]);
  const table = (rows: Rows) => termList(rows, layout);
  return [
    `${layout.style('bold', 'Usage:')} ${usageLine(`${program.name} ${name}`, definition)}`,
    '',
    ...definition.description
      .split('\n')
      .flatMap((paragraph) => wrap(paragraph.trim(), layout.columns)),
    ...section('Arguments', table(specs.map(argumentRow)), layout),
    ...section('Options', table(optionRows(options)), layout),
    ...section('Output', table(optionRows(outputSpecs(definition))), layout),
    ...section('Fields', fieldLines(definition, layout), layout),
    ...section('Examples', examples, layout),
    ...section('Exit status', table(exitRows(definition, program.exitMeanings)), layout),
    ...(aliases.length === 0
      ? []
      : ['', `${layout.style('bold', 'Aliases:')} ${aliases.join(', ')}`]),
    '',
    `For options that every command accepts, see '${program.name} --help'.`,
    '',
  ].join('\n');
}

const summaries = (items: readonly { name: string; summary: string }[]): Rows =>
  items.map(({ name, summary }) => [name, summary]);

/** The help of the program: its commands by group, and the options that all of them take. */
export function rootHelp(program: Program, layout: HelpLayout, env: Terminal['env']): string {
  const { name, commands, groups, topics } = program;
  const listed = (title: string, rows: Rows) => section(title, termList(rows, layout), layout);
  const options = optionRows(program.options).map(([term, meaning]): [string, string] => [
    term.trimStart(),
    meaning,
  ]);
  return [
    `${layout.style('bold', 'Usage:')} ${name} [options] COMMAND [options] [arguments]`,
    '',
    program.purpose,
    ...groups.flatMap((group) =>
      listed(group, summaries(commands.filter((entry) => entry.group === group))),
    ),
    ...listed(
      'Extensions',
      listExtensions(program, env).map((one) => [
        plain(one),
        `the program ${name}-${plain(one)} on the PATH`,
      ]),
    ),
    ...listed(`Topics of ${name} help`, summaries(topics)),
    ...listed('Options for every command', [
      ['-h, --help', 'show help; also for each command'],
      ['-V, --version', 'show name and version'],
      ...options,
    ]),
    '',
    program.beginning,
    '',
  ].join('\n');
}

/** The help of the commands that begin with the same word. */
export const groupHelp = (
  program: Program,
  group: string,
  entries: readonly CommandEntry[],
  layout: HelpLayout,
): string =>
  [
    `${layout.style('bold', 'Usage:')} ${program.name} ${group} COMMAND [options] [arguments]`,
    ...section('Commands', termList(summaries(entries), layout), layout),
    '',
    `See '${program.name} ${group} COMMAND --help'.`,
    '',
  ].join('\n');
