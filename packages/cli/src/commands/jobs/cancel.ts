import { progressOption } from '@skaha/terminal/output/progress-option.js';
import { defineCommand } from '../../command.js';
import { jobArgument } from './arguments.js';
import type { JobsCancelOptions } from './cancel.run.js';

export const jobsCancelCommand = defineCommand<JobsCancelOptions, 'job'>({
  description:
    'Cancels a batch: nothing more of it is launched, and its sessions that have not finished are deleted.',
  arguments: [jobArgument],
  options: {
    finished: { type: 'boolean', help: 'delete its finished sessions as well' },
    progress: progressOption,
  },
  formats: ['json', 'yaml', 'name'],
  fields: { names: ['id', 'name', 'ok', 'action', 'error'] },
  quiet: true,
  confirms: true,
  examples: [
    { command: 'skaha jobs cancel fit', help: 'after asking' },
    { command: 'skaha jobs cancel fit --yes --finished', help: 'without, and leaving nothing' },
  ],
  exitCodes: {
    1: 'failed, or another program works on the batch',
    3: '',
    4: 'there is no such batch',
    6: '',
    7: 'some sessions could not be deleted',
  },
  load: () => import('./cancel.run.js').then((module) => module.runJobsCancel),
});
