import { type HelpLayout, optionRows, section, termList } from '@skaha/terminal/help/layout.js';
import { usageLine } from '@skaha/terminal/help/usage-line.js';
import { wrap } from '@skaha/terminal/output/text.js';
import { confirmationSpecs, outputSpecs } from '@skaha/terminal/parse/specs.js';
import type { AnyOptionSpec, ArgumentSpec, CommandDefinition, CommandEntry } from '../command.js';
import { type ExitStatus, exitMeanings } from '../exit.js';

/** One argument as a row of help. */
export function argumentRow(spec: ArgumentSpec): [string, string] {
  const choices = spec.choices === undefined ? '' : ` (${spec.choices.join(', ')})`;
  return [spec.value, `${spec.help}${choices}`];
}

/** The exit statuses of a command as rows of help. */
export function exitRows(definition: CommandDefinition): [string, string][] {
  const special: Partial<Record<number, string>> = definition.exitCodes ?? {};
  const statuses = Object.keys({ 0: '', 2: '', ...special })
    .map(Number)
    .sort((left, right) => left - right);
  return statuses.map((status) => {
    const general = exitMeanings[status as ExitStatus];
    return [String(status), special[status] || general];
  });
}

/** The names for `--fields` and its like, and other words for some of them. */
function fieldLines({ fields }: CommandDefinition, layout: HelpLayout): string[] {
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
 * @returns text that ends in a line end
 */
export function commandHelp(
  entry: CommandEntry,
  definition: CommandDefinition,
  layout: HelpLayout,
  notes: Readonly<Record<string, string>> = {},
): string {
  const own = Object.entries(definition.options).map(([key, spec]) => [
    key,
    noted(spec, Object.hasOwn(notes, key) ? notes[key] : undefined),
  ]);
  const options = { ...Object.fromEntries(own), ...confirmationSpecs(definition) };
  const output = outputSpecs(definition);
  const words = [...definition.arguments, ...(definition.rest ? [definition.rest] : [])];
  const examples = definition.examples.flatMap(({ command, help }) => [
    `  ${layout.style('dim', `# ${help}`)}`,
    `  ${command}`,
  ]);
  const aliases = entry.aliases ?? [];
  return [
    `${layout.style('bold', 'Usage:')} ${usageLine(`skaha ${entry.name}`, definition)}`,
    '',
    ...definition.description
      .split('\n')
      .flatMap((paragraph) => wrap(paragraph.trim(), layout.columns)),
    ...section('Arguments', termList(words.map(argumentRow), layout), layout),
    ...section('Options', termList(optionRows(options), layout), layout),
    ...section('Output', termList(optionRows(output), layout), layout),
    ...section('Fields', fieldLines(definition, layout), layout),
    ...section('Examples', examples, layout),
    ...section('Exit status', termList(exitRows(definition), layout), layout),
    ...(aliases.length === 0
      ? []
      : ['', `${layout.style('bold', 'Aliases:')} ${aliases.join(', ')}`]),
    '',
    "For options that every command accepts, see 'skaha --help'.",
    '',
  ].join('\n');
}
