import type { CommandEntry } from '../../command.js';

const group = 'Sessions';

/** The commands about the programs on a desktop. */
export const appCommands: readonly CommandEntry[] = [
  {
    name: 'app ls',
    aliases: ['app list', 'apps ls', 'apps list'],
    group,
    summary: 'List the programs on a desktop',
    load: () => import('./ls.js').then((module) => module.appLsCommand),
  },
  {
    name: 'app create',
    aliases: ['app start', 'apps create', 'apps start'],
    group,
    summary: 'Start a program on a desktop',
    load: () => import('./create.js').then((module) => module.appCreateCommand),
  },
  {
    name: 'app delete',
    aliases: ['app rm', 'apps delete', 'apps rm'],
    group,
    summary: 'End programs on a desktop',
    load: () => import('./delete.js').then((module) => module.appDeleteCommand),
  },
];
