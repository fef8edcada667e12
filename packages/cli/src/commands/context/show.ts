import { defineCommand } from '../../command.js';
import type { ContextShowOptions } from './show.run.js';

export const contextShowCommand = defineCommand<ContextShowOptions, 'name'>({
  description:
    'Shows a context: its server, its credential, and whether that credential can be used. Nothing is sent to the server.',
  arguments: [{ key: 'name', value: 'NAME', help: 'the one in use when left out' }],
  options: {},
  formats: ['json', 'yaml', 'name'],
  examples: [
    { command: 'skaha context show', help: 'the context in use' },
    { command: 'skaha context show canfar --json', help: 'another one, for a program' },
  ],
  exitCodes: {
    1: 'there is no such context, or the configuration file is not valid',
    2: 'no context is active',
    3: 'there are no contexts yet',
  },
  load: () => import('./show.run.js').then((module) => module.runContextShow),
});
