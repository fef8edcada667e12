import { defineCommand } from '../../command.js';
import type { AppDeleteOptions } from './delete.run.js';
import { desktopArgument } from './desktop.js';

export const appDeleteCommand = defineCommand<AppDeleteOptions, 'apps' | 'desktop'>({
  description: 'Ends programs on a desktop; the desktop itself stays.',
  arguments: [
    desktopArgument,
    {
      key: 'apps',
      value: 'APP',
      help: "ids or unique names of programs, as 'skaha app ls' shows them",
      required: true,
      many: true,
    },
  ],
  options: {},
  formats: ['json', 'yaml', 'name'],
  fields: { names: ['id', 'name', 'ok', 'action', 'error'] },
  quiet: true,
  confirms: true,
  examples: [
    { command: 'skaha app delete desktop1 a1b', help: 'one program, after a question' },
    { command: 'skaha app delete desktop1 a1b c2d --yes', help: 'two, without a question' },
  ],
  exitCodes: {
    1: 'the server refused',
    3: '',
    4: 'there is no such desktop or program',
    6: '',
    7: 'some could not be ended',
  },
  load: () => import('./delete.run.js').then((module) => module.runAppDelete),
});
