import { defineCommand } from '../../command.js';

export const statsCommand = defineCommand<Record<never, never>>({
  description:
    'Shows how much of the platform is in use, how large it is, and the largest session it could run. What you may ask for is shown by skaha limits.',
  options: {},
  formats: ['json', 'yaml'],
  examples: [
    { command: 'skaha stats', help: 'is there room?' },
    { command: 'skaha stats --json', help: 'for a program' },
  ],
  exitCodes: { 3: '', 6: 'the server cannot be reached, or has no figures right now' },
  load: () => import('./stats.run.js').then((module) => module.runStats),
});
