import { defineCommand } from '../../command.js';

export const authLsCommand = defineCommand<Record<never, never>>({
  description:
    'Lists the saved logins with their state, judged by what each of them holds. An asterisk marks the one in use. Nothing is sent.',
  options: {},
  formats: ['json', 'yaml', 'name'],
  fields: {
    names: ['idp', 'name', 'mode', 'expiry', 'active', 'server', 'state', 'renewable', 'path'],
  },
  list: true,
  quiet: true,
  examples: [
    { command: 'skaha auth ls', help: 'all logins' },
    { command: 'skaha auth ls --json', help: 'for a program' },
  ],
  exitCodes: { 1: 'the configuration file cannot be read or is not valid' },
  load: () => import('./ls.run.js').then((module) => module.runAuthLs),
});
