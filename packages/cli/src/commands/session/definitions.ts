import { progressOption } from '@skaha/terminal/output/progress-option.js';
import { sessionKinds, sessionStatuses } from '@skaha/wire/kinds.js';
import { defineCommand } from '../../command.js';
import { notifyOption } from '../../notify.js';
import {
  filterOptions,
  itemFields,
  sessionFields,
  sessionsArgument,
  stateOptions,
  watchOptions,
} from '../options.js';
import type { DeleteOptions, PruneOptions, RenewOptions } from './change.js';
import type { EventsOptions } from './events.js';
import type { InfoOptions } from './info.js';
import type { PsOptions, TopOptions } from './list.js';
import type { LogsOptions } from './logs.js';
import type { OpenOptions } from './open.js';
import type { WaitCommandOptions } from './wait.js';

export const psCommand = defineCommand<PsOptions>({
  description:
    'Lists your sessions, oldest first. Without --all, --status or a filter on the status, only pending and running ones are shown. With --watch the list is refreshed on a terminal; elsewhere each change is a line of JSON.',
  options: {
    all: { type: 'boolean', short: 'a', help: 'show finished sessions too' },
    kind: {
      type: 'string',
      short: 'k',
      value: 'KIND',
      choices: sessionKinds,
      help: 'only this kind',
    },
    status: {
      type: 'string',
      short: 's',
      value: 'STATUS',
      choices: [...sessionStatuses, 'Succeeded', 'Error'],
      help: 'only this status; finished ones need no --all',
    },
    since: {
      type: 'duration',
      value: 'TIME',
      min: 1000,
      max: 315_360_000_000,
      help: 'only sessions that started within this time, or have not started yet',
    },
    ...watchOptions,
  },
  formats: ['wide', 'json', 'yaml', 'name'],
  fields: sessionFields,
  list: true,
  quiet: true,
  examples: [
    { command: 'skaha ps', help: 'pending and running sessions' },
    { command: 'skaha ps --all --kind headless', help: 'every batch job, including finished ones' },
    { command: 'skaha ps -q | skaha info -', help: 'details of all of them' },
    {
      command: "skaha ps --filter name='fit-*' --since 2d --sort-by -startTime",
      help: 'some of them, newest first',
    },
    { command: 'skaha ps -o csv --fields id,name,status', help: 'for a spreadsheet' },
    { command: 'skaha ps -w', help: 'keep watching them' },
  ],
  exitCodes: { 3: '', 6: '' },
  load: () => import('./list.js').then((module) => module.runPs),
});

export const topCommand = defineCommand<TopOptions, 'sessions'>({
  description:
    'Shows how much running sessions use of what they asked for, busiest first. With --watch the list is refreshed on a terminal; elsewhere each update is a line of JSON.',
  arguments: [
    {
      key: 'sessions',
      value: 'SESSION',
      help: "an id, a unique name, 'latest', or '-' to read them from standard input; by default all running sessions",
      many: true,
    },
  ],
  options: { ...watchOptions },
  formats: ['json', 'yaml', 'name'],
  fields: {
    names: ['id', 'name', 'kind', 'status', 'cores', 'memoryGiB', 'gpus', 'gpuUtilization'],
  },
  list: true,
  quiet: true,
  examples: [
    { command: 'skaha top', help: 'who is busy?' },
    { command: 'skaha top -w --interval 10s', help: 'keep watching' },
    { command: 'skaha top --sort-by -memoryGiB.used --limit 5', help: 'most memory first' },
  ],
  exitCodes: { 3: '', 4: 'none of the sessions exists', 6: '', 7: 'some of them do not exist' },
  load: () => import('./list.js').then((module) => module.runTop),
});

export const infoCommand = defineCommand<InfoOptions, 'sessions'>({
  description: 'Shows everything that the server reports about sessions.',
  arguments: [{ ...sessionsArgument, required: false }],
  options: { ...filterOptions },
  formats: ['json', 'yaml', 'name'],
  fields: sessionFields,
  examples: [
    { command: 'skaha info ab12cd34', help: 'one session by its id' },
    { command: 'skaha info reduce latest', help: 'one by its name, and the newest one' },
    { command: 'skaha ps -q | skaha info - --json', help: 'all running sessions, for a program' },
  ],
  exitCodes: { 3: '', 4: 'none of the sessions exists', 6: '', 7: 'some of them do not exist' },
  load: () => import('./info.js').then((module) => module.runInfo),
});

export const eventsCommand = defineCommand<EventsOptions, 'sessions'>({
  description:
    'Shows what the platform did for sessions, or why it could not: scheduling, pulling the image, starting, failing. Oldest first. With --follow, new and changed events are added until the sessions have ended.',
  arguments: [sessionsArgument],
  options: {
    follow: { type: 'boolean', short: 'f', help: 'continue until the sessions end' },
    types: {
      type: 'string',
      short: 't',
      value: 'TYPES',
      help: 'only these types, separated by commas: Normal, Warning',
    },
    since: {
      type: 'duration',
      value: 'TIME',
      min: 1000,
      max: 315_360_000_000,
      help: 'only what happened within this time',
    },
    raw: { type: 'boolean', help: 'the text as the server sent it' },
    interval: {
      type: 'duration',
      value: 'TIME',
      min: 100,
      max: 600_000,
      default: 2000,
      help: 'with --follow, how often to ask',
    },
  },
  formats: ['json', 'yaml'],
  fields: { names: ['id', 'type', 'reason', 'message', 'firstTime', 'lastTime'] },
  list: true,
  examples: [
    { command: 'skaha events ab12cd34', help: 'why is it still pending?' },
    { command: 'skaha events -f reduce --types Warning', help: 'follow what goes wrong' },
    { command: 'skaha events reduce-1 reduce-2 --json', help: 'of two sessions, for a program' },
  ],
  exitCodes: { 3: '', 4: 'none of the sessions exists', 6: '', 7: 'some of them do not exist' },
  load: () => import('./events.js').then((module) => module.runEvents),
});

export const logsCommand = defineCommand<LogsOptions, 'sessions'>({
  description:
    'Prints what sessions wrote to standard output and standard error, unchanged. With several sessions, each line begins with NAME/ID. The platform does not record times: --timestamps shows when a line arrived here.',
  arguments: [{ ...sessionsArgument, required: false }],
  options: {
    ...filterOptions,
    follow: { type: 'boolean', short: 'f', help: 'continue until the session ends' },
    tail: {
      type: 'integer',
      short: 'n',
      value: 'LINES',
      min: 0,
      max: Number.MAX_SAFE_INTEGER,
      help: 'only the last lines',
    },
    new: { type: 'boolean', help: 'with --follow, only what is written from now on' },
    sinceStart: { type: 'boolean', help: 'from the first line, the default without --follow' },
    timestamps: { type: 'boolean', help: 'begin lines with the time (UTC) at which they arrived' },
    prefix: { type: 'boolean', help: 'begin lines with NAME/ID, even for a single session' },
    interval: {
      type: 'duration',
      value: 'TIME',
      min: 100,
      max: 600_000,
      default: 2000,
      help: 'with --follow, how often to ask',
    },
  },
  examples: [
    { command: 'skaha logs ab12cd34', help: 'the whole log' },
    { command: 'skaha logs -f --tail 20 reduce', help: 'the last lines, and whatever follows' },
    { command: 'skaha ps -q | skaha logs -f --new -', help: 'follow all running sessions' },
  ],
  exitCodes: { 3: '', 4: 'none of the sessions exists', 6: '', 7: 'some logs could not be read' },
  load: () => import('./logs.js').then((module) => module.runLogs),
});

export const openCommand = defineCommand<OpenOptions, 'sessions'>({
  description:
    'Opens running sessions in the browser. If no browser can be started, the addresses are printed.',
  arguments: [sessionsArgument],
  options: {
    print: { type: 'boolean', help: 'only print the addresses' },
    wait: { type: 'boolean', help: 'wait until the sessions are running' },
    waitTimeout: {
      type: 'duration',
      value: 'TIME',
      min: 1000,
      max: 86_400_000,
      default: 300_000,
      help: 'longest time for --wait',
    },
    progress: progressOption,
  },
  formats: ['json', 'yaml'],
  fields: { names: ['id', 'name', 'ok', 'action', 'error', 'url'] },
  examples: [
    { command: 'skaha open notebook1', help: 'open a notebook' },
    { command: 'skaha open --wait latest', help: 'the newest session, as soon as it runs' },
    { command: 'skaha open --print ab12cd34', help: 'only its address' },
  ],
  exitCodes: {
    1: 'none of the sessions is ready',
    3: '',
    4: 'none of the sessions exists',
    6: '',
    7: 'some could not be opened',
  },
  load: () => import('./open.js').then((module) => module.runOpen),
});

export const waitCommand = defineCommand<WaitCommandOptions, 'sessions'>({
  description:
    'Waits until sessions reach a status, and reports each change on standard error. If a session fails on the way, the command ends with exit status 8.',
  arguments: [{ ...sessionsArgument, required: false }],
  options: {
    ...filterOptions,
    ...stateOptions,
    notify: notifyOption,
  },
  formats: ['json', 'yaml', 'name'],
  fields: sessionFields,
  quiet: true,
  examples: [
    { command: 'skaha wait reduce-1 reduce-2', help: 'until both jobs have ended' },
    { command: 'skaha wait notebook1 --for running --timeout 10m', help: 'until it can be opened' },
    { command: "skaha wait 'fit-*'", help: 'all whose names match; patterns cover batches, too' },
    {
      command: 'skaha create headless IMAGE -q -r 8 -- CMD | skaha wait -',
      help: 'all sessions of a batch',
    },
  ],
  exitCodes: {
    3: '',
    4: 'one of the sessions does not exist',
    6: 'the server cannot be reached, or --timeout has passed',
    8: 'a session failed, or can no longer reach the status',
  },
  load: () => import('./wait.js').then((module) => module.runWait),
});

export const renewCommand = defineCommand<RenewOptions, 'sessions'>({
  description:
    'Gives sessions their full lifetime again, counted from now. The server never shortens a lifetime: if more time is left than that, nothing changes.',
  arguments: [{ ...sessionsArgument, required: false }],
  options: {
    all: { ...filterOptions.all, help: 'all running sessions' },
    filter: {
      ...filterOptions.filter,
      help: "all running sessions that match, as in name='fit-*'",
    },
    kind: { ...filterOptions.kind, help: 'all running sessions of this kind' },
    whenBelow: {
      type: 'duration',
      value: 'TIME',
      min: 0,
      max: 31_536_000_000,
      help: 'only those with less time left, of all running sessions unless some are given',
    },
  },
  formats: ['json', 'yaml', 'name'],
  fields: { names: ['id', 'name', 'ok', 'action', 'error', 'before', 'after', 'changed'] },
  quiet: true,
  examples: [
    { command: 'skaha renew notebook1', help: 'keep a notebook' },
    { command: 'skaha renew --all', help: 'keep everything that is running' },
    { command: 'skaha renew --when-below 24h', help: 'for cron: what would expire within a day' },
  ],
  exitCodes: {
    1: 'the server refused',
    3: '',
    4: 'none of the sessions exists',
    6: '',
    7: 'some could not be renewed',
  },
  load: () => import('./change.js').then((module) => module.runRenew),
});

export const deleteCommand = defineCommand<DeleteOptions, 'sessions'>({
  description:
    'Ends sessions and removes them with their logs. Looks them up first, because servers report success even for sessions that do not exist.',
  arguments: [{ ...sessionsArgument, required: false }],
  options: { ...filterOptions, progress: progressOption },
  formats: ['json', 'yaml', 'name'],
  fields: itemFields,
  quiet: true,
  confirms: true,
  examples: [
    { command: 'skaha delete ab12cd34', help: 'one session; asks first' },
    { command: 'skaha delete --yes reduce-1 reduce-2', help: 'two, without asking' },
    {
      command: 'skaha ps -q -k headless | skaha delete -y -',
      help: 'all pending and running jobs',
    },
    {
      command: "skaha delete --kind headless --status Completed --filter 'name=fit-*'",
      help: 'those that match; lists their names and asks first',
    },
  ],
  exitCodes: {
    1: 'the server refused',
    3: '',
    4: 'none of the sessions exists',
    6: '',
    7: 'some could not be deleted',
  },
  load: () => import('./change.js').then((module) => module.runDelete),
});

export const pruneCommand = defineCommand<PruneOptions, 'selector' | 'kind' | 'status'>({
  description:
    'Deletes the sessions whose names match, after showing them: finished headless ones unless you say otherwise.\nPlain text matches names that begin with it; a pattern with * or ? has to match the complete name; text with other special characters is a regular expression that may match anywhere in the name.',
  arguments: [
    { key: 'selector', value: 'NAME', help: 'which names', required: true },
    {
      key: 'kind',
      value: 'KIND',
      help: 'only this kind (default headless)',
      choices: [...sessionKinds, 'all'],
    },
    {
      key: 'status',
      value: 'STATUS',
      help: 'only this status (default: any finished one)',
      choices: [...sessionStatuses, 'Succeeded', 'Error', 'all'],
    },
  ],
  options: {
    prefix: { type: 'boolean', help: 'NAME is the beginning of names' },
    glob: { type: 'boolean', help: 'NAME is a pattern with * and ?' },
    regex: { type: 'boolean', help: 'NAME is a regular expression' },
    olderThan: {
      type: 'duration',
      value: 'TIME',
      min: 0,
      max: 315_360_000_000,
      help: 'only sessions that started longer ago than this, for example 2d',
    },
    dryRun: { type: 'boolean', help: 'only show them, delete nothing' },
    progress: progressOption,
  },
  formats: ['json', 'yaml', 'name'],
  fields: { ...sessionFields, names: [...itemFields.names, ...sessionFields.names] },
  quiet: true,
  confirms: true,
  examples: [
    { command: 'skaha prune reduce', help: 'finished jobs reduce, reduce-1, reduce-2, …' },
    { command: "skaha prune 'fit-*' --older-than 2d --yes", help: 'old ones, without asking' },
    { command: 'skaha prune note notebook Running --dry-run', help: 'see what would be deleted' },
  ],
  exitCodes: { 3: '', 6: '', 7: 'some could not be deleted' },
  load: () => import('./change.js').then((module) => module.runPrune),
});
