import { defineCommand } from '../../command.js';
import { sessionsArgument } from './arguments.js';
import type { EventsOptions } from './events.run.js';

export const eventsCommand = defineCommand<EventsOptions, 'sessions'>({
  description:
    'Shows what the platform did for sessions, and why it could not: scheduling, pulling the image, starting, failing. Oldest first.',
  arguments: [sessionsArgument],
  options: {},
  formats: ['json', 'yaml'],
  examples: [
    { command: 'skaha events ab12cd34', help: 'why is it still pending?' },
    { command: 'skaha events reduce-1 reduce-2 --json', help: 'of two sessions, for a program' },
  ],
  exitCodes: { 3: '', 4: 'none of the sessions exists', 6: '', 7: 'some of them do not exist' },
  load: () => import('./events.run.js').then((module) => module.runEvents),
});
