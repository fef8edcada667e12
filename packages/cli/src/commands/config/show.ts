import { defineCommand } from '../../command.js';
import type { ConfigShowOptions } from './show.run.js';

export const configShowCommand = defineCommand<ConfigShowOptions>({
  description:
    'Shows everything in the configuration file. With --show-origin also what variables and defaults say, and where each setting is from. Tokens and secrets are replaced by asterisks unless --show-secrets is given.',
  options: {
    showOrigin: { type: 'boolean', help: 'one line a setting: file, environment or default' },
    showSecrets: { type: 'boolean', help: 'show tokens and secrets as they are' },
  },
  formats: ['json', 'yaml'],
  examples: [
    { command: 'skaha config show', help: 'all settings' },
    { command: 'skaha config show --json', help: 'for a program' },
    { command: 'skaha config show --show-origin', help: 'which values apply, and why' },
  ],
  exitCodes: { 1: 'the file cannot be read or is not valid' },
  load: () => import('./show.run.js').then((module) => module.runConfigShow),
});
