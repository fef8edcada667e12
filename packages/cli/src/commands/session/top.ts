import { defineCommand } from '../../command.js';
import { watchOptions } from '../../output/watch-options.js';
import type { TopOptions } from './top.run.js';

export const topCommand = defineCommand<TopOptions, 'sessions'>({
  description:
    'Shows what running sessions use of what they asked for, the busiest first. With --watch the list is drawn again and again on a terminal; elsewhere each look is a line of JSON.',
  arguments: [
    {
      key: 'sessions',
      value: 'SESSION',
      help: "an id, a unique name, 'latest', or '-' to read them from standard input; all that run by default",
      many: true,
    },
  ],
  options: { ...watchOptions },
  formats: ['json', 'yaml', 'name'],
  fields: {
    names: ['id', 'name', 'kind', 'status', 'cores', 'memoryGiB', 'gpus', 'gpuUtilization'],
  },
  list: true,
  quiet: true,
  examples: [
    { command: 'skaha top', help: 'who is busy?' },
    { command: 'skaha top -w --interval 10s', help: 'go on looking' },
    { command: 'skaha top --sort-by -memoryGiB.used --limit 5', help: 'most memory first' },
  ],
  exitCodes: { 3: '', 4: 'none of the sessions exists', 6: '', 7: 'some of them do not exist' },
  load: () => import('./top.run.js').then((module) => module.runTop),
});
