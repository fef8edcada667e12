import { defineCommand } from '../../command.js';

export const aliasLsCommand = defineCommand<Record<never, never>>({
  description:
    'Lists the aliases in the configuration file and the command lines they stand for. Programs called skaha-NAME on the PATH are commands of your own, too; they are not listed here.',
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
  load: () => import('./ls.run.js').then((module) => module.runAliasLs),
});
