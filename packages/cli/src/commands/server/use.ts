import { defineCommand } from '../../command.js';
import type { ServerUseOptions } from './use.run.js';

export const serverUseCommand = defineCommand<ServerUseOptions, 'server'>({
  description:
    'Uses another server with the login in use. A server that is not known is looked for in the registries. The server is asked whether it takes the login; when anything fails the former choice stays.',
  arguments: [
    { key: 'server', value: 'SERVER', help: 'name, URI or URL of a server', required: true },
  ],
  options: { dev: { type: 'boolean', help: 'include development servers when looking' } },
  examples: [
    { command: 'skaha server use canfar', help: 'by name' },
    { command: 'skaha server use ivo://swesrc.chalmers.se/skaha', help: 'by URI' },
  ],
  exitCodes: { 3: '', 4: 'there is no such server', 6: '' },
  load: () => import('./use.run.js').then((module) => module.runServerUse),
});
