import { defineCommand } from '../../command.js';
import { sessionsArgument } from './arguments.js';
import { filterOptions } from './filter-options.js';
import type { LogsOptions } from './logs.run.js';

export const logsCommand = defineCommand<LogsOptions, 'sessions'>({
  description:
    'Prints what sessions wrote to standard output and standard error, unchanged. With several sessions each line begins with NAME/ID. The platform keeps no times: --timestamps says when a line arrived here.',
  arguments: [{ ...sessionsArgument, required: false }],
  options: {
    ...filterOptions,
    follow: { type: 'boolean', short: 'f', help: 'go on until the session ends' },
    tail: {
      type: 'integer',
      short: 'n',
      value: 'LINES',
      min: 0,
      max: Number.MAX_SAFE_INTEGER,
      help: 'only the last lines',
    },
    new: { type: 'boolean', help: 'with --follow, only what is written from now on' },
    sinceStart: { type: 'boolean', help: 'from the first line on, as without it' },
    timestamps: { type: 'boolean', help: 'begin lines with the time (UTC) at which they arrived' },
    prefix: { type: 'boolean', help: 'begin lines with NAME/ID, also those of one session' },
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
    { command: 'skaha logs -f --tail 20 reduce', help: 'the last lines, and what follows' },
    { command: 'skaha ps -q | skaha logs -f --new -', help: 'follow all that run' },
  ],
  exitCodes: { 3: '', 4: 'none of the sessions exists', 6: '', 7: 'some logs could not be read' },
  load: () => import('./logs.run.js').then((module) => module.runLogs),
});
