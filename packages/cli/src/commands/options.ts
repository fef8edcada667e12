import { progressOption } from '@skaha/terminal/output/progress-option.js';
import { launchableKinds, sessionStatuses } from '@skaha/wire/kinds.js';
import {
  duration,
  fieldsOf,
  flag,
  integer,
  list,
  type OptionValues,
  required,
  text,
} from '../command.js';
import { notifyOption } from '../environment/notify.js';

export const sessionsArgument = required(
  'sessions',
  'SESSION',
  "an id, a unique name, a pattern such as 'fit-*', a batch, 'latest', or '-' to read them from standard input",
  { many: true },
);

/** What the result of a command on several sessions says about each. */
export const itemFields = fieldsOf('id name ok action error');

/** The fields of a session in machine output, in the order of the Skaha API. */
export const sessionFields = fieldsOf(
  'id userid runAsUID runAsGID supplementalGroups appid image type status name startTime expiryTime connectURL requestedRAM requestedCPUCores requestedGPUCores ramInUse gpuRAMInUse cpuCoresInUse gpuUtilization isFixedResources',
  {
    aliases: {
      kind: 'type',
      user: 'userid',
      started: 'startTime',
      expires: 'expiryTime',
      url: 'connectURL',
      cores: 'requestedCPUCores',
      memory: 'requestedRAM',
      gpus: 'requestedGPUCores',
    },
    open: true,
  },
);

/** The statuses that sessions are chosen by, with other words for `Completed` and `Failed`. */
export const statusChoices = [...sessionStatuses, 'Succeeded', 'Error'];

/** The options with which sessions are chosen instead of named. */
export const filterOptions = {
  all: flag('all your sessions', { short: 'a' }),
  filter: list(
    'FIELD=PATTERN',
    "all that match, as in name='fit-*' or status=Completed,Failed; if repeated, all must match",
  ),
  kind: text('KIND', 'all of this kind', { short: 'k', choices: launchableKinds }),
  status: text('STATUS', 'all with this status', { short: 's', choices: statusChoices }),
};

/** What to wait for, and how. */
export const stateOptions = {
  for: text('STATE', 'running (or ready), finished, deleted, expired, or status=STATUS', {
    default: 'finished',
  }),
  timeout: duration([1, 2_073_600_000], 'time limit for the wait (default: no limit)'),
  any: flag('stop as soon as one session reaches it'),
  interval: duration([10, 600_000], 'how often to ask', { default: 2000 }),
  progress: progressOption,
};

/** The options of commands that look again and again. */
export const watchOptions = {
  watch: flag('refresh until Ctrl-C', { short: 'w' }),
  interval: duration([1000, 600_000], 'with --watch, how often to refresh', { default: 5000 }),
};

export type WatchOptions = OptionValues<typeof watchOptions>;

export const retryOptions = (
  usual: Readonly<Record<'backoff' | 'retries' | 'retryOn', string>>,
) => ({
  retries: integer('COUNT', [0, 100], `retry each session at most COUNT times${usual.retries}`),
  retryOn: text('REASONS', `what to retry: failed, rejected, or both${usual.retryOn}`),
  backoff: duration(
    [0, 86_400_000],
    `pause before the first retry, doubled each time${usual.backoff}`,
  ),
  maxActive: integer(
    'COUNT',
    [1, 10_000],
    'launch the next only when fewer than this are pending or running',
  ),
});

/** What is tried again, how often and how fast. */
export type RetryOptions = OptionValues<ReturnType<typeof retryOptions>>;

/** The options of launching again and of launching: what happens with what was launched. */
export const launchOptions = {
  wait: flag('wait until all are running or, if headless, have ended'),
  waitTimeout: duration(
    [1000, 604_800_000],
    'time limit for --wait and --open (default: 5m; no limit when waiting for headless sessions to end)',
  ),
  open: flag('wait until it runs, then open it in the browser'),
  notify: { ...notifyOption, help: `with --wait or --attach, ${notifyOption.help}` },
  attach: flag('print the output of a headless session, and exit with its result'),
  rm: flag('delete it after it has ended; after Ctrl-C, ask first'),
  progress: progressOption,
  details: flag('with --json or --yaml, print objects instead of ids'),
};

/** What a launch says about each session, or in a dry run about each request. */
export const launchFields = fieldsOf('index name id image method path parameters');
