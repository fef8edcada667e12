import { defineCommand } from '../../command.js';
import type { ServerShowOptions } from './show.run.js';

export const serverShowCommand = defineCommand<ServerShowOptions, 'server'>({
  description: 'Shows what is known about a server. Nothing is sent.',
  arguments: [
    { key: 'server', value: 'SERVER', help: 'name, URI or URL; the one in use when left out' },
  ],
  options: {},
  formats: ['json', 'yaml', 'name'],
  examples: [
    { command: 'skaha server show', help: 'the server in use' },
    { command: 'skaha server show canfar --json', help: 'another one, for a program' },
  ],
  exitCodes: { 2: 'no server is in use', 4: 'there is no such server' },
  load: () => import('./show.run.js').then((module) => module.runServerShow),
});
