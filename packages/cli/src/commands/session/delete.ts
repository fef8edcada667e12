import { progressOption } from '@skaha/terminal/output/progress-option.js';
import { defineCommand } from '../../command.js';
import { sessionsArgument } from './arguments.js';
import type { DeleteOptions } from './delete.run.js';
import { filterOptions } from './filter-options.js';
import { itemFields } from './item-fields.js';

export const deleteCommand = defineCommand<DeleteOptions, 'sessions'>({
  description:
    'Ends sessions and removes them with their logs. Looks them up first, because servers answer "done" for sessions that do not exist.',
  arguments: [{ ...sessionsArgument, required: false }],
  options: { ...filterOptions, progress: progressOption },
  formats: ['json', 'yaml', 'name'],
  fields: itemFields,
  quiet: true,
  confirms: true,
  examples: [
    { command: 'skaha delete ab12cd34', help: 'one session, after a question' },
    { command: 'skaha delete --yes reduce-1 reduce-2', help: 'two, without a question' },
    {
      command: 'skaha ps -q -k headless | skaha delete -y -',
      help: 'all pending and running jobs',
    },
    {
      command: "skaha delete --kind headless --status Completed --filter 'name=fit-*'",
      help: 'what fits, after a question with their names',
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
