import type { CommandEntry } from '../../command.js';

const group = 'Server';

/** The commands about the server. */
export const serverCommands: readonly CommandEntry[] = [
  {
    name: 'server ls',
    aliases: ['server list'],
    group,
    summary: 'List the servers that can be used',
    load: () => import('./ls.js').then((module) => module.serverLsCommand),
  },
  {
    name: 'server use',
    group,
    summary: 'Use another server',
    load: () => import('./use.js').then((module) => module.serverUseCommand),
  },
  {
    name: 'server show',
    group,
    summary: 'Show what is known about a server',
    load: () => import('./show.js').then((module) => module.serverShowCommand),
  },
  {
    name: 'server add',
    group,
    summary: 'Add a server by its address',
    load: () => import('./add.js').then((module) => module.serverAddCommand),
  },
  {
    name: 'server rm',
    aliases: ['server remove'],
    group,
    summary: 'Remove a server',
    load: () => import('./rm.js').then((module) => module.serverRmCommand),
  },
  {
    name: 'stats',
    group,
    summary: 'Show how much of the platform is in use',
    load: () => import('./stats.js').then((module) => module.statsCommand),
  },
  {
    name: 'limits',
    group,
    summary: 'Show what sessions may ask for',
    load: () => import('./limits.js').then((module) => module.limitsCommand),
  },
  {
    name: 'repository',
    group,
    summary: 'List the image registries the platform allows',
    load: () => import('./repository.js').then((module) => module.repositoryCommand),
  },
];
