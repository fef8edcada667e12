import { progressOption } from '@skaha/terminal/output/progress-option.js';
import { type ArgumentSpec, defineCommand } from '../../command.js';
import type {
  JobsCancelOptions,
  JobsLogsOptions,
  JobsLsOptions,
  JobsResumeOptions,
  JobsRmOptions,
  JobsShowOptions,
} from './run.js';

/** The batch a command is about. */
export const jobArgument: ArgumentSpec<'job'> = {
  key: 'job',
  value: 'JOB',
  help: "its name, as 'skaha jobs ls' shows it",
  required: true,
};

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
  load: () => import('./run.js').then((module) => module.runJobsLs),
});

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
  load: () => import('./run.js').then((module) => module.runJobsShow),
});

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
  load: () => import('./run.js').then((module) => module.runJobsLogs),
});

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
  load: () => import('./run.js').then((module) => module.runJobsCancel),
});

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
  load: () => import('./run.js').then((module) => module.runJobsResume),
});

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
  load: () => import('./run.js').then((module) => module.runJobsRm),
});
