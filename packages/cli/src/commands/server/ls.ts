import { defineCommand } from '../../command.js';
import type { ServerLsOptions } from './ls.run.js';

export const serverLsCommand = defineCommand<ServerLsOptions>({
  description:
    'Lists the servers that are known for the login in use; looks for them when none are. With --refresh the registries are asked again, and the list says which servers answer and how quickly. Nothing that tells who you are is sent. An asterisk marks the server in use.',
  options: {
    refresh: { type: 'boolean', short: 'r', help: 'look for servers again' },
    allIdps: { type: 'boolean', help: 'those of all identity providers, and your own' },
    dead: { type: 'boolean', help: 'look again, and show what cannot be used and why' },
    dev: { type: 'boolean', help: 'include development servers when looking' },
  },
  formats: ['json', 'yaml', 'name'],
  fields: {
    names: [
      'name',
      'uri',
      'url',
      'version',
      'auths',
      'idp',
      'cores',
      'ram',
      'gpus',
      'storage',
      'status',
      'latency_ms',
      'active',
    ],
    open: true,
  },
  list: true,
  quiet: true,
  examples: [
    { command: 'skaha server ls', help: 'where the login in use can be used' },
    { command: 'skaha server ls --refresh', help: 'ask the registries again' },
    {
      command: 'skaha server ls --idp srcnet --json',
      help: 'those of one provider, for a program',
    },
  ],
  exitCodes: {
    3: 'you are not logged in, so no provider is known',
    4: 'there is no server',
    6: '',
  },
  load: () => import('./ls.run.js').then((module) => module.runServerLs),
});
