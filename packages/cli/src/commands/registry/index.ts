import type { CommandEntry } from '../../command.js';

const group = 'Login';

/** The commands about private image registries. */
export const registryCommands: readonly CommandEntry[] = [
  {
    name: 'registry login',
    group,
    summary: 'Save user name and secret of a private image registry',
    load: () => import('./login.js').then((module) => module.registryLoginCommand),
  },
  {
    name: 'registry logout',
    aliases: ['registry rm', 'registry remove'],
    group,
    summary: 'Forget user name and secret of an image registry',
    load: () => import('./logout.js').then((module) => module.registryLogoutCommand),
  },
  {
    name: 'registry ls',
    aliases: ['registry list'],
    group,
    summary: 'List the image registries that you are logged in to',
    load: () => import('./ls.js').then((module) => module.registryLsCommand),
  },
];
