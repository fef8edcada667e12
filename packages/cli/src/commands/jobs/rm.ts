import { defineCommand } from '../../command.js';
import type { JobsRmOptions } from './rm.run.js';

export const jobsRmCommand = defineCommand<JobsRmOptions, 'jobs'>({
  description:
    'Removes the journals of batches. Their sessions stay as they are, but the batches cannot be resumed any more. Asks before it forgets a batch of which something is missing.',
  arguments: [
    {
      key: 'jobs',
      value: 'JOB',
      help: "names, as 'skaha jobs ls' shows them",
      many: true,
    },
  ],
  options: {
    complete: { type: 'boolean', help: 'all batches of which nothing is missing' },
  },
  formats: ['json', 'yaml', 'name'],
  fields: { names: ['job', 'ok', 'action', 'error'] },
  quiet: true,
  confirms: true,
  examples: [
    { command: 'skaha jobs rm fit', help: 'forget one batch' },
    { command: 'skaha jobs rm --complete', help: 'forget all that need not be resumed' },
  ],
  exitCodes: { 4: 'there is no such batch', 7: 'some journals were removed and some were not' },
  load: () => import('./rm.run.js').then((module) => module.runJobsRm),
});
