import { defineCommand } from '../../command.js';
import { jobArgument } from './arguments.js';
import type { JobsLogsOptions } from './logs.run.js';

export const jobsLogsCommand = defineCommand<JobsLogsOptions, 'job'>({
  description:
    'Prints what the sessions of a batch wrote to their standard output and error, in the order of the batch.',
  arguments: [jobArgument],
  options: {
    number: {
      type: 'list',
      short: 'i',
      value: 'NUMBER',
      help: 'only the sessions of these numbers: 7, or 1-5,9',
    },
    failed: { type: 'boolean', help: 'only the sessions that failed' },
    follow: { type: 'boolean', short: 'f', help: 'go on printing until the sessions end' },
    tail: {
      type: 'integer',
      short: 'n',
      value: 'LINES',
      min: 0,
      max: 1_000_000,
      help: 'begin with at most this many of the last lines',
    },
    timestamps: { type: 'boolean', help: 'put the time of arrival before each line' },
  },
  examples: [
    { command: 'skaha jobs logs fit --number 7', help: 'the log of one session' },
    { command: 'skaha jobs logs fit --failed --tail 20', help: 'how those that failed ended' },
  ],
  exitCodes: {
    3: '',
    4: 'there is no such batch, or none of its sessions is known any more',
    7: '',
  },
  load: () => import('./logs.run.js').then((module) => module.runJobsLogs),
});
