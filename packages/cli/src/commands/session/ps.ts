import { sessionKinds, sessionStatuses } from '@skaha/wire/kinds.js';
import { defineCommand } from '../../command.js';
import { watchOptions } from '../../output/watch-options.js';
import type { PsOptions } from './ps.run.js';
import { sessionFields } from './session-fields.js';

export const psCommand = defineCommand<PsOptions>({
  description:
    'Lists your sessions, oldest first. Without --all, --status or a filter on the status only those that are pending or running are shown. With --watch the list is drawn again and again on a terminal; elsewhere each change is a line of JSON.',
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
      help: 'only what started in this time, or has not started yet',
    },
    ...watchOptions,
  },
  formats: ['wide', 'json', 'yaml', 'name'],
  fields: sessionFields,
  list: true,
  quiet: true,
  examples: [
    { command: 'skaha ps', help: 'what is pending or running' },
    { command: 'skaha ps --all --kind headless', help: 'every batch job, finished ones too' },
    { command: 'skaha ps -q | skaha info -', help: 'details of all of them' },
    {
      command: "skaha ps --filter name='fit-*' --since 2d --sort-by -startTime",
      help: 'the newest first of some',
    },
    { command: 'skaha ps -o csv --fields id,name,status', help: 'for a spreadsheet' },
    { command: 'skaha ps -w', help: 'keep an eye on them' },
  ],
  exitCodes: { 3: '', 6: '' },
  load: () => import('./ps.run.js').then((module) => module.runPs),
});
