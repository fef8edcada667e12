import { defineCommand } from '../../command.js';
import { type WatchOptions, watchOptions } from '../../output/watch-options.js';

export const statsCommand = defineCommand<WatchOptions>({
  description:
    "Shows how much of the platform is in use, how large it is, and the largest session it could run. With --watch the figures are drawn again and again on a terminal; elsewhere each look is a line of JSON. 'skaha limits' shows what you may ask for.",
  options: { ...watchOptions },
  formats: ['json', 'yaml'],
  fields: { names: ['cores', 'memoryGiB', 'instances'] },
  examples: [
    { command: 'skaha stats', help: 'is there room?' },
    { command: 'skaha stats -w --interval 30s', help: 'wait until there is' },
    { command: 'skaha stats --json', help: 'for a program' },
  ],
  exitCodes: { 3: '', 6: 'the server cannot be reached, or has no figures right now' },
  load: () => import('./stats.run.js').then((module) => module.runStats),
});
