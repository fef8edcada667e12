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
    "Lists the batches that were launched from this machine, oldest first, with the current status of their sessions. LAUNCHED shows how many have been launched; '-' means that the platform was not asked and the journal does not say.",
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
    { command: 'skaha jobs ls -q', help: 'only their names' },
  ],
  load: () => import('./run.js').then((module) => module.runJobsLs),
});

export const jobsShowCommand = defineCommand<JobsShowOptions, 'job'>({
  description:
    'Shows what became of each session in a batch: the parameters in which it differs from the others, what the journal says, its current status on the platform, and why it failed or is waiting.',
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
    { command: 'skaha jobs show fit', help: 'every session in the batch' },
    { command: 'skaha jobs show fit --outcome rejected --json', help: 'what was refused, and why' },
  ],
  exitCodes: { 3: '', 4: 'there is no such batch' },
  load: () => import('./run.js').then((module) => module.runJobsShow),
});

export const jobsLogsCommand = defineCommand<JobsLogsOptions, 'job'>({
  description:
    'Prints what the sessions of a batch wrote to standard output and error, in the order of the batch. With several sessions, each line begins with the name and the parameters of its session.',
  arguments: [jobArgument],
  options: {
    number: {
      type: 'list',
      short: 'i',
      value: 'NUMBER',
      help: 'only the sessions with these numbers: 7, or 1-5,9',
    },
    failed: { type: 'boolean', help: 'only failed sessions' },
    follow: { type: 'boolean', short: 'f', help: 'continue until the sessions end' },
    tail: {
      type: 'integer',
      short: 'n',
      value: 'LINES',
      min: 0,
      max: 1_000_000,
      help: 'start with at most this many of the last lines',
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
    { command: 'skaha jobs logs fit --save logs', help: 'save them all' },
  ],
  exitCodes: {
    3: '',
    4: 'there is no such batch, or the platform no longer lists any of its sessions',
    7: '',
  },
  load: () => import('./logs.js').then((module) => module.runJobsLogs),
});

export const jobsWaitCommand = defineCommand<JobsWaitOptions, 'job'>({
  description:
    'Waits until the sessions of a batch reach a status, including those that another program is still launching. It reports each change on standard error, and why sessions are waiting.',
  arguments: [jobArgument],
  options: { ...stateOptions, notify: notifyOption },
  formats: ['json', 'yaml', 'name'],
  fields: itemFields,
  quiet: true,
  examples: [
    { command: 'skaha jobs wait fit', help: 'until all sessions have ended' },
    { command: 'skaha jobs wait fit --notify desktop', help: 'and notify you' },
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
    'Cancels a batch: no more of its sessions are launched, and those that have not finished are deleted. A batch that has ended stays as it is.',
  arguments: [jobArgument],
  options: {
    finished: { type: 'boolean', help: 'also delete its finished sessions' },
    progress: progressOption,
  },
  formats: ['json', 'yaml', 'name'],
  fields: { names: ['id', 'name', 'ok', 'action', 'error'] },
  quiet: true,
  confirms: true,
  examples: [
    { command: 'skaha jobs cancel fit', help: 'asks first' },
    {
      command: 'skaha jobs cancel fit --yes --finished',
      help: 'without asking, and including finished sessions',
    },
  ],
  exitCodes: {
    1: 'failed, or another program is working on the batch',
    3: '',
    4: 'there is no such batch',
    6: '',
    7: 'some sessions could not be deleted',
  },
  load: () => import('./run.js').then((module) => module.runJobsCancel),
});

export const jobsResumeCommand = defineCommand<JobsResumeOptions, 'job'>({
  description:
    'Continues a batch after a crash, a lost connection or a full platform: launches what has no session yet, and nothing else. Launches that were sent but never confirmed are looked for on the platform first.',
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
      help: 'how long an unconfirmed launch may still become a session (default: depends on the speed of the platform, 10s to 3m)',
    },
    resubmitUnknown: {
      type: 'boolean',
      help: 'also launch again what was sent so long ago that its session may have come and gone; such a session may run twice',
    },
    registryUser: {
      type: 'string',
      value: 'NAME',
      help: 'user name for the registry of a private image, which the journal does not keep',
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
    1: 'failed, or the batch was cancelled, or another program is working on it',
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
    'Removes the journals of batches. Their sessions stay as they are, but the batches can no longer be resumed. Asks before it removes the journal of an incomplete batch.',
  arguments: [
    {
      key: 'jobs',
      value: 'JOB',
      help: "names, as 'skaha jobs ls' shows them",
      many: true,
    },
  ],
  options: {
    complete: { type: 'boolean', help: 'all complete batches' },
  },
  formats: ['json', 'yaml', 'name'],
  fields: { names: ['job', 'ok', 'action', 'error'] },
  quiet: true,
  confirms: true,
  examples: [
    { command: 'skaha jobs rm fit', help: 'remove the journal of one batch' },
    { command: 'skaha jobs rm --complete', help: 'remove all that need not be resumed' },
  ],
  exitCodes: { 4: 'there is no such batch', 7: 'some journals were removed and some were not' },
  load: () => import('./run.js').then((module) => module.runJobsRm),
});
