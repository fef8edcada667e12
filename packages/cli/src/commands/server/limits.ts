import { defineCommand } from '../../command.js';

export const limitsCommand = defineCommand<Record<never, never>>({
  description:
    'Shows what a session may ask for: cores, memory and GPUs of its own, what a flexible one gets, and how many interactive sessions you may have.',
  options: {},
  formats: ['json', 'yaml'],
  fields: { names: ['cores', 'memoryGiB', 'gpus', 'maxInteractiveSessions'] },
  examples: [
    { command: 'skaha limits', help: 'what may I ask for?' },
    { command: 'skaha limits --json', help: 'for a program' },
  ],
  exitCodes: { 3: '', 6: '' },
  load: () => import('./limits.run.js').then((module) => module.runLimits),
});
