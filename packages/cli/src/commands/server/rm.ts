import { defineCommand } from '../../command.js';
import type { ServerRmOptions } from './rm.run.js';

export const serverRmCommand = defineCommand<ServerRmOptions, 'server'>({
  description:
    'Removes a server from the configuration, with the contexts that use it; asks first when there are any. Logins stay. A server that a registry lists comes back with the next look for servers.',
  arguments: [
    { key: 'server', value: 'NAME', help: "one of those in 'skaha server ls'", required: true },
  ],
  options: {},
  confirms: true,
  examples: [
    { command: 'skaha server rm lab', help: 'one server less' },
    { command: 'skaha server ls -q', help: 'the names that could be removed' },
  ],
  exitCodes: { 1: 'the configuration file cannot be changed', 4: 'there is no such server' },
  load: () => import('./rm.run.js').then((module) => module.runServerRm),
});
