import { defineCommand } from '../../command.js';
import { sessionsArgument } from './arguments.js';
import { filterOptions } from './filter-options.js';
import type { RenewOptions } from './renew.run.js';

export const renewCommand = defineCommand<RenewOptions, 'sessions'>({
  description:
    'Gives sessions their full lifetime again, counted from now. The server never shortens one: where more is left than that, nothing changes.',
  arguments: [{ ...sessionsArgument, required: false }],
  options: {
    all: { ...filterOptions.all, help: 'all that run' },
    filter: { ...filterOptions.filter, help: "all that run and fit, as in name='fit-*'" },
    kind: { ...filterOptions.kind, help: 'all of this kind that run' },
    whenBelow: {
      type: 'duration',
      value: 'TIME',
      min: 0,
      max: 31_536_000_000,
      help: 'only those with less time left, of all that run unless some are named',
    },
  },
  formats: ['json', 'yaml', 'name'],
  fields: { names: ['id', 'name', 'ok', 'action', 'error', 'before', 'after', 'changed'] },
  quiet: true,
  examples: [
    { command: 'skaha renew notebook1', help: 'keep a notebook' },
    { command: 'skaha renew --all', help: 'keep all that runs' },
    { command: 'skaha renew --when-below 24h', help: 'for cron: what would end within a day' },
  ],
  exitCodes: {
    1: 'the server refused',
    3: '',
    4: 'none of the sessions exists',
    6: '',
    7: 'some could not be renewed',
  },
  load: () => import('./renew.run.js').then((module) => module.runRenew),
});
