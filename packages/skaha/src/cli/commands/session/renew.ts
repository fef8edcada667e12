import { defineCommand } from '../../command.js';
import { sessionsArgument } from './arguments.js';
import type { RenewOptions } from './renew.run.js';

export const renewCommand = defineCommand<RenewOptions, 'sessions'>({
  description:
    'Gives sessions their full lifetime again, counted from now. The server never shortens one: where more is left than that, nothing changes.',
  arguments: [{ ...sessionsArgument, required: false }],
  options: {
    all: { type: 'boolean', short: 'a', help: 'all running sessions' },
  },
  formats: ['json', 'yaml', 'name'],
  quiet: true,
  examples: [
    { command: 'skaha renew notebook1', help: 'keep a notebook' },
    { command: 'skaha renew --all', help: 'keep all that runs' },
  ],
  exitCodes: {
    1: 'the server refused',
    3: '',
    4: 'none of the sessions exists',
    6: '',
    7: 'some could not be renewed',
  },
  load: () => import('./renew.run.js').then((module) => module.runRenew),
});
