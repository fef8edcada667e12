import { defineCommand } from '../../command.js';
import type { HistoryOptions } from './history.run.js';

export const historyCommand = defineCommand<HistoryOptions>({
  description:
    "Lists what was launched from this machine, newest first; 'skaha relaunch NUMBER' launches it again. The last hundred launches are kept, readable by you only, without the values of variables whose names sound secret.",
  options: {},
  formats: ['json', 'yaml', 'name'],
  fields: {
    names: [
      ...['number', 'time', 'server', 'kind', 'name', 'image', 'command'],
      ...['sessions', 'total', 'withheld', 'specification'],
    ],
  },
  list: true,
  quiet: true,
  examples: [
    { command: 'skaha history', help: 'all of them' },
    { command: 'skaha history --limit 5', help: 'the last five' },
    { command: "skaha history --filter 'image=*astroml*' --json", help: 'for programs' },
  ],
  load: () => import('./history.run.js').then((module) => module.runHistory),
});
