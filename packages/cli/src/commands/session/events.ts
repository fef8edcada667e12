import { defineCommand } from '../../command.js';
import { sessionsArgument } from './arguments.js';
import type { EventsOptions } from './events.run.js';

export const eventsCommand = defineCommand<EventsOptions, 'sessions'>({
  description:
    'Shows what the platform did for sessions, and why it could not: scheduling, pulling the image, starting, failing. Oldest first. With --follow only what is new or has changed is added, until the sessions have ended.',
  arguments: [sessionsArgument],
  options: {
    follow: { type: 'boolean', short: 'f', help: 'go on until the sessions end' },
    types: {
      type: 'string',
      short: 't',
      value: 'TYPES',
      help: 'only these types, with commas between them: Normal, Warning',
    },
    since: {
      type: 'duration',
      value: 'TIME',
      min: 1000,
      max: 315_360_000_000,
      help: 'only what happened in this time',
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
    { command: 'skaha events -f reduce --types Warning', help: 'tell what goes wrong' },
    { command: 'skaha events reduce-1 reduce-2 --json', help: 'of two sessions, for a program' },
  ],
  exitCodes: { 3: '', 4: 'none of the sessions exists', 6: '', 7: 'some of them do not exist' },
  load: () => import('./events.run.js').then((module) => module.runEvents),
});
