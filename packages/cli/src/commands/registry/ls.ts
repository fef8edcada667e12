import { defineCommand } from '../../command.js';

export const registryLsCommand = defineCommand<Record<never, never>>({
  description:
    'Lists the private image registries whose credentials are saved. Secrets are never shown.',
  options: {},
  formats: ['json', 'yaml', 'name'],
  fields: { names: ['host', 'username'] },
  list: true,
  quiet: true,
  examples: [
    { command: 'skaha registry ls', help: 'hosts and user names' },
    { command: 'skaha registry ls --json', help: 'the same, for a program' },
  ],
  exitCodes: { 1: 'the configuration file cannot be read or is not valid' },
  load: () => import('./ls.run.js').then((module) => module.runRegistryLs),
});
