import type { CommandEntry } from '../../command.js';

const group = 'Client';

/** The commands about names of the user's own. */
export const aliasCommands: readonly CommandEntry[] = [
  {
    name: 'alias ls',
    aliases: ['alias list'],
    group,
    summary: 'List the commands of your own',
    load: () => import('./ls.js').then((module) => module.aliasLsCommand),
  },
  {
    name: 'alias set',
    group,
    summary: 'Give a command line a name',
    load: () => import('./set.js').then((module) => module.aliasSetCommand),
  },
  {
    name: 'alias rm',
    aliases: ['alias remove'],
    group,
    summary: 'Remove such a name',
    load: () => import('./rm.js').then((module) => module.aliasRmCommand),
  },
];
