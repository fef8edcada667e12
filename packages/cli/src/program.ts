import type { HelpTopic, Program } from '@skaha/terminal/program.js';
import { type CommandEntry, commandGroups } from './command.js';
import { commands } from './commands/index.js';
import { exitMeanings } from './exit.js';
import { fieldWords } from './parse/filter.js';
import { globalSpecs } from './parse/globals.js';
import { commandHabit, optionHabit, refuseHabits } from './parse/habits.js';

/** The topics of `skaha help TOPIC`. A topic comes before a group of commands of its name. */
const topics: readonly HelpTopic[] = [
  { name: 'config', summary: 'the configuration file, contexts, and what takes precedence' },
  { name: 'environment', summary: 'the environment variables that skaha reads' },
  { name: 'exit-codes', summary: 'what each exit status means' },
  { name: 'formatting', summary: 'output formats, fields, filters and colours' },
  { name: 'batches', summary: 'many sessions at once, and how to resume them' },
];

/** What the terminal kit knows of skaha. */
export const program: Program<CommandEntry> = {
  name: 'skaha',
  purpose: 'Launch, follow and manage sessions on the CANFAR Science Platform.',
  beginning:
    "Begin with 'skaha COMMAND --help', or try it on your own machine with 'skaha platform start --detach'.",
  commands,
  groups: commandGroups,
  options: globalSpecs,
  topics,
  exitMeanings,
  groupAliases: { authentication: 'auth' },
  commandHint: commandHabit,
  optionHint: optionHabit,
  checkWords: refuseHabits,
  fieldWords,
};
