import { defineCommand } from '../../command.js';
import { notifyOption } from '../../notify.js';
import { sessionsArgument } from './arguments.js';
import { filterOptions } from './filter-options.js';
import { sessionFields } from './session-fields.js';
import type { WaitCommandOptions } from './wait.run.js';
import { stateOptions } from './wait-options.js';

export const waitCommand = defineCommand<WaitCommandOptions, 'sessions'>({
  description:
    'Waits until sessions get to a state, and tells each change on standard error. A session that fails on the way ends the command with exit status 8.',
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
    { command: "skaha wait 'fit-*'", help: 'all whose names fit; a batch is named like a session' },
    { command: 'skaha create headless IMAGE -q -r 8 -- CMD | skaha wait -', help: 'a whole batch' },
  ],
  exitCodes: {
    3: '',
    4: 'one of the sessions does not exist',
    6: 'the server cannot be reached, or --timeout has passed',
    8: 'a session failed, or can no longer get to the state',
  },
  load: () => import('./wait.run.js').then((module) => module.runWait),
});
