import { progressOption } from '@skaha/terminal/output/progress-option.js';
import { defineCommand } from '../../command.js';
import { jobArgument } from './arguments.js';
import type { JobsResumeOptions } from './resume.run.js';

export const jobsResumeCommand = defineCommand<JobsResumeOptions, 'job'>({
  description:
    'Goes on with a batch after a crash, a lost network or a full platform: launches what has no session yet and nothing else. What was sent without an answer is looked for on the platform first.',
  arguments: [jobArgument],
  options: {
    retries: {
      type: 'integer',
      value: 'COUNT',
      min: 0,
      max: 100,
      help: 'try each session again, at most so often (default: as at the start)',
    },
    retryOn: {
      type: 'string',
      value: 'REASONS',
      help: 'what is tried again: failed, rejected, or both with a comma',
    },
    backoff: {
      type: 'duration',
      value: 'TIME',
      min: 0,
      max: 86_400_000,
      help: 'pause before the first retry, doubled each time',
    },
    maxActive: {
      type: 'integer',
      value: 'COUNT',
      min: 1,
      max: 10_000,
      help: 'launch the next only when fewer than this are pending or running',
    },
    settle: {
      type: 'duration',
      value: 'TIME',
      min: 0,
      max: 3_600_000,
      help: 'how long after it was sent a launch without an answer may still become a session (default: by the speed of the platform, 10s to 3m)',
    },
    resubmitUnknown: {
      type: 'boolean',
      help: 'launch again what was sent so long ago that its session may have come and gone; it may then run twice',
    },
    registryUser: {
      type: 'string',
      value: 'NAME',
      help: 'user name at the registry of a private image, which the journal does not keep',
    },
    registrySecretStdin: { type: 'boolean', help: 'read its secret from standard input' },
    progress: progressOption,
  },
  formats: ['json', 'yaml', 'name'],
  fields: { names: ['index', 'name', 'id', 'outcome', 'status', 'attempts', 'error'] },
  quiet: true,
  examples: [
    { command: 'skaha jobs resume fit', help: 'launch what is missing' },
    { command: 'skaha jobs resume fit --retries 3', help: 'and what the platform rejects, thrice' },
  ],
  exitCodes: {
    1: 'failed, or the batch is cancelled or another program works on it',
    3: '',
    4: 'there is no such batch',
    6: '',
    7: 'some sessions are still missing',
    8: 'all were launched, and some failed',
  },
  load: () => import('./resume.run.js').then((module) => module.runJobsResume),
});
