import type { AnyOptionSpec, ArgumentSpec, CommandShape } from '../command-shape.js';
import { wrap } from '../output/text.js';
import { confirmationSpecs, outputSpecs } from '../parse/specs.js';
import { type HelpLayout, optionRows, section, termList } from './layout.js';
import { usageLine } from './usage-line.js';

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
 * The lines of the help of one command.
 *
 * @param name - of program and command, for example `git commit`
 * @param words - what each exit status says, and what else is known about options, by their keys
 */
export function commandHelpLines(
  name: string,
  definition: CommandShape,
  layout: HelpLayout,
  words: {
    exitMeanings: Readonly<Record<number, string>>;
    notes: Readonly<Record<string, string>>;
  },
): string[] {
  const { exitMeanings, notes } = words;
  const own = Object.entries(definition.options).map(([key, spec]) => [
    key,
    noted(spec, Object.hasOwn(notes, key) ? notes[key] : undefined),
  ]);
  const options = { ...Object.fromEntries(own), ...confirmationSpecs(definition) };
  const specs = [...definition.arguments, ...(definition.rest ? [definition.rest] : [])];
  const examples = definition.examples.flatMap(({ command, help }) => [
    `  ${layout.style('dim', `# ${help}`)}`,
    `  ${command}`,
  ]);
  const table = (rows: readonly (readonly [string, string])[]) => termList(rows, layout);
  return [
    `${layout.style('bold', 'Usage:')} ${usageLine(name, definition)}`,
    '',
    ...definition.description
      .split('\n')
      .flatMap((paragraph) => wrap(paragraph.trim(), layout.columns)),
    ...section('Arguments', table(specs.map(argumentRow)), layout),
    ...section('Options', table(optionRows(options)), layout),
    ...section('Output', table(optionRows(outputSpecs(definition))), layout),
    ...section('Fields', fieldLines(definition, layout), layout),
    ...section('Examples', examples, layout),
    ...section('Exit status', table(exitRows(definition, exitMeanings)), layout),
  ];
}
