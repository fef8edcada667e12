import { progressOption } from '@skaha/terminal/output/progress-option.js';
import {
  argument,
  defineCommand,
  duration,
  fieldsOf,
  flag,
  integer,
  itemsOf,
  list,
  listOf,
  required,
  text,
} from '../../command.js';
import { notifyOption } from '../../environment/notify.js';
import { retryOptions, stateOptions } from '../options.js';

export const jobArgument = required('job', 'BATCH', "its name, as 'skaha jobs ls' shows it");

const itemFields = fieldsOf(
  'index name id parameters outcome status attempts exitStatus reason error',
);

export const jobsLsCommand = defineCommand({
  description:
    "Lists the batches that were launched from this machine, oldest first, with the current status of their sessions. LAUNCHED shows how many have been launched; '-' means that neither the platform nor the journal knows.",
  options: { offline: flag('do not ask the platform') },
  ...listOf(
    'job name image server state sessions launched missing pending running completed failed gone removed startTime changeTime',
  ),
  examples: { 'skaha jobs ls': 'all batches', 'skaha jobs ls -q': 'only their names' },
});

export const jobsShowCommand = defineCommand({
  description:
    'Shows what became of each session in a batch: the parameters in which it differs from the others, what the journal says, its current status on the platform, and why it failed or is waiting.',
  arguments: [jobArgument],
  options: {
    offline: flag('do not ask the platform'),
    outcome: list(
      'OUTCOME',
      'only these: launched, completed, failed, gone, pending, rejected, unanswered, unknown, removed',
    ),
  },
  ...itemsOf(itemFields),
  examples: {
    'skaha jobs show fit': 'every session in the batch',
    'skaha jobs show fit --outcome rejected --json': 'what was refused, and why',
  },
  exitCodes: { 3: '', 4: 'there is no such batch' },
});

export const jobsLogsCommand = defineCommand({
  description:
    'Prints what the sessions of a batch wrote to standard output and error, in the order of the batch. With several sessions, each line begins with the name and the parameters of its session.',
  arguments: [jobArgument],
  options: {
    number: list('NUMBER', 'only the sessions with these numbers: 7, or 1-5,9', { short: 'i' }),
    failed: flag('only failed sessions'),
    follow: flag('continue until the sessions end', { short: 'f' }),
    tail: integer('LINES', [0, 1_000_000], 'start with at most this many of the last lines', {
      short: 'n',
    }),
    timestamps: flag('put the time of arrival before each line'),
    save: text(
      'DIR',
      'write each log to a file NAME.log in this folder instead, and print the paths',
    ),
  },
  examples: {
    'skaha jobs logs fit --number 7': 'the log of one session',
    'skaha jobs logs fit --failed --tail 20': 'how those that failed ended',
    'skaha jobs logs fit --save logs': 'save them all',
  },
  exitCodes: {
    3: '',
    4: 'there is no such batch, or the platform no longer lists any of its sessions',
    7: '',
  },
});

export const jobsWaitCommand = defineCommand({
  description:
    'Waits until the sessions of a batch reach a status, including those that another program is still launching. It reports each change on standard error, and why sessions are waiting.',
  arguments: [jobArgument],
  options: { ...stateOptions, notify: notifyOption },
  ...itemsOf(itemFields),
  examples: {
    'skaha jobs wait fit': 'until all sessions have ended',
    'skaha jobs wait fit --notify desktop': 'and notify you',
    'skaha jobs wait fit --any': 'until the first has ended',
  },
  exitCodes: {
    3: '',
    4: 'there is no such batch',
    6: 'the server cannot be reached, or --timeout has passed',
    7: 'some sessions were never launched',
    8: 'a session failed',
  },
});

export const jobsCancelCommand = defineCommand({
  description:
    'Cancels a batch: launches no more of its sessions, and deletes those that have not finished. A batch that has ended stays as it is.',
  arguments: [jobArgument],
  options: { finished: flag('also delete its finished sessions'), progress: progressOption },
  ...itemsOf('id name ok action error'),
  confirms: true,
  examples: {
    'skaha jobs cancel fit': 'asks first',
    'skaha jobs cancel fit --yes --finished': 'without asking, and including finished sessions',
  },
  exitCodes: {
    1: 'failed, or another program is working on the batch',
    3: '',
    4: 'there is no such batch',
    6: '',
    7: 'some sessions could not be deleted',
  },
});

export const jobsResumeCommand = defineCommand({
  description:
    'Continues a batch after a crash, a lost connection or a full platform: launches only what has no session yet. It first looks on the platform for launches that were sent but never confirmed.',
  arguments: [jobArgument],
  options: {
    ...retryOptions({
      retries: ' (default: as at the start)',
      retryOn: ' with a comma',
      backoff: '',
    }),
    settle: duration(
      [0, 3_600_000],
      'how long to wait for an unconfirmed launch (default: depends on the speed of the platform, 10s to 3m)',
    ),
    resubmitUnknown: flag(
      'also launch items again whose earlier session may have come and gone unseen; such a session may run twice',
    ),
    registryUser: text(
      'NAME',
      'user name for the registry of a private image; the journal does not keep it',
    ),
    registrySecretStdin: flag('read its secret from standard input'),
    progress: progressOption,
  },
  ...itemsOf(itemFields),
  examples: {
    'skaha jobs resume fit': 'launch what is missing',
    'skaha jobs resume fit --retries 3': 'retry what the platform rejects, up to three times',
  },
  exitCodes: {
    1: 'failed, or the batch was cancelled, or another program is working on it',
    3: '',
    4: 'there is no such batch',
    6: '',
    7: 'some sessions are still missing',
    8: 'all were launched, and some failed',
  },
});

export const jobsRmCommand = defineCommand({
  description:
    'Removes the journals of batches. Their sessions stay as they are, but the batches can no longer be resumed. Asks before it removes the journal of an incomplete batch.',
  arguments: [argument('jobs', 'BATCH', "names, as 'skaha jobs ls' shows them", { many: true })],
  options: { complete: flag('all complete batches') },
  ...itemsOf('job ok action error'),
  confirms: true,
  examples: {
    'skaha jobs rm fit': 'remove the journal of one batch',
    'skaha jobs rm --complete': 'remove those of all complete batches',
  },
  exitCodes: { 4: 'there is no such batch', 7: 'some journals were removed and some were not' },
});
