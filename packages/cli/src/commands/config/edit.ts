import { defineCommand } from '../../command.js';

export const configEditCommand = defineCommand<Record<never, never>>({
  description:
    'Opens a private copy of the configuration file in your editor (VISUAL, else EDITOR, else vi) and puts it in place when it is valid. One that is not can be edited again, or dropped; the file then stays as it was. Works on a file that is broken, too.',
  options: {},
  standalone: true,
  examples: [
    { command: 'skaha config edit', help: 'with the usual editor' },
    { command: 'EDITOR=nano skaha config edit', help: 'with another one' },
  ],
  exitCodes: {
    1: 'the result is not valid, the editor failed, or the file cannot be written',
    3: 'there is no editor and nobody to ask',
  },
  load: () => import('./edit.run.js').then((module) => module.runConfigEdit),
});
