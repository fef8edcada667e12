import type { CommandEntry } from '../../command.js';

const group = 'Server';

/** The commands about the server. */
export const serverCommands: readonly CommandEntry[] = [
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
