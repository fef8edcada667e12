import { progressOption } from '@skaha/terminal/output/progress-option.js';
import { defineCommand } from '../../command.js';
import { sessionsArgument } from './arguments.js';
import { sessionFields } from './session-fields.js';
import type { WaitCommandOptions } from './wait.run.js';

export const waitCommand = defineCommand<WaitCommandOptions, 'sessions'>({
  description:
    'Waits until sessions get to a state, and tells each change on standard error. A session that fails on the way ends the command with exit status 8.',
  arguments: [sessionsArgument],
  options: {
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
      help: 'longest time for the whole wait (default: no limit)',
    },
    any: { type: 'boolean', help: 'stop at the first session that gets there' },
    interval: {
      type: 'duration',
      value: 'TIME',
      min: 10,
      max: 600_000,
      default: 2000,
      help: 'how often to ask',
    },
    progress: progressOption,
  },
  formats: ['json', 'yaml', 'name'],
  fields: sessionFields,
  quiet: true,
  examples: [
    { command: 'skaha wait reduce-1 reduce-2', help: 'until both jobs have ended' },
    { command: 'skaha wait notebook1 --for running --timeout 10m', help: 'until it can be opened' },
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
