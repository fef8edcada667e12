import { type HelpLayout, optionRows, section, termList } from '@skaha/terminal/help/layout.js';
import { usageLine } from '@skaha/terminal/help/usage-line.js';
import type { Terminal } from '@skaha/terminal/io.js';
import { plain, wrap } from '@skaha/terminal/output/text.js';
import { confirmationSpecs, outputSpecs } from '@skaha/terminal/parse/specs.js';
import {
  type AnyOptionSpec,
  type ArgumentSpec,
  type CommandDefinition,
  type CommandEntry,
  commandGroups,
} from '../command.js';
import { listExtensions } from '../custom/extensions.js';
import { type ExitStatus, exitMeanings } from '../exit.js';
import { globalSpecs } from '../parse/globals.js';
import { type HelpTopic, helpTopics } from './topics.js';

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

const topicRow = ({ name, summary }: HelpTopic): [string, string] => [name, summary];
const row = (entry: CommandEntry): [string, string] => [entry.name, entry.summary];

/** The help of the program: its commands by group, and the options that all of them take. */
export function rootHelp(
  entries: readonly CommandEntry[],
  layout: HelpLayout,
  env: Terminal['env'],
): string {
  const extensions = listExtensions(env, entries);
  const groups = commandGroups.flatMap((group) =>
    section(
      group,
      termList(entries.filter((entry) => entry.group === group).map(row), layout),
      layout,
    ),
  );
  const own: [string, string][] = [
    ['-h, --help', 'show help; also for each command'],
    ['-V, --version', 'show name and version'],
  ];
  const options = optionRows(globalSpecs).map(([term, meaning]): [string, string] => [
    term.trimStart(),
    meaning,
  ]);
  return [
    `${layout.style('bold', 'Usage:')} skaha [options] COMMAND [options] [arguments]`,
    '',
    'Launch, follow and manage sessions on the CANFAR Science Platform.',
    ...groups,
    ...section(
      'Extensions',
      termList(
        extensions.map((name) => [plain(name), `the program skaha-${plain(name)} on the PATH`]),
        layout,
      ),
      layout,
    ),
    ...section('Topics of skaha help', termList(helpTopics.map(topicRow), layout), layout),
    ...section('Options for every command', termList([...own, ...options], layout), layout),
    '',
    "Begin with 'skaha COMMAND --help', or try it on your own machine with 'skaha platform start --detach'.",
    '',
  ].join('\n');
}

export function groupHelp(
  name: string,
  entries: readonly CommandEntry[],
  layout: HelpLayout,
): string {
  return [
    `${layout.style('bold', 'Usage:')} skaha ${name} COMMAND [options] [arguments]`,
    ...section('Commands', termList(entries.map(row), layout), layout),
    '',
    `See 'skaha ${name} COMMAND --help'.`,
    '',
  ].join('\n');
}
