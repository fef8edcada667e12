import { defineCommand } from '../../command.js';
import type { AliasRmOptions } from './rm.run.js';

export const aliasRmCommand = defineCommand<AliasRmOptions, 'names'>({
  description:
    'Removes aliases: all those that are named, or none when one of them does not exist.',
  arguments: [
    { key: 'names', value: 'NAME', help: 'one of those in  alias ls', required: true, many: true },
  ],
  options: {},
  examples: [
    { command: 'skaha alias rm failed', help: 'one alias less' },
    { command: 'skaha alias ls', help: 'see the aliases first' },
  ],
  exitCodes: {
    1: 'the configuration file cannot be written or is not valid',
    4: 'there is no such alias',
  },
  load: () => import('./rm.run.js').then((module) => module.runAliasRm),
});
