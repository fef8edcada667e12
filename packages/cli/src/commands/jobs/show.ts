import { defineCommand } from '../../command.js';
import { jobArgument } from './arguments.js';
import type { JobsShowOptions } from './show.run.js';

export const jobsShowCommand = defineCommand<JobsShowOptions, 'job'>({
  description:
    'Shows what became of each session of a batch: what its journal says, and the status that the platform gives now.',
  arguments: [jobArgument],
  options: {
    offline: { type: 'boolean', help: 'do not ask the platform' },
    outcome: {
      type: 'list',
      value: 'OUTCOME',
      help: 'only these: launched, completed, failed, gone, pending, rejected, unanswered, unknown, removed',
    },
  },
  formats: ['json', 'yaml', 'name'],
  fields: { names: ['index', 'name', 'id', 'outcome', 'status', 'attempts', 'error'] },
  quiet: true,
  examples: [
    { command: 'skaha jobs show fit', help: 'every session of the batch' },
    { command: 'skaha jobs show fit --outcome rejected --json', help: 'what was refused, and why' },
  ],
  exitCodes: { 3: '', 4: 'there is no such batch' },
  load: () => import('./show.run.js').then((module) => module.runJobsShow),
});
