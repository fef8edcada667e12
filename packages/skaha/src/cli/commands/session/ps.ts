import { sessionKinds, sessionStatuses } from '../../../models/kinds.js';
import { defineCommand } from '../../command.js';
import type { PsOptions } from './ps.run.js';

export const psCommand = defineCommand<PsOptions>({
  description:
    'Lists your sessions, oldest first. Without --all or --status only those that are pending or running are shown.',
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
  },
  formats: ['wide', 'json', 'yaml', 'name'],
  quiet: true,
  examples: [
    { command: 'skaha ps', help: 'what is pending or running' },
    { command: 'skaha ps --all --kind headless', help: 'every batch job, finished ones too' },
    { command: 'skaha ps -q | skaha info -', help: 'details of all of them' },
    { command: 'skaha ps --json', help: 'every field, for a program' },
  ],
  exitCodes: { 3: '', 6: '' },
  load: () => import('./ps.run.js').then((module) => module.runPs),
});
