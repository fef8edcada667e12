import { defineCommand } from '../../command.js';
import type { AliasSetOptions } from './set.run.js';

export const aliasSetCommand = defineCommand<AliasSetOptions, 'name' | 'text'>({
  description:
    'Keeps a command line under a name in the configuration file: from then on  skaha NAME  runs it. In the text $1 to $9 stand for the words after the name, $@ for all of them and $$ for a dollar sign; words that nothing stands for come last. Quotes keep words together; nothing goes through a shell. The commands of skaha cannot be replaced, and an alias must not lead back to itself.',
  arguments: [
    {
      key: 'name',
      value: 'NAME',
      help: 'a letter, then letters, digits, - and _',
      required: true,
    },
    {
      key: 'text',
      value: 'TEXT',
      help: 'a command line without the word skaha, in quotes',
      required: true,
    },
  ],
  options: {},
  examples: [
    { command: "skaha alias set failed 'ps --all --status Failed'", help: 'then: skaha failed' },
    {
      command: "skaha alias set fit 'create headless skaha/astroml:latest -n $1 -- python fit.py'",
      help: 'then: skaha fit m31 --band r',
    },
  ],
  exitCodes: {
    1: 'the configuration file cannot be written or is not valid',
    2: 'the name or the text cannot be used; nothing was changed',
  },
  load: () => import('./set.run.js').then((module) => module.runAliasSet),
});
