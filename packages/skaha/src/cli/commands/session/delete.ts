import { defineCommand } from '../../command.js';
import { sessionsArgument } from './arguments.js';
import type { DeleteOptions } from './delete.run.js';

export const deleteCommand = defineCommand<DeleteOptions, 'sessions'>({
  description:
    'Ends sessions and removes them with their logs. Looks them up first, because servers answer "done" for sessions that do not exist.',
  arguments: [sessionsArgument],
  options: {},
  formats: ['json', 'yaml', 'name'],
  quiet: true,
  confirms: true,
  examples: [
    { command: 'skaha delete ab12cd34', help: 'one session, after a question' },
    { command: 'skaha delete --yes reduce-1 reduce-2', help: 'two, without a question' },
    {
      command: 'skaha ps -q -k headless | skaha delete -y -',
      help: 'all pending and running jobs',
    },
  ],
  exitCodes: {
    1: 'the server refused',
    3: '',
    4: 'none of the sessions exists',
    6: '',
    7: 'some could not be deleted',
  },
  load: () => import('./delete.run.js').then((module) => module.runDelete),
});
