import { defineCommand } from '../../command.js';

export const repositoryCommand = defineCommand<Record<never, never>>({
  description:
    'Lists the image registries whose images the platform runs. The first is the one for images that name none.',
  options: {},
  formats: ['json', 'yaml'],
  examples: [
    { command: 'skaha repository', help: 'one host a line' },
    { command: 'skaha repository --json', help: 'for a program' },
  ],
  exitCodes: { 3: '', 6: '' },
  load: () => import('./repository.run.js').then((module) => module.runRepository),
});
