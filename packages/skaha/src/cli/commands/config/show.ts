import { defineCommand } from '../../command.js';

export const configShowCommand = defineCommand<Record<never, never>>({
  description:
    'Shows everything in the configuration file. Tokens and secrets are replaced by asterisks.',
  options: {},
  formats: ['json', 'yaml'],
  examples: [
    { command: 'skaha config show', help: 'all settings' },
    { command: 'skaha config show --json', help: 'for a program' },
  ],
  exitCodes: { 1: 'the file cannot be read or is not valid' },
  load: () => import('./show.run.js').then((module) => module.runConfigShow),
});
