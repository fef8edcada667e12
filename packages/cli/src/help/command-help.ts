import { commandHelpLines } from '@skaha/terminal/help/command-help.js';
import { type HelpLayout, optionRows, section, termList } from '@skaha/terminal/help/layout.js';
import type { Terminal } from '@skaha/terminal/io.js';
import { plain } from '@skaha/terminal/output/text.js';
import { type CommandDefinition, type CommandEntry, commandGroups } from '../command.js';
import { listExtensions } from '../custom/extensions.js';
import { exitMeanings } from '../exit.js';
import { globalSpecs } from '../parse/globals.js';
import { type HelpTopic, helpTopics } from './topics.js';

/**
 * The help of one command.
 *
 * @param notes - what is known on this machine about options, by their keys
 * @returns text that ends in a line end
 */
export const commandHelp = (
  { name, aliases = [] }: CommandEntry,
  definition: CommandDefinition,
  layout: HelpLayout,
  notes: Readonly<Record<string, string>> = {},
): string =>
  [
    ...commandHelpLines(`skaha ${name}`, definition, layout, { exitMeanings, notes }),
    ...(aliases.length === 0
      ? []
      : ['', `${layout.style('bold', 'Aliases:')} ${aliases.join(', ')}`]),
    '',
    "For options that every command accepts, see 'skaha --help'.",
    '',
  ].join('\n');

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
