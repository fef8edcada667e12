import { defineCommand } from '../../command.js';
import type { JobsLsOptions } from './ls.run.js';

export const jobsLsCommand = defineCommand<JobsLsOptions>({
  description:
    'Lists the batches that were launched from this machine, oldest first, as their journals tell it. It does not ask the platform.',
  options: {},
  formats: ['json', 'yaml', 'name'],
  fields: {
    names: [
      ...['job', 'name', 'image', 'server', 'state', 'sessions', 'launched', 'missing'],
      ...['failed', 'startTime', 'changeTime'],
    ],
  },
  list: true,
  quiet: true,
  examples: [
    { command: 'skaha jobs ls', help: 'all batches' },
    { command: 'skaha jobs ls -q', help: 'their names only' },
  ],
  load: () => import('./ls.run.js').then((module) => module.runJobsLs),
});
