import { defineCommand } from '../../command.js';
import type { ConfigGetOptions } from './get.run.js';

export const configGetCommand = defineCommand<ConfigGetOptions, 'key'>({
  description:
    'Shows one setting, or all settings below a key. Keys are separated by dots; a key that holds dots stands in double quotes. Tokens and secrets are replaced by asterisks unless --show-secrets is given.',
  arguments: [{ key: 'key', value: 'KEY', help: 'for example servers.local.url', required: true }],
  options: {
    showSecrets: { type: 'boolean', help: 'show tokens and secrets as they are' },
  },
  formats: ['json', 'yaml'],
  examples: [
    { command: 'skaha config get active', help: 'the name of the active context' },
    { command: 'skaha config get servers.local', help: 'everything about one server' },
    {
      command: `skaha config get 'registries."images.canfar.net".username'`,
      help: 'a key with dots in it',
    },
  ],
  exitCodes: { 1: 'the file cannot be read or is not valid', 2: 'there is no such setting' },
  load: () => import('./get.run.js').then((module) => module.runConfigGet),
});
