import { type CommandEntry, defineCommand } from '../../command.js';
import type { AliasRmOptions, AliasSetOptions } from './run.js';

export const aliasLsCommand = defineCommand<Record<never, never>>({
  description:
    'Lists the aliases in the configuration file and the command lines they stand for. Programs called skaha-NAME on the PATH also become commands; they are not listed here.',
  options: {},
  formats: ['json', 'yaml', 'name'],
  fields: { names: ['name', 'command'] },
  list: true,
  quiet: true,
  examples: [
    { command: 'skaha alias ls', help: 'all of them' },
    { command: 'skaha alias ls --json', help: 'for a program' },
  ],
  exitCodes: { 1: 'the configuration file cannot be read or is not valid' },
  load: () => import('./run.js').then((module) => module.runAliasLs),
});

/** @param commands - the table of contents, which this command must know and which holds it */
export const aliasSetCommand = (commands: readonly CommandEntry[]) =>
  defineCommand<AliasSetOptions, 'name' | 'text'>({
    description:
      "Saves a command line under a name in the configuration file: from then on 'skaha NAME' runs it. In the text, $1 to $9 stand for the arguments after the name, $@ for all of them and $$ for a dollar sign; arguments that the text does not mention are added at the end. Quotes keep words together; no shell is involved. The commands of skaha cannot be replaced, and an alias must not lead back to itself.",
    arguments: [
      {
        key: 'name',
        value: 'NAME',
        help: 'a letter, then letters, digits, - and _',
        required: true,
      },
      {
        key: 'text',
        value: 'TEXT',
        help: 'a command line without the word skaha, in quotes',
        required: true,
      },
    ],
    options: {},
    examples: [
      {
        command: "skaha alias set failed 'ps --all --status Failed'",
        help: "then: 'skaha failed'",
      },
      {
        command:
          "skaha alias set fit 'create headless skaha/astroml:latest -n $1 -- python fit.py'",
        help: "then: 'skaha fit m31 --band r'",
      },
    ],
    exitCodes: {
      1: 'the configuration file cannot be written or is not valid',
      2: 'the name or the text cannot be used; nothing was changed',
    },
    load: () => import('./run.js').then((module) => module.aliasSetter(commands)),
  });

export const aliasRmCommand = defineCommand<AliasRmOptions, 'names'>({
  description: 'Removes the aliases given, or none of them if one does not exist.',
  arguments: [
    {
      key: 'names',
      value: 'NAME',
      help: "an alias from 'skaha alias ls'",
      required: true,
      many: true,
    },
  ],
  options: {},
  examples: [
    { command: 'skaha alias rm failed', help: 'remove one' },
    { command: 'skaha alias ls', help: 'list the aliases first' },
  ],
  exitCodes: {
    1: 'the configuration file cannot be written or is not valid',
    4: 'there is no such alias',
  },
  load: () => import('./run.js').then((module) => module.runAliasRm),
});
