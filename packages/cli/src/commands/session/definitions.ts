import { progressOption } from '@skaha/terminal/output/progress-option.js';
import { sessionKinds } from '@skaha/wire/kinds.js';
import {
  argument,
  defineCommand,
  documentOf,
  duration,
  fieldsOf,
  flag,
  integer,
  itemsOf,
  listOf,
  required,
  text,
} from '../../command.js';
import { notifyOption } from '../../environment/notify.js';
import {
  filterOptions,
  itemFields,
  sessionFields,
  sessionsArgument,
  stateOptions,
  statusChoices,
  watchOptions,
} from '../options.js';

const optionalSessions = { ...sessionsArgument, required: false } as const;

const followInterval = duration([100, 600_000], 'with --follow, how often to ask', {
  default: 2000,
});

const longestPastMs = 315_360_000_000;

/** Statuses of every command about sessions that are named. */
const namedExits = { 3: '', 4: 'none of the sessions exists', 6: '' };

export const psCommand = defineCommand({
  description:
    'Lists your sessions, oldest first. Without --all, --status or a filter on the status, only pending and running ones are shown. With --watch the list is refreshed on a terminal; elsewhere each change is a line of JSON.',
  options: {
    all: flag('show finished sessions too', { short: 'a' }),
    kind: text('KIND', 'only this kind', { short: 'k', choices: sessionKinds }),
    status: text('STATUS', 'only this status; finished ones need no --all', {
      short: 's',
      choices: statusChoices,
    }),
    since: duration(
      [1000, longestPastMs],
      'only sessions that started within this time, or have not started yet',
    ),
    ...watchOptions,
  },
  formats: ['wide', 'json', 'yaml', 'name'],
  fields: sessionFields,
  list: true,
  quiet: true,
  examples: {
    'skaha ps': 'pending and running sessions',
    'skaha ps --all --kind headless': 'every batch job, including finished ones',
    'skaha ps -q | skaha info -': 'details of all of them',
    "skaha ps --filter name='fit-*' --since 2d --sort-by -startTime": 'some of them, newest first',
    'skaha ps -o csv --fields id,name,status': 'for a spreadsheet',
    'skaha ps -w': 'keep watching them',
  },
  exitCodes: { 3: '', 6: '' },
});

export const topCommand = defineCommand({
  description:
    'Shows how much of their requested resources running sessions use, busiest first. With --watch the list is refreshed on a terminal; elsewhere each update is a line of JSON.',
  arguments: [
    argument(
      'sessions',
      'SESSION',
      "an id, a unique name, 'latest', or '-' to read them from standard input; by default all running sessions",
      { many: true },
    ),
  ],
  options: { ...watchOptions },
  ...listOf('id name kind status cores memoryGiB gpus gpuUtilization'),
  examples: {
    'skaha top': 'who is busy?',
    'skaha top -w --interval 10s': 'keep watching',
    'skaha top --sort-by -memoryGiB.used --limit 5': 'most memory first',
  },
  exitCodes: { ...namedExits, 7: 'some of them do not exist' },
});

export const infoCommand = defineCommand({
  description: 'Shows everything that the server reports about sessions.',
  arguments: [optionalSessions],
  options: { ...filterOptions },
  ...itemsOf(sessionFields),
  quiet: false,
  examples: {
    'skaha info ab12cd34': 'one session by its id',
    'skaha info reduce latest': 'one by its name, and the newest one',
    'skaha ps -q | skaha info - --json': 'all running sessions, for a program',
  },
  exitCodes: { ...namedExits, 7: 'some of them do not exist' },
});

export const eventFields = fieldsOf('id type reason message firstTime lastTime');

export const eventsCommand = defineCommand({
  description:
    'Shows what the platform did for sessions, or why it could not: scheduling, pulling the image, starting, failing. Oldest first. With --follow it also prints new and changed events until the sessions have ended.',
  arguments: [sessionsArgument],
  options: {
    follow: flag('continue until the sessions end', { short: 'f' }),
    types: text('TYPES', 'only these types, separated by commas: Normal, Warning', { short: 't' }),
    since: duration([1000, longestPastMs], 'only what happened within this time'),
    raw: flag('the text as the server sent it'),
    interval: followInterval,
  },
  ...documentOf(eventFields),
  list: true,
  examples: {
    'skaha events ab12cd34': 'why is it still pending?',
    'skaha events -f reduce --types Warning': 'follow what goes wrong',
    'skaha events reduce-1 reduce-2 --json': 'of two sessions, for a program',
  },
  exitCodes: { ...namedExits, 7: 'some of them do not exist' },
});

export const logsCommand = defineCommand({
  description:
    'Prints what sessions wrote to standard output and standard error, unchanged. With several sessions, each line begins with NAME/ID. The platform does not record times: --timestamps shows when a line arrived here.',
  arguments: [optionalSessions],
  options: {
    ...filterOptions,
    follow: flag('continue until the session ends', { short: 'f' }),
    tail: integer('LINES', [0, Number.MAX_SAFE_INTEGER], 'only the last lines', { short: 'n' }),
    new: flag('with --follow, only what is written from now on'),
    sinceStart: flag('from the first line, the default without --follow'),
    timestamps: flag('begin lines with the time (UTC) at which they arrived'),
    prefix: flag('begin lines with NAME/ID, even for a single session'),
    interval: followInterval,
  },
  examples: {
    'skaha logs ab12cd34': 'the whole log',
    'skaha logs -f --tail 20 reduce': 'the last lines, and whatever follows',
    'skaha ps -q | skaha logs -f --new -': 'follow all running sessions',
  },
  exitCodes: { ...namedExits, 7: 'some logs could not be read' },
});

export const openCommand = defineCommand({
  description:
    'Opens running sessions in the browser. If no browser can be started, the addresses are printed.',
  arguments: [sessionsArgument],
  options: {
    print: flag('only print the addresses'),
    wait: flag('wait until the sessions are running'),
    waitTimeout: duration([1000, 86_400_000], 'longest time for --wait', { default: 300_000 }),
    progress: progressOption,
  },
  ...documentOf('id name ok action error url'),
  examples: {
    'skaha open notebook1': 'open a notebook',
    'skaha open --wait latest': 'the newest session, as soon as it runs',
    'skaha open --print ab12cd34': 'only its address',
  },
  exitCodes: { ...namedExits, 1: 'none of the sessions is ready', 7: 'some could not be opened' },
});

export const waitCommand = defineCommand({
  description:
    'Waits until sessions reach a status, and reports each change on standard error. If a session fails first, the command exits with status 8.',
  arguments: [optionalSessions],
  options: { ...filterOptions, ...stateOptions, notify: notifyOption },
  ...itemsOf(sessionFields),
  examples: {
    'skaha wait reduce-1 reduce-2': 'until both jobs have ended',
    'skaha wait notebook1 --for running --timeout 10m': 'until it can be opened',
    "skaha wait 'fit-*'": 'all whose names match; patterns cover batches, too',
    'skaha create headless IMAGE -q -r 8 -- CMD | skaha wait -': 'all sessions of a batch',
  },
  exitCodes: {
    3: '',
    4: 'one of the sessions does not exist',
    6: 'the server cannot be reached, or --timeout has passed',
    8: 'a session failed, or can no longer reach the status',
  },
});

export const renewCommand = defineCommand({
  description:
    'Gives sessions their full lifetime again, counted from now. The server never shortens a lifetime: if more time is left than that, nothing changes.',
  arguments: [optionalSessions],
  options: {
    all: { ...filterOptions.all, help: 'all running sessions' },
    filter: {
      ...filterOptions.filter,
      help: "all running sessions that match, as in name='fit-*'",
    },
    kind: { ...filterOptions.kind, help: 'all running sessions of this kind' },
    whenBelow: duration(
      [0, 31_536_000_000],
      'only those with less time left, of all running sessions unless some are given',
    ),
  },
  ...itemsOf('id name ok action error before after changed'),
  examples: {
    'skaha renew notebook1': 'keep a notebook',
    'skaha renew --all': 'keep everything that is running',
    'skaha renew --when-below 24h': 'for cron: what would expire within a day',
  },
  exitCodes: { ...namedExits, 1: 'the server refused', 7: 'some could not be renewed' },
});

export const deleteCommand = defineCommand({
  description:
    'Ends sessions and removes them with their logs. Looks them up first, because servers report success even for sessions that do not exist.',
  arguments: [optionalSessions],
  options: { ...filterOptions, progress: progressOption },
  ...itemsOf(itemFields),
  confirms: true,
  examples: {
    'skaha delete ab12cd34': 'one session; asks first',
    'skaha delete --yes reduce-1 reduce-2': 'two, without asking',
    'skaha ps -q -k headless | skaha delete -y -': 'all pending and running jobs',
    "skaha delete --kind headless --status Completed --filter 'name=fit-*'":
      'those that match; lists their names and asks first',
  },
  exitCodes: { ...namedExits, 1: 'the server refused', 7: 'some could not be deleted' },
});

export const pruneCommand = defineCommand({
  description:
    'Deletes the sessions whose names match, after showing them: finished headless ones unless you say otherwise.\nPlain text matches names that begin with it; a pattern with * or ? has to match the complete name; text with other special characters is a regular expression that may match anywhere in the name.',
  arguments: [
    required('selector', 'NAME', 'which names'),
    argument('kind', 'KIND', 'only this kind (default headless)', {
      choices: [...sessionKinds, 'all'],
    }),
    argument('status', 'STATUS', 'only this status (default: any finished one)', {
      choices: [...statusChoices, 'all'],
    }),
  ],
  options: {
    prefix: flag('NAME is the beginning of names'),
    glob: flag('NAME is a pattern with * and ?'),
    regex: flag('NAME is a regular expression'),
    olderThan: duration(
      [0, longestPastMs],
      'only sessions that started longer ago than this, for example 2d',
    ),
    dryRun: flag('only show them, delete nothing'),
    progress: progressOption,
  },
  ...itemsOf({ ...sessionFields, names: [...itemFields.names, ...sessionFields.names] }),
  confirms: true,
  examples: {
    'skaha prune reduce': 'finished jobs reduce, reduce-1, reduce-2, …',
    "skaha prune 'fit-*' --older-than 2d --yes": 'old ones, without asking',
    'skaha prune note notebook Running --dry-run': 'see what would be deleted',
  },
  exitCodes: { 3: '', 6: '', 7: 'some could not be deleted' },
});

const runningSession = required('session', 'SESSION', "an id, a unique name or 'latest'");

const execExits = {
  1: 'the session is not running, or the server has no such call',
  3: '',
  4: '',
  6: '',
};

export const execCommand = defineCommand({
  description:
    'Runs a command in a session that is already running: as its user, in its home, with its files, variables and limits. Standard input, output and error are connected to the command, and it has a terminal if you do. Exits with the exit status of the command. Only the local platform can do this; servers of the CANFAR Science Platform cannot.',
  arguments: [runningSession],
  rest: required('command', 'COMMAND', 'the command to run and its arguments, after --', {
    many: true,
  }),
  options: {
    tty: flag('give it a terminal even if standard input or output is not one', {
      short: 't',
      aliases: ['terminal'],
    }),
    noTty: flag('do not give it a terminal even if both are', { short: 'T' }),
    interactive: flag('pass on standard input; this is the default if something is piped in', {
      short: 'i',
    }),
  },
  examples: {
    'skaha exec fit -- ls -l': 'list the files of a session',
    'skaha exec fit -- python': 'work in it on a terminal',
    'skaha exec fit -- wc -l < stars.csv': 'with input from a file',
  },
  exitCodes: execExits,
});

export const shellCommand = defineCommand({
  description:
    "Opens a shell in a running session, on your terminal: bash if it is installed, otherwise sh. The same as 'skaha exec SESSION -- bash'. Leave it with exit or Ctrl-D.",
  arguments: [runningSession],
  examples: {
    'skaha shell fit': 'look around in a session',
    'skaha shell latest': 'in the session that was launched last',
  },
  exitCodes: execExits,
});
