import { defineCommand } from '../../command.js';

export const contextLsCommand = defineCommand<Record<never, never>>({
  description:
    'Lists the contexts. A context is a named pair: a server, and the credential used with it. An asterisk marks the active one.',
  options: {},
  formats: ['json', 'yaml', 'name'],
  fields: { names: ['name', 'active', 'server', 'url', 'version', 'credential', 'mode', 'path'] },
  list: true,
  quiet: true,
  examples: [
    { command: 'skaha context ls', help: 'all contexts' },
    { command: 'skaha context ls -q', help: 'their names only' },
  ],
  exitCodes: { 1: 'the configuration file cannot be read or is not valid' },
  load: () => import('./ls.run.js').then((module) => module.runContextLs),
});
