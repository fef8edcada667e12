import type { DataFields } from '@skaha/terminal/output/field.js';
import { progressOption } from '@skaha/terminal/output/progress-option.js';
import { sessionKinds, sessionStatuses } from '@skaha/wire/kinds.js';
import type {
  ArgumentSpec,
  DurationSpec,
  FlagSpec,
  IntegerSpec,
  ListSpec,
  OptionSpec,
  TextSpec,
} from '../command.js';
import { notifyOption } from '../notify.js';

/** The sessions a command is about. */
export const sessionsArgument: ArgumentSpec<'sessions'> = {
  key: 'sessions',
  value: 'SESSION',
  help: "an id, a unique name, a pattern such as 'fit-*', a batch, 'latest', or '-' to read them from standard input",
  required: true,
  many: true,
};

/** What the result of a command on several sessions says about each. */
export const itemFields: DataFields = { names: ['id', 'name', 'ok', 'action', 'error'] };

/** The fields of a session in machine output, in the order of the Skaha API. */
export const sessionFields: DataFields = {
  names: [
    'id',
    'userid',
    'runAsUID',
    'runAsGID',
    'supplementalGroups',
    'appid',
    'image',
    'type',
    'status',
    'name',
    'startTime',
    'expiryTime',
    'connectURL',
    'requestedRAM',
    'requestedCPUCores',
    'requestedGPUCores',
    'ramInUse',
    'gpuRAMInUse',
    'cpuCoresInUse',
    'gpuUtilization',
    'isFixedResources',
  ],
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
};

/** The options with which sessions are chosen instead of named. */
export const filterOptions: {
  all: FlagSpec;
  filter: ListSpec;
  kind: TextSpec;
  status: TextSpec;
} = {
  all: { type: 'boolean', short: 'a', help: 'all your sessions' },
  filter: {
    type: 'list',
    value: 'FIELD=PATTERN',
    help: "all that match, as in name='fit-*' or status=Completed,Failed; if repeated, all must match",
  },
  kind: {
    type: 'string',
    short: 'k',
    value: 'KIND',
    choices: sessionKinds.filter((kind) => kind !== 'desktop-app'),
    help: 'all of this kind',
  },
  status: {
    type: 'string',
    short: 's',
    value: 'STATUS',
    choices: [...sessionStatuses, 'Succeeded', 'Error'],
    help: 'all with this status',
  },
};

/** The options of launching that wait for what was launched. */
export const waitOptions: {
  wait: FlagSpec;
  waitTimeout: DurationSpec;
  open: FlagSpec;
  notify: TextSpec;
} = {
  wait: { type: 'boolean', help: 'wait until all are running or, if headless, have ended' },
  waitTimeout: {
    type: 'duration',
    value: 'TIME',
    min: 1000,
    max: 604_800_000,
    help: 'time limit for --wait and --open (default: 5m; no limit when waiting for headless sessions to end)',
  },
  open: { type: 'boolean', help: 'wait until it runs, then open it in the browser' },
  notify: { ...notifyOption, help: `with --wait or --attach, ${notifyOption.help}` },
};

/** What to wait for, and how. */
export const stateOptions: {
  for: TextSpec & { default: string };
  timeout: DurationSpec;
  any: FlagSpec;
  interval: DurationSpec & { default: number };
  progress: TextSpec & { default: string };
} = {
  for: {
    type: 'string',
    value: 'STATE',
    default: 'finished',
    help: 'running (or completed), finished, deleted, expired, or status=STATUS',
  },
  timeout: {
    type: 'duration',
    value: 'TIME',
    min: 1,
    max: 2_073_600_000,
    help: 'time limit for the wait (default: no limit)',
  },
  any: { type: 'boolean', help: 'stop as soon as one session gets there' },
  interval: {
    type: 'duration',
    value: 'TIME',
    min: 10,
    max: 600_000,
    default: 2000,
    help: 'how often to ask',
  },
  progress: progressOption,
};

/** Whether and how often to look again. */
export interface WatchOptions {
  watch: boolean;
  interval: number;
}

/** The options of commands that look again and again. */
export const watchOptions: { [Key in keyof WatchOptions]: OptionSpec<WatchOptions[Key]> } = {
  watch: { type: 'boolean', short: 'w', help: 'refresh until Ctrl-C' },
  interval: {
    type: 'duration',
    value: 'TIME',
    min: 1000,
    max: 600_000,
    default: 5000,
    help: 'with --watch, how often to refresh',
  },
};

/** What is tried again, how often and how fast. */
export interface RetryOptions {
  retries?: number | undefined;
  retryOn?: string | undefined;
  backoff?: number | undefined;
  maxActive?: number | undefined;
}

/**
 * The options of launching many sessions.
 *
 * @param usual - what holds when they are left out, in the words of the help
 */
export const retryOptions = (
  usual: Readonly<Record<'backoff' | 'retries' | 'retryOn', string>>,
): {
  retries: IntegerSpec;
  retryOn: TextSpec;
  backoff: DurationSpec;
  maxActive: IntegerSpec;
} => ({
  retries: {
    type: 'integer',
    value: 'COUNT',
    min: 0,
    max: 100,
    help: `try each session again at most COUNT times${usual.retries}`,
  },
  retryOn: {
    type: 'string',
    value: 'REASONS',
    help: `what to try again: failed, rejected, or both${usual.retryOn}`,
  },
  backoff: {
    type: 'duration',
    value: 'TIME',
    min: 0,
    max: 86_400_000,
    help: `pause before the first retry, doubled each time${usual.backoff}`,
  },
  maxActive: {
    type: 'integer',
    value: 'COUNT',
    min: 1,
    max: 10_000,
    help: 'launch the next only when fewer than this are pending or running',
  },
});

/** The options of launching again and of launching: what happens with what was launched. */
export const launchOptions: typeof waitOptions & {
  attach: FlagSpec;
  rm: FlagSpec;
  progress: typeof progressOption;
  details: FlagSpec;
} = {
  ...waitOptions,
  attach: {
    type: 'boolean',
    help: 'print the output of a headless session, and exit with its result',
  },
  rm: { type: 'boolean', help: 'delete it when it has ended; after Ctrl-C ask first' },
  progress: progressOption,
  details: { type: 'boolean', help: 'with --json or --yaml, print objects instead of ids' },
};

/** What a launch says about each session, or in a dry run about each request. */
export const launchFields: DataFields = {
  names: ['index', 'name', 'id', 'image', 'method', 'path', 'parameters'],
};
