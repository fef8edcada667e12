import { progressOption } from '@skaha/terminal/output/progress-option.js';
import { type ArgumentSpec, defineCommand } from '../../command.js';
import { notifyOption } from '../../notify.js';
import { retryOptions, stateOptions } from '../options.js';
import type { JobsLogsOptions } from './logs.js';
import type {
  JobsCancelOptions,
  JobsLsOptions,
  JobsResumeOptions,
  JobsRmOptions,
  JobsShowOptions,
} from './run.js';
import type { JobsWaitOptions } from './wait.js';

/** The batch a command is about. */
export const jobArgument: ArgumentSpec<'job'> = {
  key: 'job',
  value: 'JOB',
  help: "its name, as 'skaha jobs ls' shows it",
  required: true,
};

const itemFields = {
  names: [
    ...['index', 'name', 'id', 'parameters', 'outcome', 'status', 'attempts'],
    ...['exitStatus', 'reason', 'error'],
  ],
};

export const jobsLsCommand = defineCommand<JobsLsOptions>({
  description:
    "Lists the batches that were launched from this machine, oldest first, with what the platform says about their sessions now. LAUNCHED says how many of them have been launched; '-' stands where the platform was not asked and the journal does not know.",
  options: { offline: { type: 'boolean', help: 'do not ask the platform' } },
  formats: ['json', 'yaml', 'name'],
  fields: {
    names: [
      ...['job', 'name', 'image', 'server', 'state', 'sessions', 'launched', 'missing'],
      ...['pending', 'running', 'completed', 'failed', 'gone', 'removed'],
      ...['startTime', 'changeTime'],
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
    'Shows what became of each session of a batch: the parameters in which it differs from the others, what its journal says, the status that the platform gives now, and why it failed or waits.',
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
  fields: itemFields,
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
    'Prints what the sessions of a batch wrote to their standard output and error, in the order of the batch. With several sessions each line begins with the name and the parameters of its session.',
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
    save: {
      type: 'string',
      value: 'DIR',
      help: 'write each log to a file NAME.log in this folder instead, and print the paths',
    },
  },
  examples: [
    { command: 'skaha jobs logs fit --number 7', help: 'the log of one session' },
    { command: 'skaha jobs logs fit --failed --tail 20', help: 'how those that failed ended' },
    { command: 'skaha jobs logs fit --save logs', help: 'keep them all' },
  ],
  exitCodes: {
    3: '',
    4: 'there is no such batch, or none of its sessions is known any more',
    7: '',
  },
  load: () => import('./logs.js').then((module) => module.runJobsLogs),
});

export const jobsWaitCommand = defineCommand<JobsWaitOptions, 'job'>({
  description:
    'Waits until the sessions of a batch get to a state, also those that another program is still launching. It tells each change on standard error, and why sessions wait.',
  arguments: [jobArgument],
  options: { ...stateOptions, notify: notifyOption },
  formats: ['json', 'yaml', 'name'],
  fields: itemFields,
  quiet: true,
  examples: [
    { command: 'skaha jobs wait fit', help: 'until all sessions have ended' },
    { command: 'skaha jobs wait fit --notify desktop', help: 'and say so' },
    { command: 'skaha jobs wait fit --any', help: 'until the first has ended' },
  ],
  exitCodes: {
    3: '',
    4: 'there is no such batch',
    6: 'the server cannot be reached, or --timeout has passed',
    7: 'some sessions were never launched',
    8: 'a session failed',
  },
  load: () => import('./wait.js').then((module) => module.runJobsWait),
});

export const jobsCancelCommand = defineCommand<JobsCancelOptions, 'job'>({
  description:
    'Cancels a batch: nothing more of it is launched, and its sessions that have not finished are deleted. A batch that is over stays as it is.',
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
    ...retryOptions({
      retries: ' (default: as at the start)',
      retryOn: ' with a comma',
      backoff: '',
    }),
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
  fields: itemFields,
  quiet: true,
  examples: [
    { command: 'skaha jobs resume fit', help: 'launch what is missing' },
    {
      command: 'skaha jobs resume fit --retries 3',
      help: 'retry what the platform rejects, up to three times',
    },
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
